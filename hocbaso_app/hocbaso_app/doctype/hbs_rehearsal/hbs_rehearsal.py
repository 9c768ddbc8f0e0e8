"""One dry run of a school's signing days: who would be able to sign, who not, and why."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import EvidenceDocument


class HBSRehearsal(EvidenceDocument):
    """Written once by ``services.rehearsal``; the next run is another document."""

    def validate(self) -> None:
        """Only new."""
        if not self.is_new():
            self.refuse_loss()
