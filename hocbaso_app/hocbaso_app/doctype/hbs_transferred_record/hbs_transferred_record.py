"""A record of another school that a pupil brought along: its octets as handed in, and what was found then."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import EvidenceDocument


class HBSTransferredRecord(EvidenceDocument):
    """Written by ``services.transfer_in``; later only whose record it is is added."""

    def validate(self) -> None:
        """The file stays what it was."""
        if self.is_new():
            return
        before = self.get_doc_before_save()
        fixed = ("unit", "record_code", "sha256", "content", "receipt", "receipt_number", "force", "checked_at")
        if before is None or any(before.get(name) != self.get(name) for name in fixed):
            self.refuse_loss()
