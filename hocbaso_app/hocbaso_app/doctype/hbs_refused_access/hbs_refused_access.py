"""Somebody tried to read a document that is not his to see."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import EvidenceDocument


class HBSRefusedAccess(EvidenceDocument):
    """Written once by ``services.refused``; never changed, never deleted."""

    def validate(self) -> None:
        """Only new."""
        if not self.is_new():
            self.refuse_loss()
