"""What can go wrong on the way."""

from __future__ import annotations

from hocbaso_app.record.errors import HocBaSoError

from .codes import Code, Disposition


class PackageError(HocBaSoError):
    """Content that is no package, is too large, or whose list signature is wrong."""


class RefusedError(HocBaSoError):
    """The other side understood the transaction and said no; nothing of it was taken.

    ``disposition`` says what the sender should do; ``code`` is a code of the portal's set.
    """

    def __init__(
        self, code: str, message_vi: str, message_en: str, disposition: Disposition = Disposition.ATTENTION
    ) -> None:
        super().__init__(code, message_vi, message_en)
        self.disposition = disposition

    @classmethod
    def of(cls, code: Code, detail_vi: str = "", detail_en: str = "") -> RefusedError:
        """A code's own sentences with what is known about this case behind them."""
        vi, en = f"{code.message_vi} {detail_vi}".strip(), f"{code.message_en}: {detail_en}".removesuffix(": ")
        return cls(code.code, vi, en, code.disposition)


class UncertainError(HocBaSoError):
    """No usable answer came: the transaction may or may not have been taken. Only a query tells."""


class UnreachableError(HocBaSoError):
    """The request certainly was not taken (no connection, no session); it may be sent again."""


class SessionOverError(UnreachableError):
    """The other side no longer knows the token; a new one is needed."""
