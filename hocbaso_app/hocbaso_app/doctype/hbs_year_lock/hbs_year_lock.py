"""The board proposes, the principal decides: the records of a school year are locked (QĐ Điều 12.k4)."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import KeptDocument


class HBSYearLock(KeptDocument):
    """Proposed once; counted, decided and signed by ``services.locks.year_lock``."""

    def validate(self) -> None:
        """See :func:`hocbaso_app.services.locks.year_lock.check`."""
        from hocbaso_app.services.locks import year_lock

        year_lock.check(self)

    def after_insert(self) -> None:
        """The trail."""
        from hocbaso_app.services.locks import year_lock

        year_lock.after_insert(self)
