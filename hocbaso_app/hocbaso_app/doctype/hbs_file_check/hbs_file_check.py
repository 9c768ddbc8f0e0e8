"""When a kept file was last verified in full, and how that ended."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import EvidenceDocument


class HBSFileCheck(EvidenceDocument):
    """Written by ``services.night_watch`` only; a state that follows the files, no evidence."""
