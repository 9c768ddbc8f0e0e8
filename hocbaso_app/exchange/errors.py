"""What can go wrong on the way."""

from __future__ import annotations

from datetime import datetime, timedelta

from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.record.times import VIETNAM

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


class NoAnswerError(HocBaSoError):
    """Nothing usable came back. ``retry_after``: how long the other side asked us to stay away."""

    def __init__(self, code: str, message_vi: str, message_en: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(code, message_vi, message_en)
        self.retry_after = retry_after


class UncertainError(NoAnswerError):
    """No usable answer came: the transaction may or may not have been taken. Only a query tells."""

    @property
    def was_answered(self) -> bool:
        """Something came back, and it was no answer to what was asked: the portal is there and wrong."""
        return self.code in ("ANSWER_WRONG", "ANSWER_OF_ANOTHER")


class UnreachableError(NoAnswerError):
    """The request certainly was not taken (no connection, no session); it may be sent again."""


class PausedError(UnreachableError):
    """Nothing left this machine: it is not the time (held, portal closed by notice, circuit open, pace kept).

    No attempt of anybody's: whoever meets it waits and counts nothing.
    """

    def __init__(self, code: str, message_vi: str, message_en: str, until: datetime | None = None) -> None:
        super().__init__(code, message_vi, message_en)
        self.until = until

    @classmethod
    def until_moment(cls, code: str, message_vi: str, until: datetime) -> PausedError:
        """``message_vi`` has a place for the moment."""
        text = until.astimezone(VIETNAM).strftime("%H:%M ngày %d/%m/%Y")
        return cls(code, message_vi.format(text), f"until {until.isoformat()}", until)


class SessionOverError(UnreachableError):
    """The other side no longer knows the token; a new one is needed."""
