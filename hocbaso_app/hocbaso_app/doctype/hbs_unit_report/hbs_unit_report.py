"""What a school on another site told of itself."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import EvidenceDocument


class HBSUnitReport(EvidenceDocument):
    """Written by ``services.channel`` only."""
