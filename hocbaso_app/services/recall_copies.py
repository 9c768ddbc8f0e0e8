"""What went out of one issue of a record before it was recalled: prints, confirmed papers, hand-overs, family."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import frappe
from frappe import _

from hocbaso_app.services import access, print_store, states


@dataclass(frozen=True)
class Copies:
    """Counts of one file; ``confirmed``: number in the register and receiver of each paper that was confirmed."""

    printed: int
    confirmed: tuple[tuple[str, str], ...]
    handed_over: int
    downloaded: int
    family: int

    @property
    def outside(self) -> int:
        """Copies that may be in somebody's hands."""
        return self.printed + len(self.confirmed) + self.handed_over + self.downloaded

    @property
    def sentence(self) -> str:
        """In Vietnamese: it is stored and travels."""
        with states.in_vietnamese():
            return self._sentence()

    def _sentence(self) -> str:
        if not self.outside and not self.family:
            return _("Nothing of it was printed or handed over.")
        parts = [
            (self.printed, _("printed {0} times")),
            (len(self.confirmed), _("{0} confirmed papers")),
            (self.handed_over, _("handed over {0} times")),
            (self.downloaded, _("original downloaded {0} times")),
            (self.family, _("opened by the family {0} times")),
        ]
        text = _("Known at the school: {0}.").format(", ".join(said.format(n) for n, said in parts if n))
        if self.confirmed:
            papers = "; ".join(f"{serial}: {receiver}" if receiver else serial for serial, receiver in self.confirmed)
            text += " " + _("Papers: {0}.").format(papers)
        return text


def of_version(version: str) -> Copies:
    """Of one released file on this site."""
    lines = frappe.get_all(
        print_store.DOCTYPE,
        {"version": version, "status": print_store.MADE, "serial_number": ("is", "set")},
        ["serial_number", "receiver"],
        order_by="confirmed_on, name",
    )
    counts: dict[tuple[str, bool], int] = {}
    for row in _readings(version):
        key = (row.action, row.reader_kind == "Family")
        counts[key] = counts.get(key, 0) + 1

    def staff(action: str) -> int:
        return counts.get((action, False), 0)

    family = sum(count for (_action, of_family), count in counts.items() if of_family)
    return Copies(
        staff(access.PRINTED),
        tuple((row.serial_number, row.receiver or "") for row in lines),
        staff(access.HANDED_OVER),
        staff(access.ORIGINAL),
        family,
    )


def _readings(version: str) -> list[Any]:
    actions = (access.PRINTED, access.HANDED_OVER, access.ORIGINAL, access.OPENED)
    where = {"version": version, "action": ("in", actions)}
    return list(frappe.get_all(access.DOCTYPE, where, ["action", "reader_kind"], order_by="at"))
