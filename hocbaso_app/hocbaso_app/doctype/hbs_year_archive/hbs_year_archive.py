"""The records of a locked school year in one package, and how far it is on its way (QĐ Điều 12.k4)."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import EvidenceDocument


class HBSYearArchive(EvidenceDocument):
    """Written by ``services.year_archive`` only."""
