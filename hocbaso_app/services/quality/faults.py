"""One fault of a school's data, and what a list of checks adds up to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from frappe import _

UNIT, STAFF, WORK, CERTIFICATES, PUPILS = "Unit", "Staff", "Assignments", "Certificates", "Pupils"
AREAS = (UNIT, STAFF, WORK, CERTIFICATES, PUPILS)


def labels() -> dict[str, str]:
    """Area → as people read it."""
    return {
        UNIT: _("School"),
        STAFF: _("Staff"),
        WORK: _("Assignments"),
        CERTIFICATES: _("Certificates"),
        PUPILS: _("Pupils' data"),
    }


@dataclass(frozen=True)
class DataFault:
    """What is missing or wrong, in a sentence, and the document where it is mended."""

    area: str
    code: str
    text: str
    doctype: str
    name: str
    about: str = ""


@dataclass
class Sheet:
    """Checks that were made and the faults they found, area by area."""

    checks: dict[str, int] = field(default_factory=lambda: dict.fromkeys(AREAS, 0))
    faults: list[DataFault] = field(default_factory=list)

    def check(self, area: str, found: Iterable[DataFault], checks: int) -> None:
        """``checks`` questions about one thing, with the faults among their answers."""
        self.checks[area] += checks
        self.faults += found

    def ask(self, area: str, right: Any, code: str, text: str, doctype: str, name: str, about: str = "") -> None:
        """One question; a fault unless ``right``."""
        self.check(area, [] if right else [DataFault(area, code, text, doctype, name, about)], 1)

    @property
    def made(self) -> int:
        """Checks of all areas."""
        return sum(self.checks.values())

    @property
    def score(self) -> float | None:
        """Per cent of the checks without a fault, cut to one decimal: 100 only for data without any fault."""
        if not self.made:
            return None
        return max(0, 1000 * (self.made - len(self.faults)) // self.made) / 10

    def by_area(self) -> dict[str, dict[str, int]]:
        """Area → checks and faults."""
        return {
            area: {"checks": self.checks[area], "faults": sum(fault.area == area for fault in self.faults)}
            for area in AREAS
        }
