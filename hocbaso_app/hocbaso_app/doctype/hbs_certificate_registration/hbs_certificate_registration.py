"""A school's certificate that waits for approval, or was decided about (CV 2088 II.2.4, III.1)."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import EvidenceDocument


class HBSCertificateRegistration(EvidenceDocument):
    """Decided once, by an officer; its name is the message's number."""
