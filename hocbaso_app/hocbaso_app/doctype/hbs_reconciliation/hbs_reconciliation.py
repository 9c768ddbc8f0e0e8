"""What a school and its authority held of the same records at one moment; evidence, never changed."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import EvidenceDocument


class HBSReconciliation(EvidenceDocument):
    """Written once by ``services.reconciliation``."""

    def validate(self) -> None:
        """Only new."""
        if not self.is_new():
            self.refuse_loss()
