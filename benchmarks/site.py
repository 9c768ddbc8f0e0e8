"""The year-end on a site against the bare core, in one process, class by class side by side.

Usage, with the bench's own Python, in the bench: site.py --site NAME [--sites-path DIR] [--records N] [--scale N]
[--json FILE]

Each class goes through a step twice: the core alone on files in memory, then the site's services with its database,
checks, states and audit trail, committed per class. Compared is the CPU time of this process; the database server's
own time is outside of it and shows in the wall clock. Statements are counted by MariaDB.
It wants a throw-away site without any record, and takes out again every row that was made since it began.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import frappe
from rich.console import Console
from rich.table import Table
from site_scale import fill, measure
from site_world import BenchClass, SiteWorld, only_for_now

from hocbaso_app.demo.people import Person
from hocbaso_app.record.document import Document, build
from hocbaso_app.record.rules import check as check_rules
from hocbaso_app.services import check, convert, initialise, keys, sign, trust
from hocbaso_app.setup.demo.entry import acting_as, teachers_of
from hocbaso_app.signing.report import Indication
from hocbaso_app.signing.sign import seal_role, sign_slots
from hocbaso_app.signing.slots import Stage, expected_slots
from hocbaso_app.signing.verify import verify
from hocbaso_app.signing.verify_slot import SlotContext, verify_slot

LIMIT = 3.0


@dataclass
class Cost:
    """What one step took over all classes."""

    units: int = 0
    core: list[float] = field(default_factory=list)
    site: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    statements: int = 0
    memory: list[float] = field(default_factory=list)


def statements() -> int:
    """Statements that this connection has sent so far, by MariaDB's own count."""
    return int(frappe.db.sql("show session status like 'Questions'")[0][1])


def resident_mb() -> float:
    """Resident memory of this process now."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


class YearEnd:
    """All classes through the steps; the core's files are kept beside the site's."""

    def __init__(self, world: SiteWorld) -> None:
        self.world = world
        self.costs: dict[str, Cost] = {}
        self.files: dict[str, list[bytes]] = {}
        self.core_trust = trust.store()

    def run(self) -> None:
        """Every step for every class."""
        for step in (self.initialise, self.see, self.sign_parts, self.sign_own_parts, self.homeroom, self.manager):
            for bench_class in self.world.classes:
                step(bench_class)
        for bench_class in self.world.classes:
            self.release(bench_class)

    @contextmanager
    def site(self, step: str, user: str, units: int) -> Iterator[None]:
        """What the site does for one class, as this user, as one request or job would: nothing kept from before."""
        cost = self.costs.setdefault(step, Cost())
        frappe.local.hbs_trust = None
        frappe.local.hbs_scopes = {}
        with acting_as(user):
            before, wall, cpu = statements(), time.perf_counter(), time.process_time()
            yield
            frappe.db.commit()
            cost.site.append((time.process_time() - cpu) / units)
            cost.wall.append((time.perf_counter() - wall) / units)
            cost.statements += statements() - before - 1
        cost.units += units
        cost.memory.append(resident_mb())

    def core(self, step: str, units: int, work: Callable[[], list[bytes]], bench_class: BenchClass) -> None:
        """The same by the core alone, from bytes to bytes."""
        cpu = time.process_time()
        self.files[bench_class.group] = work()
        self.costs.setdefault(step, Cost()).core.append((time.process_time() - cpu) / units)

    def initialise(self, c: BenchClass) -> None:
        def core() -> list[bytes]:
            documents = []
            for record in c.values:
                faults = [f for f in check_rules(record) if f.blocks != "release"]
                assert not faults, faults
                documents.append(build(record))
            return [d.data for d in documents if d.sha256]

        self.core("initialise", len(c.names), core, c)
        with self.site("initialise", self.world.user(self.world.school.clerk), len(c.names)):
            answer = initialise.initialise_class(c.group)
        assert len(answer["initialised"]) == len(c.names), answer

    def see(self, c: BenchClass) -> None:
        """Everybody who signs looks first; the core knows no such step."""
        for person in teachers_of(c.school_class):
            with self.site("check (no core)", self.world.user(person), len(c.names)):
                check.seen(c.names)

    def sign_parts(self, c: BenchClass) -> None:
        for person in teachers_of(c.school_class)[:-1]:
            self._subjects(c, person, "subject part")

    def sign_own_parts(self, c: BenchClass) -> None:
        self._subjects(c, c.school_class.homeroom, "homeroom teacher's parts")

    def _subjects(self, c: BenchClass, person: Person, step: str) -> None:
        own = [code for code, teacher in c.school_class.teachers.items() if teacher == person]
        slots = [f"ky-mon-{code}" for code in own]
        self._sign(c, step, "gvbm", person, slots)

    def homeroom(self, c: BenchClass) -> None:
        self._sign(c, "homeroom", "gvcn", c.school_class.homeroom, ["ky-gvcn"], Stage.SUBJECT)

    def manager(self, c: BenchClass) -> None:
        self._sign(c, "manager", "cbql", self.world.school.principal, ["ky-cbql"], Stage.HOMEROOM)

    def release(self, c: BenchClass) -> None:
        self._sign(c, "release", "release", self.world.school.clerk, ["ky-phat-hanh"], Stage.MANAGER)

    def _sign(
        self, c: BenchClass, step: str, stage: str, person: Person, slots: list[str], before: Stage | None = None
    ) -> None:
        sealing = stage == "release"
        school = self.world.school
        pin = self.world.pin(school.code if sealing else person.citizen_id)
        holder = {"holder_kind": "Unit"} if sealing else {"staff": self.world.world.staff[person.citizen_id]}
        sha256 = frappe.db.get_value("HBS Certificate", {**holder, "status": "Approved"}, "sha256")

        def core() -> list[bytes]:
            key = keys.open_key(sha256, pin)
            moment = convert.now()
            role = seal_role(school.clerk.name) if sealing else None
            signed = []
            for data in self.files[c.group]:
                document = Document.parse(data)
                if before:
                    assert verify(document, self.core_trust, stage=before).valid
                else:
                    assert not [f for f in check_rules(document.record) if f.blocks != "release"]
                document = sign_slots(document, slots, key, moment, role)
                self._require_valid(document, stage, slots)
                if document.sha256:
                    signed.append(document.data)
            return signed

        units = len(c.names)
        self.core(step, units, core, c)
        with self.site(step, self.world.user(person), units):
            confirmed = sign.confirm(stage, c.names, pin)
            frappe.db.commit()
            batch = sign.run_batch(confirmed.name, keep_each=True)
        assert batch.signed == units * len(slots), [(i.slot_id, i.message) for i in batch.items if i.message]

    def _require_valid(self, document: Document, stage: str, slots: list[str]) -> None:
        """What was signed is verified as a reader would, the whole file once its stage is complete."""
        upto = Stage(stage)
        expected = [slot for slot in expected_slots(document.record) if slot.stage.order <= upto.order]
        if all(document.slot(slot.id) for slot in expected):
            assert verify(document, self.core_trust, stage=upto).valid
            return
        context = SlotContext(document, self.core_trust, datetime.now(timezone.utc), "require")
        for slot in expected:
            if slot.id in slots:
                assert verify_slot(slot, context)[0].indication is Indication.PASSED


def summary(costs: dict[str, Cost]) -> list[dict[str, Any]]:
    """One row per step; times in milliseconds per record, medians over the classes.

    ``mb_first`` and ``mb_last``: this process after the first and the last class of a step, the core's files included.
    """
    rows = []
    for step, cost in costs.items():
        core = statistics.median(cost.core) * 1000 if cost.core else None
        site = statistics.median(cost.site) * 1000
        rows.append(
            {
                "step": step,
                "records": cost.units,
                "core_ms": core,
                "site_ms": site,
                "ratio": site / core if core else None,
                "wall_ms": statistics.median(cost.wall) * 1000,
                "statements": cost.statements / cost.units,
                "mb_first": cost.memory[0],
                "mb_last": cost.memory[-1],
            }
        )
    return rows


def show(rows: list[dict[str, Any]], title: str) -> None:
    """A table of whatever columns the rows have."""
    table = Table(title=title)
    for number, name in enumerate(rows[0]):
        table.add_column(name.replace("_", " "), justify="right" if number else "left")
    for row in rows:
        table.add_row(*(f"{v:.2f}" if isinstance(v, float) else "" if v is None else str(v) for v in row.values()))
    Console(width=140).print(table)


def main() -> int:
    """Measures, prints, tells by the exit code whether every ratio is met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--site", required=True)
    parser.add_argument("--sites-path", default="sites")
    parser.add_argument("--records", type=int, default=1000)
    parser.add_argument("--scale", type=int, default=0, help="fill the site to so many records and time what is opened")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    frappe.init(chosen.site, sites_path=chosen.sites_path)
    frappe.connect()
    frappe.set_user("Administrator")
    start = resident_mb()
    with only_for_now():
        world = SiteWorld(chosen.records)
        year = YearEnd(world)
        year.run()
        rows = summary(year.costs)
        show(rows, f"{chosen.records} records, milliseconds of CPU per record, class by class")
        views: list[dict[str, Any]] = []
        if chosen.scale:
            made = fill(world, chosen.scale)
            views = measure(world)
            show(views, f"With {made} records, wall milliseconds")
    if chosen.json:
        chosen.json.parent.mkdir(parents=True, exist_ok=True)
        found = {"steps": rows, "views": views, "start_mb": start}
        chosen.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
    return int(any(row["ratio"] and row["ratio"] > LIMIT for row in rows))


if __name__ == "__main__":
    sys.exit(main())
