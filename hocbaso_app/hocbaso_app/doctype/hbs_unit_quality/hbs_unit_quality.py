"""HBS Unit Quality."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import EvidenceDocument


class HBSUnitQuality(EvidenceDocument):
    """A school's data quality as of the last night; the list of faults is computed when it is asked for."""
