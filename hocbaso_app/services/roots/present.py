"""What is on this site now, as leaves: a school's files or the authority's received records, and the trail."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from typing import Any

import frappe
from frappe.utils import get_datetime

from hocbaso_app.exchange.roots.comparison import Present, PresentEntry
from hocbaso_app.exchange.roots.leaves import RECEIVED, VERSION, FileLeaf
from hocbaso_app.record.times import read_instant
from hocbaso_app.services import audit, convert, files
from hocbaso_app.services.channel import authority
from hocbaso_app.services.roots import book

RECEIVED_RECORD = "HBS Received Record"
DOCTYPES = {VERSION: files.DOCTYPE, RECEIVED: RECEIVED_RECORD, "entry": audit.DOCTYPE, "root": book.DOCTYPE}
"""Kind of leaf → kind of document."""

BROUGHT_BACK = ("file brought back", "brought back")
"""What the trail says of a file that came back from the authority."""

AT_ONCE = 5000


def units() -> list[str]:
    """Who has a root of its own here: each school with files, the unit that receives, and who had one before."""
    found = set(frappe.get_all(files.DOCTYPE, pluck="unit", distinct=True, order_by="unit"))
    earlier = {"source": book.OWN, "unit": ("is", "set")}
    found |= set(frappe.get_all(book.DOCTYPE, earlier, pluck="unit", distinct=True, order_by="unit"))
    own = authority.unit()
    return sorted({*found, own} if own else found)


def of_files(unit: str) -> list[Present]:
    """Of a school its versions, of the receiving unit everything it has received."""
    if frappe.db.get_value("HBS Unit", unit, "kind") != "School":
        columns = "name, name as code, sha256, status, received_at as moment, creation"
        return [_present(RECEIVED, row, set()) for row in _rows(RECEIVED_RECORD, columns, {})]
    columns = "name, record_code as code, sha256, status, released_on as moment, creation"
    told = {"action": ("in", BROUGHT_BACK), "reference_doctype": files.DOCTYPE, "unit": unit}
    back = set(frappe.get_all(audit.DOCTYPE, told, pluck="reference_name", order_by="name"))
    return [_present(VERSION, row, back) for row in _rows(files.DOCTYPE, columns, {"unit": unit})]


def _rows(doctype: str, columns: str, where: dict[str, Any]) -> list[Any]:
    conditions = "".join(f" and `{column}` = %({column})s" for column in where)
    found: list[Any] = []
    last = ""
    while True:
        page = frappe.db.sql(
            f"select {columns} from `tab{doctype}` where name > %(last)s{conditions} order by name limit {AT_ONCE}",
            {**where, "last": last},
            as_dict=True,
        )
        found += page
        if len(page) < AT_ONCE:
            return found
        last = page[-1].name


def _present(kind: str, row: Any, back: set[str]) -> Present:
    moment = convert.instant(get_datetime(row.moment)) if row.moment else ""
    leaf = FileLeaf(kind, row.name, row.code or "", _hash(row.sha256), row.status or "", moment)
    return Present(leaf, read_instant(convert.instant(get_datetime(row.creation))), row.name in back)


def _hash(text: str | None) -> str:
    """The column as it is; whatever else somebody wrote there, as its own hash."""
    value = text or ""
    return value if re.fullmatch("[0-9a-f]{64}", value) else hashlib.sha256(value.encode()).hexdigest()


def of_entries(unit: str, known: Collection[int]) -> dict[int, PresentEntry]:
    """Entries of the unit, of no unit with a root of its own, and all that earlier roots of the unit name."""
    others = [other for other in units() if other != unit] or [""]
    found: dict[int, PresentEntry] = {}
    last = 0
    while True:
        page = frappe.db.sql(
            f"select name, entry_hash, at, unit from `tab{audit.DOCTYPE}`"
            " where name > %(last)s and (unit is null or unit not in %(others)s)"
            f" order by name limit {AT_ONCE}",
            {"last": last, "others": tuple(others)},
        )
        found.update((int(row[0]), _entry(row, unit)) for row in page)
        if len(page) < AT_ONCE:
            break
        last = page[-1][0]
    missing = sorted(set(known) - found.keys())
    for start in range(0, len(missing), AT_ONCE):
        page = frappe.db.sql(
            f"select name, entry_hash, at, unit from `tab{audit.DOCTYPE}` where name in %s",
            (tuple(missing[start : start + AT_ONCE]),),
        )
        found.update((int(row[0]), _entry(row, unit)) for row in page)
    return found


def _entry(row: Any, unit: str) -> PresentEntry:
    at = read_instant(convert.instant(get_datetime(row[2])))
    return PresentEntry(_hash(row[1]), at, row[3] == unit)


def end_of_trail() -> tuple[int, str]:
    """Number and hash of the site's last entry."""
    found = frappe.db.sql(f"select name, entry_hash from `tab{audit.DOCTYPE}` order by name desc limit 1")
    return (int(found[0][0]), _hash(found[0][1])) if found else (0, "")
