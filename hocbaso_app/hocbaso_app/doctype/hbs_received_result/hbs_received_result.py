"""HBS Received Result."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import EvidenceDocument


class HBSReceivedResult(EvidenceDocument):
    """What statistics need of a received file; written when it is accepted."""
