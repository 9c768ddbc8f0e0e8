"""Who has closed or opened what, from when until when (QĐ Điều 8.k1, Điều 11.k1)."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import KeptDocument


class HBSLockWindow(KeptDocument):
    """Set once; ended with a reason by who set it or by a unit above, never changed."""

    def validate(self) -> None:
        """See :func:`hocbaso_app.services.locks.windows.check`."""
        from hocbaso_app.services.locks import windows

        windows.check(self)

    def after_insert(self) -> None:
        """The trail."""
        from hocbaso_app.services.locks import windows

        windows.after_insert(self)
