"""Who signs in another's place: only by decision, within its days, with both names in the file (QĐ Điều 9).

A teacher's deputy has an assignment that names whom he stands in for; the school manager's deputy a staff entry that
does. Both are checked when they are entered and again before each signature, since rows can be changed past a form.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import formatdate, getdate

from hocbaso_app.exceptions import HbsError, NotYoursError

if TYPE_CHECKING:
    from hocbaso_app.record.document import Document
    from hocbaso_app.record.model import Substitution
    from hocbaso_app.signing.slots import Slot

STAFF = "HBS Staff Member"


def manages(staff: Any) -> bool:
    """Whether a staff entry's mark as school manager counts today: a deputy's only by decision and in its days."""
    if not staff.is_principal:
        return False
    if not staff.get("replaces"):
        return True
    if not (staff.decision_number and staff.replaces_from and staff.replaces_to):
        return False
    return bool(getdate(staff.replaces_from) <= getdate() <= getdate(staff.replaces_to))


def check_assignment(doc: Any) -> None:
    """``validate`` of a teaching assignment that stands in for somebody."""
    if not doc.replaces:
        doc.decision_number = None
        return
    if not (doc.decision_number or "").strip():
        frappe.throw(_("Standing in for somebody needs the number of the decision (Article 9)."), HbsError)
    if not doc.to_date:
        frappe.throw(_("A decision to stand in for somebody has a last day. Enter it."), HbsError)
    _check_pair(doc.staff, doc.replaces, doc.unit)


def check_manager(doc: Any) -> None:
    """``validate`` of a staff entry: one school manager on any day, and a deputy only by decision with its days."""
    from hocbaso_app.hocbaso_app.doctype.hbs_staff_member.hbs_staff_member import overlaps

    if not doc.is_principal or not doc.get("replaces"):
        doc.replaces = doc.decision_number = doc.replaces_from = doc.replaces_to = None
    if doc.get("replaces"):
        if not ((doc.decision_number or "").strip() and doc.replaces_from and doc.replaces_to):
            frappe.throw(
                _("Enter the decision and its first and last day for the deputy of the school manager."), HbsError
            )
        if getdate(doc.replaces_to) < getdate(doc.replaces_from):
            frappe.throw(_("“Until” lies before “From”."), HbsError)
        _check_pair(doc.name, doc.replaces, doc.unit)
        return
    if not doc.is_principal:
        return
    where = {"unit": doc.unit, "is_principal": 1, "replaces": ("is", "not set"), "name": ("!=", doc.name or "")}
    for other in frappe.get_all(STAFF, where, ["full_name", "from_date", "to_date"], order_by="name"):
        if overlaps(doc, other):
            frappe.throw(
                _(
                    "{0} signs as school manager at that time. End that entry, or enter here whom this person stands in"
                    " for, with the decision and its days."
                ).format(other.full_name),
                HbsError,
            )


def _check_pair(deputy: str | None, absent: str, unit: str) -> None:
    row = frappe.db.get_value(STAFF, absent, ["unit", "citizen_id", "full_name"], as_dict=True)
    if row is None or row.unit != unit:
        frappe.throw(_("The person stood in for does not work at this unit."), HbsError)
    own = frappe.db.get_value(STAFF, deputy, "citizen_id") if deputy else None
    if deputy == absent or (own and own == row.citizen_id):
        frappe.throw(_("Nobody stands in for himself."), HbsError)


def require_decision(document: Document, slots: Iterable[Slot], staff: Any, student_group: str) -> None:
    """Before signing: what the file says of a deputy holds today, and a deputy of today stands in the file as one."""
    from hocbaso_app.signing.slots import Stage

    for slot in slots:
        if slot.stage is not Stage.RELEASE:
            sentence = _objection(slot.signer_name, _of_slot(document, slot), _held_by(staff, student_group, slot))
            if sentence:
                frappe.throw(sentence, NotYoursError)


def _held_by(staff: Any, student_group: str, slot: Slot) -> Held | None:
    """Asked once per class and subject while ``staff`` is at hand."""
    from hocbaso_app.signing.slots import Stage

    known, key = staff.setdefault("stands_in", {}), (student_group, slot.stage, slot.subject_code)
    if key not in known:
        manager = slot.stage is Stage.MANAGER
        known[key] = _of_manager(staff) if manager else _of_assignment(staff, student_group, slot)
    found: Held | None = known[key]
    return found


def _objection(signer: str, said: Substitution | None, held: Held | None) -> str | None:
    if held is None or not held.decision:
        absent = said.absent_name if said else held.absent if held else None
        text = _("{0} signs here for {1}, but no decision in force today says so. Ask the school's administrator.")
        return text.format(signer, absent) if absent else None
    if said is None or (said.absent_name, said.decision_number) != (held.absent, held.decision):
        text = _(
            "The file does not name decision {0}, by which {1} signs for {2}. Have the assignment entered again, then"
            " sign."
        )
        return text.format(held.decision, signer, held.absent)
    if said.from_date <= str(getdate()) <= said.to_date:
        return None
    days = [formatdate(day, "d/M/yyyy") for day in (said.from_date, said.to_date)]
    text = _("Decision {0} lets {1} sign for {2} from {3} to {4} only.")
    return text.format(said.decision_number, signer, said.absent_name, *days)


@dataclass(frozen=True)
class Held:
    """Whom a row of today lets somebody stand in for, and by which decision."""

    absent: str
    decision: str | None


def _of_slot(document: Document, slot: Slot) -> Substitution | None:
    from hocbaso_app.signing.slots import Stage

    record = document.record
    if slot.stage is Stage.HOMEROOM:
        return record.general.homeroom_substitution
    if slot.stage is Stage.MANAGER:
        return record.general.principal_substitution
    return next((s.substitution for s in record.subjects if s.subject_code == slot.subject_code), None)


def _of_manager(staff: Any) -> Held | None:
    return _held(frappe.db.get_value(STAFF, staff.name, ["replaces", "decision_number"], as_dict=True))


def _of_assignment(staff: Any, student_group: str, slot: Slot) -> Held | None:
    from hocbaso_app.services import duty

    kind = {"kind": "Subject", "subject": slot.subject_code} if slot.subject_code else {"kind": "Homeroom"}
    where = {"staff": staff.name, "student_group": student_group, **kind}
    columns = ["replaces", "decision_number", "from_date", "to_date"]
    rows = frappe.get_all("HBS Teaching Assignment", where, columns, order_by="name")
    return _held(next((row for row in rows if duty.in_force(row)), None))


def _held(row: Any) -> Held | None:
    if not row or not row.replaces:
        return None
    return Held(frappe.db.get_value(STAFF, row.replaces, "full_name"), row.decision_number)
