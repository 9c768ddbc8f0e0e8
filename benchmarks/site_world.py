"""A large made-up school on a site, written in quickly: staff and certificates of the demo school, many classes.

Pupils, classes, assignments and drafts are put in as rows, since not entering them is measured but what follows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import frappe

from hocbaso_app.demo.people import Person
from hocbaso_app.demo.school import School, SchoolClass, make_school, record_for
from hocbaso_app.record.model import Record
from hocbaso_app.services import convert, drafts, rows, states
from hocbaso_app.setup.demo.school import STARTED, World, make_world

NOW = datetime(2026, 6, 2, 1, tzinfo=timezone.utc)


@contextmanager
def only_for_now() -> Iterator[None]:
    """Rows made inside are deleted at the end, whatever happens; a site that holds records is refused.

    Counters of names stay where they are. Key files and trust folder of the demo school are left behind.
    """
    if frappe.db.count("HBS Record") or frappe.db.count("HBS Certificate"):
        raise SystemExit(
            "This site holds records. The benchmark wants a throw-away site: its evidence is deleted afterwards."
        )
    start = frappe.utils.now_datetime()
    try:
        yield
    finally:
        frappe.set_user("Administrator")
        frappe.db.rollback()
        for table in _tables():
            frappe.db.sql(f"delete from `{table}` where creation >= %s", start)
        frappe.db.commit()
        frappe.clear_cache()
        for lock in Path(frappe.get_site_path("locks")).glob("[0-9a-f]" * 8 + "*.lock"):
            lock.unlink()


def _tables() -> list[str]:
    columns = "select table_name from information_schema.columns where table_schema = database()"
    return [row[0] for row in frappe.db.sql(f"{columns} and column_name = 'creation' and table_name like 'tab%%'")]


@dataclass
class BenchClass:
    """A class: its group on the site, its people, its pupils' year for the core, its records' names on the site."""

    group: str
    school_class: SchoolClass
    values: list[Record]
    names: list[str]


class SiteWorld:
    """The demo school's people teaching ``records // pupils`` classes, grade by grade."""

    def __init__(self, records: int, pupils: int = 35) -> None:
        frappe.flags.mute_emails = True
        self.world: World = make_world(1, grades=())
        self.school: School = self.world.school
        self.classes: list[BenchClass] = []
        left, number = records, 0
        while left > 0:
            self.classes.append(self._class(number, min(pupils, left)))
            left -= pupils
            number += 1
        frappe.db.commit()

    def user(self, person: Person) -> str:
        """Login."""
        return self.world.user_of(person)

    def pin(self, holder: str) -> str:
        """PIN of a person's (citizen id) or the school's (code) demo key."""
        return self.world.pins[holder]

    def _class(self, number: int, pupils: int) -> BenchClass:
        original = make_school(seed=number + 2, pupils_per_class=pupils).classes[number % 5]
        own = self.school.classes[number % 5]
        name = f"{own.grade}B{number // 5 + 1}"
        unlike = tuple(_distinct(p, number, n) for n, p in enumerate(original.pupils))
        school_class = SchoolClass(own.grade, own.name, own.homeroom, own.teachers, unlike)
        values = [record_for(self.school, school_class, p, created_at=NOW, released_at=NOW) for p in unlike]
        values = [replace(r, general=replace(r.general, practice="1")) for r in values]
        group = _row("Student Group", student_group_name=name, academic_year=self.school.school_year)
        self._assign(school_class, group)
        names = [self._draft(record, group, place) for place, record in enumerate(values, 1)]
        return BenchClass(group, school_class, values, names)

    def _assign(self, school_class: SchoolClass, group: str) -> None:
        frame = {"student_group": group, "academic_year": self.school.school_year, "unit": self.world.unit}
        frame["from_date"] = STARTED
        staff = self.world.staff
        _row("HBS Teaching Assignment", **frame, kind="Homeroom", staff=staff[school_class.homeroom.citizen_id])
        for code, person in school_class.teachers.items():
            _row("HBS Teaching Assignment", **frame, kind="Subject", subject=code, staff=staff[person.citizen_id])
        _row("HBS Summary Confirmation", **{k: v for k, v in frame.items() if k != "from_date"}, minutes_number="05")

    def _draft(self, record: Record, group: str, place: int) -> str:
        doc = frappe.new_doc("HBS Record")
        general = record.general
        student = _row("Student", first_name=general.full_name, student_name=general.full_name, enabled=1)
        in_class = {"parent": group, "parenttype": "Student Group", "parentfield": "students", "idx": place}
        _row("Student Group Student", **in_class, student=student, group_roll_number=place, active=1)
        doc.update({"student": student, "student_group": group, "unit": self.world.unit, "state": states.DRAFT})
        doc.academic_year = self.school.school_year
        convert.fill(doc, record)
        doc.record_code = doc.created_at = doc.released_at = None
        doc.record_key = drafts.key_of(doc)
        doc.set_new_name()
        _insert(doc)
        for row in doc.get_all_children():
            row.parent = doc.name
            row.set_new_name()
            _insert(row)
        return str(doc.name)


def _distinct(pupil: Any, number: int, place: int) -> Any:
    """The pupil with a code and a citizen id of his own and no special case."""
    serial = 20_000 + number * 100 + place
    citizen = f"999{3 if pupil.gender == '2' else 2}{pupil.birth_date[2:4]}{serial:06d}"
    return replace(pupil, code=f"99000{serial:05d}", citizen_id=citizen, case=None)


def _row(doctype: str, **values: Any) -> str:
    """One row, without the document's checks."""
    doc = frappe.new_doc(doctype)
    doc.update(values)
    doc.set_new_name()
    _insert(doc)
    return str(doc.name)


def _insert(doc: Any) -> None:
    """Past the controller, which would refuse it."""
    rows.insert(doc.doctype, [doc])
