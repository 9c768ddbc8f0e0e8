"""The authority's side of ``goc-ngay`` on a site."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import frappe
from frappe.utils import get_datetime

from hocbaso_app.exchange.receiving.accounts import Account
from hocbaso_app.exchange.roots.comparison import Difference
from hocbaso_app.exchange.roots.handlers import Held, RootDesk
from hocbaso_app.record.times import read_instant
from hocbaso_app.services import convert, evidence, states
from hocbaso_app.services.receiving.office import open_office
from hocbaso_app.services.roots import book, nightly


class SiteRoots:
    """Roots of schools in HBS Daily Root; what is found against one is a finding of the school."""

    def held(self, unit: str) -> Iterator[Held]:
        """As they came."""
        return map(_held, book.rows_of(unit, book.SENT))

    def find(self, unit: str, sha256: str) -> Held | None:
        """By the hash of the statement."""
        where = {"unit": unit, "source": book.SENT, "sha256": sha256}
        name = frappe.db.get_value(book.DOCTYPE, where, order_by="name")
        columns = ["statement", "leaves", "receipt", "received_at"]
        return _held(frappe.db.get_value(book.DOCTYPE, name, columns, as_dict=True)) if name else None

    def keep(self, unit: str, held: Held, found: list[Difference]) -> None:
        """Told to principal, auditor and officers."""
        received = convert.desk_time(read_instant(held.received_at))
        book.keep(held.kept, book.SENT, receipt=held.receipt, received_at=received)
        new = nightly.note(unit, found)
        with states.in_vietnamese():
            evidence.tell(new)


def _held(row: Any) -> Held:
    received = convert.instant(get_datetime(row.received_at))
    return Held(book.kept_of(row), base64.b64decode(row.receipt or ""), received)


def answer(account: Account, body: dict[str, Any]) -> dict[str, Any]:
    """For :mod:`hocbaso_app.services.receiving.extensions`."""
    frappe.db.get_value("HBS Unit", account.unit, "name", for_update=True)
    return RootDesk(open_office(), SiteRoots()).answer(account, body)
