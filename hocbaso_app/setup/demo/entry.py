"""The teachers of the demo school enter their pupils' year on the desk, each as himself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import frappe

from hocbaso_app.demo.people import Person
from hocbaso_app.demo.school import SchoolClass
from hocbaso_app.services import read_in
from hocbaso_app.setup.demo.world import World, values_of

SUMMARY_TEXTS = ("completion_text", "rewards", "extraordinary_rewards")
SUMMARY_ANSWERS = ("grade_completed", "primary_completed")
ANSWERS = {"1": "Yes", "0": "No", None: None}


@contextmanager
def acting_as(user: str) -> Iterator[None]:
    """Everything inside happens as this user."""
    before = frappe.session.user
    frappe.set_user(user)
    try:
        yield
    finally:
        frappe.set_user(before)


def teachers_of(school_class: SchoolClass) -> list[Person]:
    """Everybody who teaches the class, the homeroom teacher last."""
    people = {t.citizen_id: t for t in school_class.teachers.values()}
    people.pop(school_class.homeroom.citizen_id, None)
    return [*people.values(), school_class.homeroom]


def records_of(student_group: str) -> list[str]:
    """Records of a class in roll order."""
    return list(frappe.get_all("HBS Record", {"student_group": student_group}, pluck="name", order_by="name"))


def read_class(world: World, school_class: SchoolClass) -> list[str]:
    """The clerk reads the class in."""
    group = world.classes[school_class.name]
    with acting_as(world.user_of(world.school.clerk)):
        read_in.read_in(group)
    return records_of(group)


def enter_class(world: World, school_class: SchoolClass) -> list[str]:
    """Subject teachers their columns, the homeroom teacher the rest, the principal promotion."""
    names = records_of(world.classes[school_class.name])
    for name, record in zip(names, values_of(world, school_class), strict=True):
        for person in teachers_of(school_class):
            with acting_as(world.user_of(person)):
                _enter(person, school_class, name, record)
        with acting_as(world.user_of(world.school.principal)):
            doc = frappe.get_doc("HBS Record", name)
            doc.promoted = ANSWERS[record.summary.promoted]
            doc.promotion_decision = record.summary.promotion_decision
            doc.save()
    return names


def _enter(person: Person, school_class: SchoolClass, name: str, record: Any) -> None:
    doc = frappe.get_doc("HBS Record", name)
    for subject in record.subjects:
        if subject.teacher_citizen_id == person.citizen_id:
            row = next(r for r in doc.results if r.subject_code == subject.subject_code)
            row.level, row.score, row.remark = subject.level, subject.score, subject.remark
    if person == school_class.homeroom:
        for field in record.qualities.__slots__:
            doc.set(field, getattr(record.qualities, field))
        doc.homeroom_remark = record.remarks.homeroom_remark
        for field in SUMMARY_TEXTS:
            doc.set(field, getattr(record.summary, field))
        for field in SUMMARY_ANSWERS:
            doc.set(field, ANSWERS[getattr(record.summary, field)])
    doc.save()
