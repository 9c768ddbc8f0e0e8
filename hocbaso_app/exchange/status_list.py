"""The authority's signed public list of recalled record codes: no pupil data in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hocbaso_app.record.times import read_instant, write_instant
from hocbaso_app.signing.cose import seal
from hocbaso_app.signing.keys import KeySource
from hocbaso_app.signing.trust import TrustStore

from .statement import open_statement

KIND = "status-list"


@dataclass(frozen=True, slots=True)
class StatusList:
    """Recalled codes with the moment of recall, as of ``issued_at``; times as in a record file.

    ``replaced``: recalled code → code of the record that came in its place, as far as one has come. Lists made before
    that was known don't have it.
    """

    issued_at: str
    recalled: dict[str, str]
    replaced: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """``ValueError`` or ``TypeError`` for values that are none."""
        if not isinstance(self.recalled, dict) or not isinstance(self.replaced, dict):
            raise TypeError("codes with their moments and successors")
        for moment in (self.issued_at, *self.recalled.values()):
            if read_instant(moment).tzinfo is None:
                raise ValueError("a moment without a time zone")
        codes = [*self.recalled, *self.replaced, *self.replaced.values()]
        if not all(isinstance(code, str) for code in codes) or not self.replaced.keys() <= self.recalled.keys():
            raise ValueError("replaced records are recalled ones")

    @property
    def moment(self) -> datetime:
        """Of issue."""
        return read_instant(self.issued_at)


def issue(
    recalled: dict[str, str], key: KeySource, issued_at: datetime, replaced: dict[str, str] | None = None
) -> bytes:
    """The list sealed by the authority."""
    claims = {"issued_at": write_instant(issued_at), "recalled": recalled}
    if replaced:
        claims["replaced"] = replaced
    return seal(claims, key, kind=KIND)


def read(token: bytes, trust: TrustStore, *, at: datetime | None = None) -> StatusList:
    """A list whose seal is the authority's; :class:`UncertainError` otherwise."""
    return open_statement(token, KIND, trust, _read, lambda found: found.issued_at, at)


def _read(**claims: Any) -> StatusList:
    """What a later version says beside these is passed over."""
    return StatusList(**{name: claims[name] for name in StatusList.__dataclass_fields__ if name in claims})
