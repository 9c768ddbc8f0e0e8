"""The list of records that a school asks to recall (QĐ Điều 12.k3)."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import KeptDocument


class HBSRecallRequest(KeptDocument):
    """Written by the principal until it is sent; afterwards by ``services.recall`` only."""

    def validate(self) -> None:
        """See :func:`hocbaso_app.services.recall.check_request`."""
        from hocbaso_app.services import recall

        recall.check_request(self)

    def on_trash(self) -> None:
        """A list that was never sent may be thrown away."""
        if self.status != "Draft":
            self.refuse_loss()

    def after_delete(self) -> None:
        """The same for callers that skip ``on_trash``."""
        if self.status != "Draft":
            self.refuse_loss()
