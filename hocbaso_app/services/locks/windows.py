"""HBS Lock Window: set, ended, pushed down from another site; read once per transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import frappe
from frappe import _
from frappe.utils import cint, get_datetime, now_datetime

from hocbaso_app.exceptions import EvidenceError, HbsError, NotYoursError
from hocbaso_app.services import audit, guarded
from hocbaso_app.services.locks import who
from hocbaso_app.services.locks.order import OPEN, RANK, SCHOOL, Window
from hocbaso_app.services.locks.who import Power

DOCTYPE, TARGET = "HBS Lock Window", "HBS Lock Window Unit"
IN_FORCE, ENDED = "Effective", "Ended"
PUSHED = (
    "unit",
    "academic_year",
    "grade",
    "kind",
    "from_time",
    "to_time",
    "reason",
    "notice_number",
    "set_by_name",
    "duty",
    "set_at",
    "status",
    "ended_by_name",
    "ended_at",
    "end_reason",
)
"""What a window says of itself to another site, besides its number and its units."""

CACHES = ("hbs_lock_windows", "hbs_lock_years", "hbs_lock_tickets", "hbs_lock_lines", "hbs_lock_closings")


def check(doc: Any) -> None:
    """What the controller asks at every save: by whom, for whom, and never changed afterwards except by a service."""
    if doc.flags.hbs_service:
        return
    if not doc.is_new():
        frappe.throw(_("A window is not changed. End it with a reason and set a new one."), EvidenceError)
    _sign(doc, who.require_at(doc.unit))
    _require_sound(doc)


def _sign(doc: Any, power: Power) -> None:
    doc.update({"set_by": power.user, "set_by_name": power.full_name, "duty": power.duty, "set_at": now_datetime()})
    doc.update({"status": IN_FORCE, "source_unit": None, "source_name": None})
    for name in ("ended_by", "ended_by_name", "ended_at", "end_reason", "end_request"):
        doc.set(name, None)
    if not doc.flags.hbs_request:
        doc.request = None


def _require_sound(doc: Any) -> None:
    if not (doc.reason or "").strip():
        frappe.throw(_("Say why, so that everybody who finds it closed can read it."), HbsError)
    if doc.kind == OPEN and not doc.to_time:
        frappe.throw(_("An open period needs its end."), HbsError)
    if doc.to_time and get_datetime(doc.to_time) <= get_datetime(doc.from_time):
        frappe.throw(_("“Until” lies before “From”."), HbsError)
    kind = frappe.db.get_value("HBS Unit", doc.unit, "kind")
    if kind != SCHOOL and not (doc.notice_number or "").strip():
        frappe.throw(_("Enter the number of the written notice or decision."), HbsError)
    for row in doc.targets:
        if doc.unit not in who.line_of(row.unit):
            frappe.throw(
                _("{0} does not belong to {1}.").format(who.name_of(row.unit), who.name_of(doc.unit)), HbsError
            )
        row.unit_name = who.name_of(row.unit)


def after_insert(doc: Any) -> None:
    """The trail, and no request of this transaction goes on with what it read before."""
    forget()
    facts: dict[str, Any] = {
        name: str(doc.get(name)) for name in ("kind", "academic_year", "grade", "from_time", "to_time", "reason")
    }
    facts |= {"units": [row.unit for row in doc.targets], "notice": doc.notice_number, "request": doc.request}
    audit.write("set lock window", DOCTYPE, doc.name, doc.unit, facts)


def make(power: Power, values: dict[str, Any], *, request: str | None = None) -> str:
    """A window set by a service for somebody whose right was checked; ``request``: what the principal asked for."""
    doc = frappe.get_doc({"doctype": DOCTYPE, "unit": power.unit, **values, "request": request})
    doc.flags.hbs_request = bool(request)
    _sign(doc, power)
    _require_sound(doc)
    doc.flags.hbs_service = True
    return str(doc.insert(ignore_permissions=True).name)


def end(name: str, reason: str) -> None:
    """Open again (or withdraw an open period): by who set it, or by a unit above."""
    doc = frappe.get_doc(DOCTYPE, name, for_update=True)
    doc.check_permission("read")
    power = who.power_at(frappe.session.user, doc.unit) or _higher(doc.unit)
    if power is None:
        frappe.throw(who.refusal(doc.unit), NotYoursError)
        raise AssertionError
    end_as(power, doc, reason)


def end_as(power: Power, doc: Any, reason: str, *, request: str | None = None) -> None:
    """The same by somebody whose right was checked."""
    if doc.source_unit:
        frappe.throw(_("This window was set by {0}; it is ended there.").format(who.name_of(doc.source_unit)), HbsError)
    if doc.status != IN_FORCE:
        frappe.throw(_("This window has ended already."), HbsError)
    if not (reason or "").strip():
        frappe.throw(_("Say why, so that it can be understood later."), HbsError)
    doc.update({"status": ENDED, "ended_by": power.user, "ended_by_name": power.full_name, "ended_at": now_datetime()})
    doc.update({"end_reason": reason, "end_request": request})
    _save(doc)
    audit.write("end lock window", DOCTYPE, doc.name, doc.unit, {"reason": reason, "request": request})


def _higher(unit: str) -> Power | None:
    power = who.best_over(frappe.session.user, unit)
    own = frappe.db.get_value("HBS Unit", unit, "kind")
    return power if power and RANK[power.level] < RANK[own] else None


def _save(doc: Any) -> None:
    forget()
    guarded.save(doc)


# ── between two sites ───────────────────────────────────────────────────────
def rows_for(unit: str) -> list[dict[str, Any]]:
    """Windows that a unit below must know: those of every unit above it, ended ones too, as plain data."""
    above = [u for u in who.line_of(unit) if u != unit]
    names = frappe.get_all(DOCTYPE, {"unit": ("in", above or [""])}, pluck="name", order_by="name")
    rows = []
    for name in names:
        doc = frappe.get_doc(DOCTYPE, name)
        targets = [row.unit for row in doc.targets]
        if not targets or set(targets) & set(who.line_of(unit)):
            values = {field: _plain(doc.get(field)) for field in PUSHED}
            rows.append({"name": doc.source_name or doc.name, **values, "targets": targets})
    return rows


def receive(rows: Sequence[dict[str, Any]], source_unit: str) -> dict[str, int]:
    """Windows pushed down by a unit above: new ones are written, ended ones ended; anything else of them stays.

    Only of ``source_unit`` or units above it, and only for units of this site that lie below.
    """
    counts = {"new": 0, "ended": 0, "same": 0, "foreign": 0}
    allowed = set(who.line_of(source_unit))
    for row in rows:
        if row.get("unit") not in allowed:
            counts["foreign"] += 1
            continue
        known = frappe.db.get_value(DOCTYPE, {"source_unit": source_unit, "source_name": row["name"]})
        if known is None:
            counts["new" if _insert_received(row, source_unit) else "foreign"] += 1
            continue
        doc = frappe.get_doc(DOCTYPE, known, for_update=True)
        if row.get("status") == ENDED and doc.status == IN_FORCE:
            doc.update({name: row.get(name) for name in ("status", "ended_by_name", "ended_at", "end_reason")})
            _save(doc)
            audit.write("lock window ended by its sender", DOCTYPE, doc.name, doc.unit, {"source": source_unit})
            counts["ended"] += 1
        else:
            counts["same"] += 1
    return counts


def _insert_received(row: dict[str, Any], source_unit: str) -> bool:
    wanted = list(row.get("targets") or [])
    targets = [unit for unit in wanted if row["unit"] in who.line_of(unit)]
    if (wanted and not targets) or not frappe.db.exists("Academic Year", row.get("academic_year")):
        return False
    doc = frappe.get_doc(
        {
            "doctype": DOCTYPE,
            **{name: row.get(name) for name in PUSHED},
            "targets": [{"unit": unit, "unit_name": who.name_of(unit)} for unit in targets],
            "source_unit": source_unit,
            "source_name": row["name"],
        }
    )
    doc.flags.hbs_service = True
    doc.insert(ignore_permissions=True)
    return True


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int | str) else str(value)


# ── reading ─────────────────────────────────────────────────────────────────
def of(unit: str, academic_year: str, grade: str | None) -> list[Window]:
    """Windows in force for records of a school, year and grade (None: those that hold for every grade)."""
    places = line(unit)
    found = []
    for row in _rows():
        fits = row.academic_year == academic_year and row.unit in places
        if fits and (not row.grade or row.grade == grade) and (not row.targets or set(row.targets) & places.keys()):
            moments = (get_datetime(row.from_time), get_datetime(row.to_time) if row.to_time else None)
            found.append(Window(row.name, places[row.unit], row.unit, row.kind, *moments, row.reason or ""))
    return found


def line(unit: str) -> dict[str, str]:
    """The unit and those above it → their kinds."""
    known: dict[str, dict[str, str]] = kept("hbs_lock_lines")
    if unit not in known:
        place = frappe.db.get_value("HBS Unit", unit, ["lft", "rgt"], as_dict=True) or frappe._dict(lft=0, rgt=0)
        above = {"lft": ("<=", cint(place.lft)), "rgt": (">=", cint(place.rgt))}
        rows = frappe.get_all("HBS Unit", above, ["name", "kind"], order_by="lft") if place.rgt else []
        known[unit] = {row.name: row.kind for row in rows}
    return known[unit]


def _rows() -> list[Any]:
    """Every window that has not ended; read once per transaction, so that a long job sees one set meanwhile."""
    known: dict[str, list[Any]] = kept("hbs_lock_windows")
    if "all" not in known:
        columns = ["name", "unit", "academic_year", "grade", "kind", "from_time", "to_time", "reason"]
        rows = frappe.get_all(DOCTYPE, {"status": IN_FORCE}, columns, order_by="name")
        targets: dict[str, list[str]] = {}
        for target in frappe.get_all(TARGET, {"parenttype": DOCTYPE}, ["parent", "unit"], order_by="idx"):
            targets.setdefault(target.parent, []).append(target.unit)
        for row in rows:
            row.targets = targets.get(row.name, [])
        known["all"] = rows
    return known["all"]


def kept(name: str) -> dict[Any, Any]:
    """A dictionary that lives as long as the transaction."""
    found = getattr(frappe.local, name, None)
    if found is None:
        found = {}
        setattr(frappe.local, name, found)
        for moment in (frappe.db.after_commit, frappe.db.after_rollback):
            moment.add(forget)
    return found


def forget(*_args: Any) -> None:
    """After a change of windows, tickets, year locks or units."""
    for name in CACHES:
        setattr(frappe.local, name, None)
