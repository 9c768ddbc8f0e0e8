"""At the end of each day: what is there is compared with the earlier roots, then the day's root is made over it.

A root says what is there, right or not: what differs from an earlier one is found and named first, and stays named,
since the earlier root goes on saying otherwise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import frappe
from frappe import _

from hocbaso_app.exchange.roots.comparison import (
    Difference,
    Known,
    What,
    against_entries,
    against_files,
    new_leaves,
    replay,
)
from hocbaso_app.exchange.roots.leaves import EntryLeaf, Leaves
from hocbaso_app.exchange.roots.statement import Claims, make
from hocbaso_app.record.times import write_instant
from hocbaso_app.services import convert, evidence, own_key, states
from hocbaso_app.services.roots import book, present

MOST_LEAVES = 100_000
"""In one list: some 5 MB on the wire, where a request may have 10."""

MOST_NAMED = 20
"""Differences of one sort that are named one by one; the others as a number."""


def run(unit: str) -> tuple[str, list[evidence.Finding]]:
    """Compare and make; the newest root's name and the new findings, which the caller tells."""
    at = convert.now()
    known = replay(book.of(unit, book.OWN))
    found, leaves, total = _looked_at(unit, known)
    number, previous = _follows(unit)
    end, end_hash = present.end_of_trail()
    key, name = own_key.of(unit), ""
    for part in _parts(leaves):
        counts = {"files": len(part.files), "entries": len(part.entries), "total": total}
        claims = Claims(
            unit, number, write_instant(at), part.root(), previous, last_entry=end, last_hash=end_hash, **counts
        )
        made = make(claims, part, key)
        name = book.keep(made, book.OWN)
        number, previous = number + 1, made.sha256
    return name, note(unit, [*known.differences, *found])


def _parts(leaves: Leaves) -> Iterator[Leaves]:
    """One list as a rule; what would be too large to send becomes several roots in a row."""
    files, entries = leaves.files, leaves.entries
    while True:
        yield Leaves(files[:MOST_LEAVES], entries[: max(0, MOST_LEAVES - len(files))])
        entries = entries[max(0, MOST_LEAVES - len(files)) :]
        files = files[MOST_LEAVES:]
        if not files and not entries:
            return


def _follows(unit: str) -> tuple[int, str]:
    """Number and link of the next root, by the newest row even where its statement can't be read any more."""
    where = {"unit": unit, "source": book.OWN}
    found = frappe.get_all(book.DOCTYPE, where, ["number", "sha256"], order_by="number desc, name desc", limit=1)
    return (int(found[0].number) + 1, found[0].sha256 or "") if found else (1, "")


def _looked_at(unit: str, known: Known) -> tuple[list[Difference], Leaves, int]:
    files = present.of_files(unit)
    entries = present.of_entries(unit, known.entries)
    found = [*against_files(known, files), *against_entries(known, entries)]
    new = (
        EntryLeaf(number, row.hash)
        for number, row in entries.items()
        if number not in known.entries or known.entries[number][0] != row.hash
    )
    leaves = Leaves(new_leaves(known, [row.leaf for row in files]), tuple(new))
    return found, leaves, len(files)


def compare(unit: str, known: Known) -> list[Difference]:
    """What is there against any row of roots, such as those that the authority holds."""
    files, entries = present.of_files(unit), present.of_entries(unit, known.entries)
    return [*known.differences, *against_files(known, files), *against_entries(known, entries)]


def note(unit: str, found: Iterable[Difference], *, by: str = "") -> list[evidence.Finding]:
    """Kept as findings; gives the new ones. ``by``: whose roots say so, where they are not the unit's own."""
    with states.in_vietnamese():
        return [finding for finding in findings(unit, list(found), by) if evidence.note(finding)]


def findings(unit: str, found: list[Difference], by: str = "") -> Iterator[evidence.Finding]:
    """One for each, up to so many of a sort."""
    counted: Counter[tuple[str, str]] = Counter()
    for one in found:
        sort = (one.what.value, one.kind)
        counted[sort] += 1
        if counted[sort] <= MOST_NAMED:
            yield _finding(unit, one, by)
    for (what, kind), count in counted.items():
        if count > MOST_NAMED:
            text = _("{0} more like the ones named").format(count - MOST_NAMED)
            rest = f"{sentences()[What(what)]} {text}{_by(by)}"
            yield evidence.Finding(
                evidence.ROOT_DIFFERS, "HBS Unit", unit, unit, f"{rest} ({_(present.DOCTYPES[kind])})"
            )


def _finding(unit: str, one: Difference, by: str) -> evidence.Finding:
    broken = one.kind == "root"
    kind = evidence.ROOTS_BROKEN if broken else evidence.ROOT_DIFFERS
    day = frappe.utils.formatdate(one.day, "d/M/yyyy") if one.day else ""
    parts = [sentences()[one.what], _("Root of {0}.").format(day) if day else "", one.detail]
    text = " ".join(part for part in parts if part) + _by(by)
    if broken:
        return evidence.Finding(kind, "HBS Unit", unit, unit, f"{_('Root {0}').format(one.name)}: {text}"[:1000])
    return evidence.Finding(kind, present.DOCTYPES[one.kind], one.name, unit, text[:1000])


def _by(by: str) -> str:
    return f" {by}" if by else ""


def sentences() -> dict[What, str]:
    """What each difference means."""
    return {
        What.REMOVED: _("It stood under a daily root and is gone."),
        What.CHANGED: _("It is not what it was under an earlier daily root."),
        What.STATUS: _("Its status went a way that no step of the system goes."),
        What.INSERTED: _("It claims to be older than a daily root that does not have it: it was put in afterwards."),
        What.BACK_DATED: _("Its date lies before a daily root that does not have it: it was dated back."),
        What.ROOT_DAMAGED: _("The kept daily root or its list was changed."),
        What.ROOT_MISSING: _("A daily root is missing from the row."),
        What.ROOT_UNCHAINED: _("The daily root does not follow the one before it: the row was rewritten or put back."),
    }


def run_all() -> dict[str, str]:
    """Every unit with a root here, each in a transaction of its own; unit → name of its root."""
    from hocbaso_app import compat

    made, told = {}, list[evidence.Finding]()
    for unit in present.units():
        if not compat.in_test():
            frappe.db.commit()  # nosemgrep: what is read now is one state of the database
        made[unit], found = run(unit)
        told += found
        if not compat.in_test():
            frappe.db.commit()  # nosemgrep: each unit for itself
    with states.in_vietnamese():
        evidence.tell(told)
    return made
