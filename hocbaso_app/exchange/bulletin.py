"""What the authority tells one school (our extension ``ban-tin``): windows, outages, notices, dates, settings; signed.

Everything that is in force is in every bulletin, so a lost one costs nothing and two in the wrong order do no harm;
only notices are left out once the school says it has them. The school's ``nonce`` is in the signed claims: a
bulletin of yesterday can't be played again, and the one that was taken can be checked for ever.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from hocbaso_app.record.times import read_instant
from hocbaso_app.signing.cose import seal
from hocbaso_app.signing.keys import KeySource
from hocbaso_app.signing.trust import TrustStore

from .errors import UncertainError
from .statement import open_statement

EXTENSION = "ban-tin"
KIND = "bulletin"
MOST_NOTICES = 200
"""In one bulletin; the others come with the next ones."""


@dataclass(frozen=True, slots=True)
class Bulletin:
    """``issuer``: code, name and kind of the unit that speaks; ``issued_at`` as in a record file; rows as JSON."""

    issuer: dict[str, str]
    school_code: str
    issued_at: str
    nonce: str
    windows: list[dict[str, Any]]
    outages: list[dict[str, Any]]
    schedules: list[dict[str, Any]]
    notices: list[dict[str, Any]]
    settings: dict[str, Any]

    def __post_init__(self) -> None:
        """``ValueError`` or ``TypeError`` for claims that are no bulletin."""
        if set(self.issuer) != {"code", "name", "kind"} or not all(isinstance(v, str) for v in self.issuer.values()):
            raise ValueError("the issuer has code, name and kind")
        if read_instant(self.issued_at).tzinfo is None:
            raise ValueError("a time needs its zone")
        for rows in (self.windows, self.outages, self.schedules, self.notices):
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise TypeError("a list of rows")
        if not isinstance(self.settings, dict):
            raise TypeError("settings are named")

    @property
    def moment(self) -> datetime:
        """When it was made."""
        return read_instant(self.issued_at)

    def says(self) -> str:
        """SHA-256 (hex) of what it says, whenever it is said: the same content has the same value."""
        claims = {name: value for name, value in asdict(self).items() if name not in ("issued_at", "nonce")}
        return hashlib.sha256(canonical(claims)).hexdigest()


def canonical(value: Any) -> bytes:
    """JSON with one spelling: keys sorted, no blanks, UTF-8."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def issue(bulletin: Bulletin, key: KeySource) -> bytes:
    """The bulletin sealed by the authority."""
    return seal(asdict(bulletin), key, kind=KIND)


def read(token: bytes, trust: TrustStore, *, at: datetime | None = None) -> Bulletin:
    """A bulletin whose seal is the authority's, valid when it was made (or ``at``); else :class:`UncertainError`."""
    return open_statement(token, KIND, trust, Bulletin, lambda found: found.issued_at, at)


def accept(token: bytes, trust: TrustStore, *, school_code: str, nonce: str, last: datetime | None) -> Bulletin:
    """The answer to a question just asked; :class:`UncertainError` for another's, an old one, a played-again one.

    ``last``: when the newest bulletin was made that this school has taken.
    """
    found = read(token, trust)
    if found.school_code != school_code:
        raise _refused("BULLETIN_OF_ANOTHER", "Bản tin gửi cho trường khác.", f"for {found.school_code}")
    if found.nonce != nonce:
        raise _refused("BULLETIN_REPLAYED", "Bản tin không trả lời câu hỏi vừa gửi; có thể bị phát lại.", "nonce")
    if last is not None and found.moment < last:
        raise _refused("BULLETIN_OLD", "Bản tin cũ hơn bản đã nhận.", f"{found.issued_at} before {last.isoformat()}")
    return found


def _refused(code: str, message_vi: str, message_en: str) -> UncertainError:
    return UncertainError(code, f"{message_vi} Bản tin không được dùng; sẽ hỏi lại.", message_en)
