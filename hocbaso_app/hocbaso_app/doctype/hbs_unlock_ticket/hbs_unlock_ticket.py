"""A narrow way through a lock: some pupils, one part, some hours."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import KeptDocument


class HBSUnlockTicket(KeptDocument):
    """Entered once by who needs it; decided and closed by ``services.locks.tickets``."""

    def validate(self) -> None:
        """See :func:`hocbaso_app.services.locks.tickets.check`."""
        from hocbaso_app.services.locks import tickets

        tickets.check(self)

    def after_insert(self) -> None:
        """The trail."""
        from hocbaso_app.services.locks import tickets

        tickets.after_insert(self)
