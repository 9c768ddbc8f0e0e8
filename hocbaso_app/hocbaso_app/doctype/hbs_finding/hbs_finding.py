"""Something the nightly check found: evidence that is not what it was."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import EvidenceDocument


class HBSFinding(EvidenceDocument):
    """Written once by ``services.evidence``; never changed, never deleted."""

    def validate(self) -> None:
        """Only new."""
        if not self.is_new():
            self.refuse_loss()
