"""``goc-ngay`` as JSON: hand in a daily root, ask which are held, get one back."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any, Protocol

from ..errors import UncertainError
from .comparison import Difference, What
from .leaves import damaged
from .statement import KeptRoot

EXTENSION = "goc-ngay"
HAND_IN, INVENTORY, WHOLE = "nop", "danh-muc", "lay"
PAGE = 400


class Asks(Protocol):
    """Whoever can put a question to the authority, such as :class:`~hocbaso_app.exchange.client.PortalClient`."""

    def extension(self, name: str, body: dict[str, Any], /) -> dict[str, Any]:
        """The answer to one of our extensions; a question that may be repeated."""
        ...


@dataclass(frozen=True, slots=True)
class Taken:
    """What the authority answers to a root: its receipt, and what it finds against it."""

    sha256: str
    receipt: bytes
    differences: tuple[Difference, ...]


def hand_in(authority: Asks, unit: str, kept: KeptRoot) -> Taken:
    """Once more does no harm; :class:`UncertainError` for an answer that is none."""
    statement, leaves = (base64.b64encode(octets).decode() for octets in (kept.statement, kept.leaves))
    body = {"viec": HAND_IN, "ma_don_vi": unit, "ban_ke": statement, "danh_sach": leaves}
    answer = authority.extension(EXTENSION, body)
    try:
        differences = tuple(_difference(row) for row in answer["khac_biet"])
        return Taken(str(answer["sha256"]), base64.b64decode(answer["bien_nhan"], validate=True), differences)
    except (KeyError, TypeError, ValueError) as error:
        raise _wrong(error) from error


def ask_held(authority: Asks, unit: str) -> list[tuple[int, str]]:
    """Number and hash of each root that the authority holds of a unit, as they came to it."""
    found: list[tuple[int, str]] = []
    after: int | None = 0
    while after is not None:
        answer = authority.extension(EXTENSION, {"viec": INVENTORY, "ma_don_vi": unit, "sau": after})
        try:
            found += [(int(row["so"]), str(row["sha256"])) for row in answer["danh_sach"]]
            following = answer["tiep_theo"]
        except (KeyError, TypeError, ValueError) as error:
            raise _wrong(error) from error
        if following is not None and (type(following) is not int or following <= after):
            raise _wrong(ValueError("the pages do not go on"))
        after = following
    return found


def fetch(authority: Asks, unit: str, sha256: str) -> tuple[KeptRoot, bytes]:
    """A root as the authority holds it, and its receipt; the statement is compared with its hash."""
    answer = authority.extension(EXTENSION, {"viec": WHOLE, "ma_don_vi": unit, "sha256": sha256})
    try:
        kept = read_kept(answer)
        receipt = base64.b64decode(answer["bien_nhan"], validate=True)
    except (KeyError, TypeError, ValueError) as error:
        raise _wrong(error) from error
    if kept.sha256 != sha256:
        raise _wrong(ValueError("another root"))
    return kept, receipt


def read_kept(body: dict[str, Any]) -> KeptRoot:
    """Statement and list; :class:`~.leaves.RootError` for anything else."""
    try:
        statement, leaves = (base64.b64decode(body[name], validate=True) for name in ("ban_ke", "danh_sach"))
    except (KeyError, TypeError, ValueError) as error:
        raise damaged(str(error)) from error
    return KeptRoot(statement, leaves)


def write_difference(one: Difference) -> dict[str, str]:
    """As it travels."""
    return {"viec": one.what.value, "loai": one.kind, "ten": one.name, "ngay": one.day, "chi_tiet": one.detail}


def _difference(row: dict[str, str]) -> Difference:
    return Difference(What(row["viec"]), *(str(row[name])[:500] for name in ("loai", "ten", "ngay", "chi_tiet")))


def _wrong(error: Exception) -> UncertainError:
    return UncertainError("ANSWER_WRONG", "Cổng tiếp nhận trả lời sai thể thức; sẽ hỏi lại.", str(error))
