"""How many records of a class stand in which state: counted on this site, or as the school reports."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import EvidenceDocument


class HBSUnitProgress(EvidenceDocument):
    """Written by ``services.unit_progress`` only; each writing replaces what was known of the school."""
