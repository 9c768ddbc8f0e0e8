"""A small made-up school for tests, entered and played through as its people would: each step as its own user."""

from __future__ import annotations

from typing import Any

import frappe

from hocbaso_app.demo.school import SchoolClass
from hocbaso_app.services import check, initialise, sign
from hocbaso_app.setup.demo.entry import acting_as, enter_class, read_class, records_of, teachers_of
from hocbaso_app.setup.demo.school import World, make_world

__all__ = ["Play", "acting_as", "state"]


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
        return teachers_of(self.school_class)[:-1]

    def pin(self, person: Any) -> str:
        """PIN of a person's demo key."""
        return self.world.pins[person.citizen_id]

    def names(self) -> list[str]:
        """Records of the class in roll order."""
        return records_of(self.group)

    def read_in(self) -> list[str]:
        """Drafts from Education."""
        return read_class(self.world, self.school_class)

    def enter(self) -> list[str]:
        """Everybody enters what is his."""
        return enter_class(self.world, self.school_class)

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

    def confirm_and_initialise(self) -> None:
        """Both."""
        self.confirm()
        self.initialise()

    def see(self) -> None:
        """Everybody who is to sign looks and says so."""
        for person in teachers_of(self.school_class):
            with acting_as(self.world.user_of(person)):
                check.seen(self.names())

    def sign_subjects(self) -> None:
        """All subject teachers, the homeroom teacher too."""
        for person in teachers_of(self.school_class):
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
            "initialised": self.confirm_and_initialise,
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
