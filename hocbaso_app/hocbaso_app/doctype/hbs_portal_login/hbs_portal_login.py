"""A school's account with which its software sends records to this site."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import KeptDocument


class HBSPortalLogin(KeptDocument):
    """The password is kept as a slow hash; an account is switched off, never deleted."""

    def validate(self) -> None:
        """The school is one that this site receives from; a new password becomes its hash."""
        from hocbaso_app.services.receiving import logins

        logins.check(self)
