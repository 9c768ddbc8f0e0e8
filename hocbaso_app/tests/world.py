"""A small made-up school for tests, entered and played through as its people would: each step as its own user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import frappe

from hocbaso_app.demo.school import SchoolClass
from hocbaso_app.services import check, initialise, read_in, sign
from hocbaso_app.setup.demo import World, make_world, values_of


@contextmanager
def acting_as(user: str) -> Iterator[None]:
    """Everything inside happens as this user."""
    before = frappe.session.user
    frappe.set_user(user)
    try:
        yield
    finally:
        frappe.set_user(before)


class Play:
    """One class of the world through its year-end. Methods end one stage each and give the records' names."""

    def __init__(self, pupils: int = 2, grade: int = 4) -> None:
        frappe.flags.mute_emails = True
        self.world: World = make_world(pupils, grades=(grade,))
        self.school_class: SchoolClass = next(c for c in self.world.school.classes if c.grade == grade)
        self.group = self.world.classes[self.school_class.name]

    @property
    def school(self) -> Any:
        """The made-up school."""
        return self.world.school

    @property
    def principal(self) -> str:
        """Login."""
        return self.world.user_of(self.school.principal)

    @property
    def clerk(self) -> str:
        """Login."""
        return self.world.user_of(self.school.clerk)

    @property
    def homeroom(self) -> str:
        """Login."""
        return self.world.user_of(self.school_class.homeroom)

    @property
    def specialists(self) -> list[Any]:
        """Subject teachers of the class who do not lead it."""
        teachers = {t.citizen_id: t for t in self.school_class.teachers.values()}
        teachers.pop(self.school_class.homeroom.citizen_id)
        return list(teachers.values())

    def pin(self, person: Any) -> str:
        """PIN of a person's demo key."""
        return self.world.pins[person.citizen_id]

    def names(self) -> list[str]:
        """Records of the class in roll order."""
        return frappe.get_all("HBS Record", {"student_group": self.group}, pluck="name", order_by="name")

    def read_in(self) -> list[str]:
        """Drafts from Education."""
        with acting_as(self.clerk):
            read_in.read_in(self.group)
        return self.names()

    def enter(self) -> list[str]:
        """Each teacher enters his own columns, the homeroom teacher the rest, the principal decides on promotion."""
        wanted = values_of(self.world, self.school_class)
        for name, record in zip(self.names(), wanted, strict=True):
            for person in (*self.specialists, self.school_class.homeroom):
                with acting_as(self.world.user_of(person)):
                    self._enter_as(person, name, record)
            with acting_as(self.principal):
                doc = frappe.get_doc("HBS Record", name)
                doc.promoted = "Yes" if record.summary.promoted == "1" else "No"
                doc.promotion_decision = record.summary.promotion_decision
                doc.save()
        return self.names()

    def _enter_as(self, person: Any, name: str, record: Any) -> None:
        doc = frappe.get_doc("HBS Record", name)
        for subject in record.subjects:
            if subject.teacher_citizen_id == person.citizen_id:
                row = next(r for r in doc.results if r.subject_code == subject.subject_code)
                row.level, row.score, row.remark = subject.level, subject.score, subject.remark
        if person is self.school_class.homeroom:
            for field in record.qualities.__slots__:
                doc.set(field, getattr(record.qualities, field))
            doc.homeroom_remark = record.remarks.homeroom_remark
            for field in ("completion_text", "rewards", "extraordinary_rewards"):
                doc.set(field, getattr(record.summary, field))
            for field in ("grade_completed", "primary_completed"):
                doc.set(field, {"1": "Yes", "0": "No", None: None}[getattr(record.summary, field)])
        doc.save()

    def confirm(self) -> None:
        """The principal confirms the year-end summary."""
        with acting_as(self.principal):
            values = {"unit": self.world.unit, "academic_year": self.school.school_year, "student_group": self.group}
            confirmation = {"doctype": "HBS Summary Confirmation", **values, "minutes_number": "05/BB-HĐ"}
            frappe.get_doc({**confirmation, "confirmed_on": frappe.utils.today()}).insert()

    def initialise(self) -> dict[str, list[str]]:
        """The clerk makes the files."""
        with acting_as(self.clerk):
            return initialise.initialise_class(self.group)

    def see(self) -> None:
        """Everybody who is to sign looks and says so."""
        for person in (*self.specialists, self.school_class.homeroom):
            with acting_as(self.world.user_of(person)):
                check.seen(self.names())

    def sign_subjects(self) -> None:
        """All subject teachers, the homeroom teacher too."""
        for person in (*self.specialists, self.school_class.homeroom):
            with acting_as(self.world.user_of(person)):
                sign.sign("gvbm", self.names(), self.pin(person))

    def sign_homeroom(self) -> Any:
        """The homeroom teacher."""
        with acting_as(self.homeroom):
            return sign.sign("gvcn", self.names(), self.pin(self.school_class.homeroom))

    def sign_manager(self) -> Any:
        """The principal."""
        with acting_as(self.principal):
            return sign.sign("cbql", self.names(), self.pin(self.school.principal))

    def release(self) -> Any:
        """The clerk with the school's seal."""
        with acting_as(self.clerk):
            return sign.sign("release", self.names(), self.world.pins[self.school.code])

    def until(self, stage: str) -> list[str]:
        """Everything up to and with ``stage``, one of the keys below."""
        steps = {
            "draft": self.read_in,
            "entered": self.enter,
            "initialised": lambda: (self.confirm(), self.initialise()),
            "checked": self.see,
            "subjects": self.sign_subjects,
            "homeroom": self.sign_homeroom,
            "manager": self.sign_manager,
            "released": self.release,
        }
        for name, step in steps.items():
            step()
            if name == stage:
                break
        return self.names()


def state(name: str) -> str:
    """A record's state in the database."""
    return str(frappe.db.get_value("HBS Record", name, "state"))
