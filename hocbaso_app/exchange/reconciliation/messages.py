"""Our extensions beside CV 2088 as JSON: ask for the inventory, get a record back, hand in a recall's proof."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Any, Protocol

from ..errors import UncertainError
from .inventory import Held, Status

INVENTORY, FETCH, RECALLS = "doi-chieu", "tai-lai", "khoi-phuc-thu-hoi"
PAGE = 500
"""Rows in one answer: some 150 kB."""

_NAMES = {
    "code": "ma_tra_cuu_uuid",
    "issue": "lan_phat_hanh",
    "sha256": "sha256",
    "pupil": "ma_hoc_sinh",
    "status": "trang_thai",
    "receipt_number": "so_bien_nhan",
    "received_at": "thoi_diem_tiep_nhan",
    "recalled_at": "thoi_diem_thu_hoi",
    "replaced_by": "ma_thay_the",
}


class Asks(Protocol):
    """Whoever can put a question to the authority, such as :class:`~hocbaso_app.exchange.client.PortalClient`."""

    def extension(self, name: str, body: dict[str, Any], /) -> dict[str, Any]:
        """The answer to one of our extensions; a question that may be repeated."""
        ...


@dataclass(frozen=True, slots=True)
class Fetched:
    """A record as the authority holds it. Nothing of it is verified yet but that it is whole."""

    code: str
    data: bytes
    receipt: bytes
    status: Status

    @property
    def sha256(self) -> str:
        """Of the octets."""
        return hashlib.sha256(self.data).hexdigest()


def ask_inventory(authority: Asks, unit: str, school_year: str, page: int = PAGE) -> list[Held]:
    """Everything the authority holds of a unit and year, page by page.

    :class:`UncertainError` when the pages don't add up to what the authority says it holds: it took
    something meanwhile, so it is asked again another time.
    """
    found: list[Held] = []
    after: str | None = ""
    while after is not None:
        body = {"ma_don_vi": unit, "nam_hoc": school_year, "sau_ma": after, "so_luong": page}
        answer = authority.extension(INVENTORY, body)
        rows = answer.get("danh_sach")
        if not isinstance(rows, list) or answer.get("ma_don_vi") != unit or answer.get("nam_hoc") != school_year:
            raise _wrong("inventory of another unit or year")
        found += [read_held(row) for row in rows]
        after = _next(answer.get("tiep_theo"), after)
        total = answer.get("tong_so")
    if total != len(found):
        raise UncertainError(
            "INVENTORY_MOVED",
            "Cơ quan tiếp nhận nhận thêm học bạ trong lúc đối chiếu; hãy đối chiếu lại.",
            f"{len(found)} rows came, {total} were announced",
        )
    return found


def _next(given: Any, before: str) -> str | None:
    if given is None:
        return None
    if not isinstance(given, str) or given <= before:
        raise _wrong("inventory does not go on")
    return given


def ask_back(authority: Asks, unit: str, code: str) -> Fetched:
    """The octets and the receipt of a record that the authority holds."""
    answer = authority.extension(FETCH, {"ma_don_vi": unit, "ma_tra_cuu_uuid": code})
    try:
        data = base64.b64decode(answer["noi_dung"], validate=True)
        receipt = base64.b64decode(answer["bien_nhan"], validate=True)
        found = Fetched(answer["ma_tra_cuu_uuid"], data, receipt, Status(answer["trang_thai"]))
        whole = (found.code, found.sha256) == (code, answer["sha256"])
    except (KeyError, ValueError, TypeError) as error:
        raise _wrong(f"record: {error}") from error
    if not whole:
        raise _wrong("record of another code, or damaged on the way")
    return found


def hand_in_recalls(authority: Asks, unit: str, codes: list[str], status_list: bytes) -> list[str]:
    """Show the authority its own sealed list of recalled codes; gives the codes that are recalled there now."""
    body = {"ma_don_vi": unit, "danh_sach_ma": codes, "bang_chung": base64.b64encode(status_list).decode()}
    done = authority.extension(RECALLS, body).get("danh_sach_ma")
    if not isinstance(done, list) or not set(done) <= set(codes):
        raise _wrong("recalls")
    return done


def write_held(row: Held) -> dict[str, str]:
    """A row as it travels."""
    return {
        name: str(getattr(row, own).value if own == "status" else getattr(row, own)) for own, name in _NAMES.items()
    }


def read_held(raw: Any) -> Held:
    """The inverse; :class:`UncertainError` for anything else."""
    if not isinstance(raw, dict) or not all(isinstance(raw.get(name), str) for name in _NAMES.values()):
        raise _wrong("inventory row")
    values: dict[str, Any] = {own: raw[name] for own, name in _NAMES.items()}
    try:
        values["status"] = Status(values["status"])
    except ValueError as error:
        raise _wrong(str(error)) from error
    if not values["code"]:
        raise _wrong("inventory row without a code")
    return Held(**values)


def _wrong(why: str) -> UncertainError:
    return UncertainError("ANSWER_WRONG", "Cơ quan tiếp nhận trả lời sai thể thức; sẽ hỏi lại.", f"answer: {why}")
