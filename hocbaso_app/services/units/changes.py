"""Renamed, moved, merged, ended: on a day and by decision. What was before stays under the old unit and name."""

from __future__ import annotations

from datetime import date
from typing import Any

import frappe
from frappe import _
from frappe.utils import add_days, cint, formatdate, getdate

from hocbaso_app.exceptions import NotYoursError, StepOrderError
from hocbaso_app.hocbaso_app.doctype.hbs_unit.hbs_unit import RANK
from hocbaso_app.permissions import scope
from hocbaso_app.services import audit
from hocbaso_app.services.units import follow, history
from hocbaso_app.setup import roles

DOCTYPE = "HBS Unit"


def rename(unit: str, new_name: str, on: Any, decision: str) -> None:
    """Another name from the day on; records of before keep the old one."""
    doc, day = _open(unit, on, decision)
    name = " ".join((new_name or "").split())
    if not name or name == doc.names[-1].unit_name:
        frappe.throw(_("Enter the new name."), StepOrderError)
    old = doc.names[-1].unit_name
    doc.append("names", history.split(doc.names, day, {"unit_name": name}, decision))
    _save(doc, "unit renamed", day, decision, {"before": old, "after": name})


def move(unit: str, parent: str, on: Any, decision: str) -> None:
    """Below another unit from the day on."""
    doc, day = _open(unit, on, decision)
    above = _running(parent, day)
    if RANK[above.kind] >= RANK[doc.kind]:
        frappe.throw(_("A unit belongs to one of a higher kind: school to office or department."), StepOrderError)
    _place(doc, parent, day, decision)


def end(unit: str, on: Any, decision: str) -> None:
    """Not in being from the day on, without a successor; its records stay readable for those above."""
    doc, day = _open(unit, on, decision)
    still = _placed_below(unit, day)
    if still:
        frappe.throw(
            _("{0} units stand below {1} on that day. Move them first, or merge it into another unit.").format(
                len(still), doc.unit_name
            ),
            StepOrderError,
        )
    _end(doc, day, decision, None, "unit ended")


def merge(unit: str, into: str, on: Any, decision: str, take_staff: bool | int | str = True) -> list[str]:
    """``unit`` goes into ``into`` on the day: what is below it moves along, its people too; gives the moved units.

    An office may go into another office or, where the middle tier ends, into the department.
    """
    doc, day = _open(unit, on, decision)
    target = _running(into, day)
    if into == unit or RANK[target.kind] > RANK[doc.kind] or (doc.kind == "School" and target.kind != "School"):
        frappe.throw(_("A unit is merged into another one of its kind, an office also into the department."))
    moved = _placed_below(unit, day)
    for name in moved:
        _place(frappe.get_doc(DOCTYPE, name, for_update=True), into, day, decision)
    people = _take_staff(unit, into, day) if cint(take_staff) else []
    _end(doc, day, decision, into, "unit merged", {"moved": moved, "staff": people})
    return moved


def preview(action: str, unit: str, on: Any, into: str | None = None) -> list[str]:
    """What a change means, in sentences, before anybody confirms it."""
    _require_department(unit)
    day, doc = getdate(on), frappe.get_doc(DOCTYPE, unit)
    shown = formatdate(day, "d/M/yyyy")
    says = [
        _("Records released before {0} stay under “{1}”; from that day on they count for the new one.").format(
            shown, history.name_on(unit, add_days(day, -1))
        )
    ]
    units = [unit]
    if action in ("merge", "end"):
        moved = _placed_below(unit, day)
        units += moved
        if moved and action == "merge":
            says.append(_("{0} units below it move along.").format(len(moved)))
        if moved and action == "end":
            says.append(_("{0} units stand below it: move them first.").format(len(moved)))
        says.append(_("From {0} on its people see nothing here; the successor sees its records.").format(shown))
        says.append(_("Dates and windows that it set no longer count from then on: the successor sets its own."))
    if frappe.db.get_single_value("HBS Receiving Settings", "unit") == unit and action in ("merge", "end"):
        says.append(_("It receives records on this site: name the successor and its seal in HBS Receiving Settings."))
    started = _unfinished(units)
    if started:
        says.append(_("{0} records below it are not released yet; they go on as they are.").format(started))
    if action in ("rename", "merge") and _seals(unit):
        says.append(
            _("{0} certificates of the seal carry the old name. Order new ones and have them approved in time.").format(
                _seals(unit)
            )
        )
    if doc.kind == "School" and action == "rename":
        says.append(_("Records that are initialised keep the old name; return them if the new one is to stand there."))
    return says


def _open(unit: str, on: Any, decision: str) -> tuple[Any, date]:
    _require_department(unit)
    if not (decision or "").strip():
        frappe.throw(_("Enter the number of the decision."), StepOrderError)
    if not on:
        frappe.throw(_("Enter the day from which it holds."), StepOrderError)
    doc, day = frappe.get_doc(DOCTYPE, unit, for_update=True), getdate(on)
    if doc.valid_to:
        frappe.throw(
            _("{0} has ended already, on {1}.").format(doc.unit_name, formatdate(doc.valid_to, "d/M/yyyy")),
            StepOrderError,
        )
    if day <= getdate(doc.valid_from):
        frappe.throw(
            _("The day must lie after {0}, when the unit began.").format(formatdate(doc.valid_from, "d/M/yyyy")),
            StepOrderError,
        )
    follow.complete(doc)
    return doc, day


def _require_department(unit: str) -> None:
    """The department's officer, for units of his tree; the administrator while a site is set up."""
    if frappe.session.user == "Administrator":
        return
    known = scope.scope_of()
    if roles.DEPARTMENT_OFFICER not in frappe.get_roles() or not known.sees(DOCTYPE, unit, None):
        frappe.throw(_("Only the department changes units, by decision. Ask it to enter the change."), NotYoursError)


def _running(unit: str, day: date) -> Any:
    """The unit that takes over: in the same tree, in being on the day."""
    _require_department(unit)
    columns = ["name", "kind", "unit_name", "valid_from", "valid_to", "whole_area"]
    row = frappe.db.get_value(DOCTYPE, unit, columns, as_dict=True)
    if row is None:
        frappe.throw(_("Choose the unit."), frappe.DoesNotExistError)
    if row.whole_area:
        frappe.throw(_("No unit stands below a specialised office of the department."), StepOrderError)
    if getdate(row.valid_from) > day or history.ended(row, day):
        frappe.throw(
            _("{0} is not in being on {1}. Enter the new unit first, with that day as its first.").format(
                row.unit_name, formatdate(day, "d/M/yyyy")
            ),
            StepOrderError,
        )
    return row


def _placed_below(unit: str, day: date) -> list[str]:
    """Units that stand directly below on the day or later, the ended ones left out."""
    placement, table = frappe.qb.DocType("HBS Unit Placement"), frappe.qb.DocType(DOCTYPE)
    query = frappe.qb.from_(placement).join(table).on(placement.parent == table.name).select(table.name).distinct()
    query = query.where(placement.parent_unit == unit).where(table.valid_to.isnull() | (table.valid_to >= day))
    query = query.where(placement.to_date.isnull() | (placement.to_date >= day)).orderby(table.name)
    return [row[0] for row in query.run()]


def _place(doc: Any, parent: str, day: date, decision: str) -> None:
    follow.complete(doc)
    before = doc.placements[-1].parent_unit
    if before == parent:
        frappe.throw(_("{0} stands there already.").format(doc.unit_name), StepOrderError)
    doc.append("placements", history.split(doc.placements, day, {"parent_unit": parent}, decision))
    _save(doc, "unit moved", day, decision, {"before": before, "after": parent})


def _end(
    doc: Any, day: date, decision: str, successor: str | None, action: str, details: dict[str, Any] | None = None
) -> None:
    doc.valid_to, doc.successor, doc.end_decision = add_days(day, -1), successor, decision
    _save(doc, action, day, decision, {"successor": successor, **(details or {})})


def _save(doc: Any, action: str, day: date, decision: str, details: dict[str, Any]) -> None:
    follow.apply(doc)
    audit.write(action, DOCTYPE, doc.name, doc.name, {"from": str(day), "decision": decision.strip(), **details})


def _take_staff(unit: str, into: str, day: date) -> list[str]:
    """Entries of people in service end the day before; each continues at the successor, without the head's mark."""
    taken = []
    for name in frappe.get_all("HBS Staff Member", {"unit": unit}, pluck="name", order_by="name"):
        doc = frappe.get_doc("HBS Staff Member", name, for_update=True)
        if doc.to_date and getdate(doc.to_date) < day:
            continue
        if not frappe.db.exists("HBS Staff Member", {"citizen_id": doc.citizen_id, "unit": into}):
            following = frappe.copy_doc(doc)
            following.update({"unit": into, "from_date": max(day, getdate(doc.from_date)), "is_head": 0})
            following.insert(ignore_permissions=True)
        if getdate(doc.from_date) < day:
            doc.to_date = add_days(day, -1)
            doc.save(ignore_permissions=True)
        taken.append(name)
    return taken


def _unfinished(units: list[str]) -> int:
    from hocbaso_app.services import states

    open_states = [state for state in states.ALL if state not in states.AFTER_RELEASE]
    return int(frappe.db.count("HBS Record", {"unit": ("in", units), "state": ("in", open_states)}))


def _seals(unit: str) -> int:
    return int(frappe.db.count("HBS Certificate", {"unit": unit, "holder_kind": "Unit", "status": "Approved"}))


def children(parent: str) -> list[dict[str, Any]]:
    """Units directly below one in today's tree; without one, those that stand highest in what the user may read."""
    rows = frappe.get_list(
        DOCTYPE,
        fields=["name", "unit_name", "kind", "parent_hbs_unit", "valid_to"],
        order_by="kind, unit_name",
        limit_page_length=0,
    )
    known = {row.name for row in rows}
    return [
        {"value": row.name, "title": _label(row), "expandable": int(row.kind != "School")}
        for row in rows
        if (row.parent_hbs_unit == parent if parent else row.parent_hbs_unit not in known)
    ]


def _label(row: Any) -> str:
    if not history.ended(row):
        return str(row.unit_name)
    return _("{0} (until {1})").format(row.unit_name, formatdate(row.valid_to, "d/M/yyyy"))
