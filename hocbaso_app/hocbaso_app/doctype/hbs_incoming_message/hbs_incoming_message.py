"""One message of a school, as it came (CV 2088 II.2)."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import EvidenceDocument


class HBSIncomingMessage(EvidenceDocument):
    """Its name is the message's own number."""
