"""HBS Inspection: a decision opens the records of named schools to named people for some days, for reading only."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.utils import getdate, now_datetime

from hocbaso_app.exceptions import EvidenceError, HbsError
from hocbaso_app.permissions import scope
from hocbaso_app.services import audit, duty
from hocbaso_app.services.notices import recipients
from hocbaso_app.setup import roles

DOCTYPE = "HBS Inspection"
INSPECTORS = frozenset({roles.AUDITOR, roles.OFFICE_OFFICER, roles.DEPARTMENT_OFFICER})


def check(doc: Any) -> None:
    """Asked at every save by hand: one's own unit decides about schools below it; in force, it is not changed."""
    if doc.flags.hbs_service:
        return
    before = doc.get_doc_before_save()
    if before and (getdate(before.from_date) <= getdate() or before.ended_at):
        frappe.throw(_("This decision is in force; it is not changed. End it and enter the new one."), EvidenceError)
    doc.ended_at = doc.ended_by = None
    require_own(doc.unit)
    if getdate(doc.to_date) < getdate(doc.from_date):
        frappe.throw(_("“Until” lies before “From”."), HbsError)
    _check_units(doc)
    _check_inspectors(doc)


def require_own(unit: str) -> None:
    """Somebody decides in the name of the unit he serves."""
    if frappe.session.user != "Administrator":
        duty.staff_of(frappe.session.user, unit)


def _check_units(doc: Any) -> None:
    own = frappe.db.get_value("HBS Unit", doc.unit, ["kind", "lft", "rgt"], as_dict=True)
    if own.kind == "School":
        frappe.throw(_("An inspection is decided by an office or the department."), HbsError)
    for row in doc.units:
        place = frappe.db.get_value("HBS Unit", row.unit, ["kind", "lft", "rgt", "unit_name"], as_dict=True)
        if place.kind != "School" or not own.lft < place.lft or not place.rgt < own.rgt:
            frappe.throw(_("{0} is not a school below the unit that decides.").format(place.unit_name), HbsError)


def _check_inspectors(doc: Any) -> None:
    for row in doc.inspectors:
        if not INSPECTORS & set(frappe.get_roles(row.user)):
            frappe.throw(_("{0} is neither an auditor nor an officer.").format(row.full_name or row.user), HbsError)


def end(name: str) -> None:
    """Before its last day: from now on the inspectors see nothing more."""
    doc = frappe.get_doc(DOCTYPE, name, for_update=True)
    doc.check_permission("write")
    require_own(doc.unit)
    if doc.ended_at or getdate(doc.to_date) < getdate():
        frappe.throw(_("This inspection is over already."), HbsError)
    doc.ended_at, doc.ended_by = now_datetime(), recipients.name_of(frappe.session.user)
    doc.flags.hbs_service = True
    doc.save()
    audit.write("end inspection", DOCTYPE, name, doc.unit, {"by": doc.ended_by})
    scope.forget_scopes()


def after_save(doc: Any) -> None:
    """What was decided stands in the trail."""
    facts = {"decision": doc.decision_number, "from": str(doc.from_date), "to": str(doc.to_date), "reason": doc.reason}
    facts |= {"inspectors": [row.user for row in doc.inspectors], "units": [row.unit for row in doc.units]}
    audit.write("decide inspection", DOCTYPE, doc.name, doc.unit, facts)
    scope.forget_scopes()


def in_force(user: str, unit: str) -> Any:
    """The decision by which somebody inspects a school today; None without one."""
    found = [row for row in scope.inspections_of(user) if row.unit == unit]
    return found[0] if found else None


def readings(name: str) -> list[dict[str, Any]]:
    """What was read under a decision, newest first, for whoever may read it."""
    doc = frappe.get_doc(DOCTYPE, name)
    doc.check_permission("read")
    columns = ["at", "user", "action", "channel", "record", "received_record", "unit", "purpose"]
    found = frappe.get_all(
        "HBS Access Log", {"inspection": name}, columns, order_by="at desc, name desc", limit=MOST_SHOWN
    )
    names = {row.user: frappe.utils.get_fullname(row.user) for row in found}
    return [{**row, "full_name": names[row.user]} for row in found]


MOST_SHOWN = 500
