"""The principal asks to lock or open; the administrator carries out (QĐ Điều 11.k2)."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import KeptDocument


class HBSLockRequest(KeptDocument):
    """Entered once by the principal; what became of it is written by ``services.locks.requests``."""

    def validate(self) -> None:
        """See :func:`hocbaso_app.services.locks.requests.check`."""
        from hocbaso_app.services.locks import requests

        requests.check(self)

    def after_insert(self) -> None:
        """The trail."""
        from hocbaso_app.services.locks import requests

        requests.after_insert(self)
