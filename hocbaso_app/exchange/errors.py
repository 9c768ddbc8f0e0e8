"""What can go wrong on the way."""

from __future__ import annotations

from hocbaso_app.record.errors import HocBaSoError


class PackageError(HocBaSoError):
    """Content that is no package, is too large, or whose list signature is wrong."""


class RefusedError(HocBaSoError):
    """The other side understood the transaction and said no; nothing of it was taken."""


class UncertainError(HocBaSoError):
    """No usable answer came: the transaction may or may not have been taken. Only a query tells."""


class UnreachableError(HocBaSoError):
    """The request certainly never arrived (no connection); it may be sent again."""
