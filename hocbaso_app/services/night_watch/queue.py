"""Whose turn it is: overdue files first, then those never seen (the newest first), then the longest unseen.

A file that has changed since it was seen counts as never seen; a look that is dated in the future counts as none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from math import ceil

import frappe
from frappe.utils import add_to_date, cint, now_datetime

from hocbaso_app.services.night_watch.kept import RECEIVED, VERSION

DOCTYPE = "HBS File Check"
TABLES = (VERSION, RECEIVED)
DAYS, SECONDS = 7, 240
"""Where the settings say nothing."""
NIGHT_HOURS = 12
"""What was seen so recently was seen tonight."""

Turn = tuple[str, str]
"""Kind and name of a file."""


def days() -> int:
    """Within so many days each file is seen at least once."""
    return cint(frappe.db.get_single_value("HBS Settings", "watch_days")) or DAYS


def seconds() -> int:
    """So long one run may take."""
    return cint(frappe.db.get_single_value("HBS Settings", "watch_seconds")) or SECONDS


def total() -> int:
    """Files of this site."""
    return sum(frappe.db.count(table) for table in TABLES)


def share() -> int:
    """How many are to be seen in one night: an even part of all, more when more would become overdue."""
    return max(ceil(total() / days()), len(_overdue(add_to_date(now_datetime(), days=1 - days()), total())))


def seen_tonight() -> int:
    """How many have been."""
    now = now_datetime()
    since = add_to_date(now, hours=-NIGHT_HOURS)
    return int(frappe.db.count(DOCTYPE, {"checked_at": ("between", [since, now])}))


def turns(most: int) -> Iterator[Turn]:
    """The next files, at most so many, each once."""
    now, given = now_datetime(), set[Turn]()
    sources: tuple[Callable[[], list[Turn]], ...] = (
        lambda: _overdue(add_to_date(now, days=1 - days()), most),
        lambda: _unseen(now, most),
        lambda: _longest_unseen(add_to_date(now, hours=-NIGHT_HOURS), most),
    )
    for source in sources:
        for turn in source() if len(given) < most else ():
            if turn not in given and len(given) < most:
                given.add(turn)
                yield turn


def behind() -> int:
    """Files that were not seen within the days that the settings name; none on a site that keeps up."""
    return len(_overdue(add_to_date(now_datetime(), days=-days()), total()))


def _overdue(before: datetime, most: int) -> list[Turn]:
    """Not seen since ``before``: by their last look, or, without any, by when they came."""
    found = frappe.get_all(
        DOCTYPE, {"checked_at": ("<", before)}, ["kept_doctype", "kept_name"], order_by="checked_at, name", limit=most
    )
    return [(row.kept_doctype, row.kept_name) for row in found] + _unseen(now_datetime(), most, before)


def _unseen(now: datetime, most: int, before: datetime | None = None) -> list[Turn]:
    found: list[tuple[datetime, Turn]] = []
    seen = frappe.qb.DocType(DOCTYPE)
    for doctype in TABLES:
        file = frappe.qb.DocType(doctype)
        query = frappe.qb.from_(file).left_join(seen).on(seen.name == file.name)
        query = query.where(seen.name.isnull() | (seen.sha256 != file.sha256) | (seen.checked_at > now))
        if before is not None:
            query = query.where(file.creation < before)
        query = query.select(file.name, file.creation).orderby(file.creation, order=frappe.qb.desc).limit(most)
        found += [(creation, (doctype, name)) for name, creation in query.run()]
    return [turn for _creation, turn in sorted(found, reverse=True)][:most]


def _longest_unseen(before: datetime, most: int) -> list[Turn]:
    where = {"checked_at": ("<", before)}
    found = frappe.get_all(
        DOCTYPE, where, ["kept_doctype", "kept_name"], order_by="checked_at, name", limit_page_length=most
    )
    return [(row.kept_doctype, row.kept_name) for row in found]
