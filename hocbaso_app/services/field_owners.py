"""A field of the file as the city database names it: what the desk calls it, and the person whose it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import frappe
from frappe import _

from hocbaso_app.services import duty, officers, states

VERSION = frozenset({"MA_TRA_CUU_UUID", "LAN_PHAT_HANH", "MA_BI_THAY_THE"})
"""Elements of the version itself: what to do about them is the principal's decision."""


@dataclass(frozen=True)
class Field:
    """``name``: field of HBS Record, empty for none; ``subject``: code of the subject it belongs to."""

    label: str
    name: str = ""
    subject: str = ""


@dataclass(frozen=True)
class Owner:
    """Who mends it; ``user`` is empty for somebody without a login."""

    name: str
    user: str = ""


def field_of(doc: Any, element: str | None) -> Field:
    """What the desk calls an element of the file; ``mon-05`` is a whole subject."""
    from hocbaso_app.record import model

    if not element:
        return Field(_("not named"))
    subjects = {f"mon-{row.subject_code}": row for row in doc.results}
    if element in subjects:
        row = subjects[element]
        return Field(row.subject_name, "results", row.subject_code)
    for kind in (model.General, model.Summary, model.Qualities, model.Remarks):
        for name, tag, _item in model.elements_of(kind):
            if tag == element and doc.meta.has_field(name):
                return Field(_(doc.meta.get_label(name)), name)
    return Field(element)


def owners_of(doc: Any, element: str | None) -> list[Owner]:
    """The person of the field in this record: subject teacher, homeroom teacher, clerk, else the principal."""
    from hocbaso_app.record import model

    homeroom = {name for group in (model.Qualities, model.Remarks) for _a, name, _i in model.elements_of(group)}
    if element in homeroom:
        return [_person(doc.unit, doc.homeroom_citizen_id, doc.homeroom_name)]
    parts = {f"mon-{row.subject_code}": row for row in doc.results}
    if element in parts:
        row = parts[element]
        return [_person(doc.unit, row.teacher_citizen_id, row.teacher_name)]
    pupil = {name for _a, name, _i in model.elements_of(model.General)} - VERSION
    marks = ("is_clerk", "is_principal") if element in pupil else ("is_principal",)
    for mark in marks:
        found = [Owner(row.full_name, row.user or "") for row in states.staff_with(mark, doc.unit)]
        if found:
            return found
    return [Owner(_("the school"))]


def user_for(doc: Any, element: str | None) -> str | None:
    """The login that gets the task: the owner's, else the principal's, else an administrator's."""
    logins = [owner.user for owner in owners_of(doc, element) if owner.user]
    return next(iter([*logins, *officers.leading(doc.unit), *officers.administrators(doc.unit)]), None)


def _person(unit: str, citizen_id: str | None, name: str | None) -> Owner:
    where = {"unit": unit, "citizen_id": citizen_id or ""}
    columns = ["user", "from_date", "to_date"]
    rows = frappe.get_all("HBS Staff Member", where, columns, order_by="name")
    user = next((row.user for row in rows if row.user and duty.in_force(row)), "")
    return Owner(str(name or "–"), user)
