"""A school's package of a school year at the authority, compared with what it holds."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import EvidenceDocument


class HBSReceivedArchive(EvidenceDocument):
    """Written by ``services.received_archives`` only."""
