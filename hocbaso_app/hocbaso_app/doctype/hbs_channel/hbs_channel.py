"""How a school's site and its authority's site hear from each other."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import EvidenceDocument


class HBSChannel(EvidenceDocument):
    """Written by ``services.channel`` only."""
