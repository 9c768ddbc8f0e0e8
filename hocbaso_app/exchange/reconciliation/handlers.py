"""The authority's side of the extensions: answered from its books, each unit about its own records only."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from .. import codes, status_list
from ..errors import UncertainError
from ..receiving.books import Books, Record
from ..receiving.office import Office
from .inventory import Held, Status
from .messages import FETCH, INVENTORY, PAGE, RECALLS, write_held

Handler = Callable[[Any, dict[str, Any]], dict[str, Any]]
MOST_CODES = 1000
"""In one request about recalls."""


class Account(Protocol):
    """Who asks."""

    @property
    def unit(self) -> str:
        """Code of his unit."""
        ...


@dataclass(frozen=True)
class Reconciliation:
    """The three extensions at one authority's desk."""

    office: Office

    @property
    def books(self) -> Books:
        """Where everything stands."""
        return self.office.books

    def handlers(self) -> dict[str, Handler]:
        """Name → handler."""
        return {INVENTORY: self.inventory, FETCH: self.fetch, RECALLS: self.recalls}

    def inventory(self, account: Account, body: dict[str, Any]) -> dict[str, Any]:
        """``doi-chieu``: what is held of the unit's records of a year, in the order of their codes."""
        unit = self._own(account, body)
        year, after = self._text(body, "nam_hoc"), self._text(body, "sau_ma", empty=True)
        asked = body.get("so_luong", PAGE)
        if not isinstance(asked, int) or isinstance(asked, bool) or asked < 1:
            raise self.office.refusal(codes.FIELD_WRONG, "so_luong", "so_luong")
        limit = min(asked, PAGE)
        with self.books.transaction():
            total = self.books.count_held(unit, year)
            rows = self.books.held(unit, year, after, limit)
        return {
            "ma_don_vi": unit,
            "nam_hoc": year,
            "thoi_diem": self.office.now(),
            "tong_so": total,
            "danh_sach": [write_held(held_of(row)) for row in rows],
            "tiep_theo": rows[-1].code if len(rows) == limit else None,
        }

    def fetch(self, account: Account, body: dict[str, Any]) -> dict[str, Any]:
        """``tai-lai``: the octets of one of the unit's records with its receipt."""
        unit, code = self._own(account, body), self._text(body, "ma_tra_cuu_uuid")
        row = self.books.records([code]).get(code)
        if row is None or row.unit != unit:
            raise self.office.refusal(codes.RECALL_UNKNOWN, f"Mã: {code}.", code)
        return {
            "ma_tra_cuu_uuid": code,
            "sha256": row.sha256,
            "trang_thai": held_of(row).status.value,
            "noi_dung": base64.b64encode(self.books.data(code)).decode(),
            "bien_nhan": base64.b64encode(row.receipt).decode(),
        }

    def recalls(self, account: Account, body: dict[str, Any]) -> dict[str, Any]:
        """``khoi-phuc-thu-hoi``: recalls that this authority's own sealed status list proves are made good."""
        unit = self._own(account, body)
        asked = body.get("danh_sach_ma")
        if not isinstance(asked, list) or len(asked) > MOST_CODES or not all(isinstance(c, str) for c in asked):
            raise self.office.refusal(codes.FIELD_WRONG, "danh_sach_ma", "danh_sach_ma")
        proved = self._proved(self._text(body, "bang_chung"))
        done: list[str] = []
        with self.books.transaction():
            held = self.books.records(asked)
            for code in dict.fromkeys(asked):
                row = held.get(code)
                if row is None or row.unit != unit:
                    continue
                if row.recalled_at is None and code in proved:
                    self.books.recall(code, proved[code])
                if row.recalled_at is not None or code in proved:
                    done.append(code)
        return {"danh_sach_ma": done}

    def _proved(self, token: str) -> dict[str, str]:
        try:
            return status_list.read(base64.b64decode(token, validate=True), self.office.trust).recalled
        except (ValueError, UncertainError) as error:
            detail = "Danh sách trạng thái không có dấu của cơ quan tiếp nhận."
            raise self.office.refusal(codes.FIELD_WRONG, detail, str(error)) from error

    def _own(self, account: Account, body: dict[str, Any]) -> str:
        if body.get("ma_don_vi") != account.unit:
            raise self.office.refusal(codes.ACCOUNT_WRONG, "", "another unit")
        return account.unit

    def _text(self, body: dict[str, Any], name: str, *, empty: bool = False) -> str:
        value = body.get(name, "" if empty else None)
        if not isinstance(value, str) or not (value or empty):
            raise self.office.refusal(codes.FIELD_WRONG, name, name)
        return value


def held_of(row: Record) -> Held:
    """A received record as a line of the inventory."""
    status = Status.ACTIVE if row.recalled_at is None else Status.RECALLED
    return Held(
        row.code,
        row.issue,
        row.sha256,
        row.pupil,
        status,
        row.number,
        row.received_at,
        row.recalled_at or "",
        row.replaced_by or "",
    )
