"""A school's score and the schools beside each other: computed now for one, as of last night for many."""

from __future__ import annotations

import json
from typing import Any

import frappe
from frappe import _
from frappe.utils import now_datetime

from hocbaso_app.exceptions import NotYoursError
from hocbaso_app.permissions.scope import scope_of
from hocbaso_app.services.quality import pupils, school
from hocbaso_app.services.quality.faults import AREAS, Sheet, labels
from hocbaso_app.services.units import history

DOCTYPE = "HBS Unit Quality"
LIVE = 5
"""So many schools are computed while somebody waits; more are shown as of last night."""


def sheet_of(unit: str, academic_year: str) -> Sheet:
    """All checks of one school; asks nobody."""
    sheet = Sheet()
    school.check(sheet, frappe.get_doc("HBS Unit", unit))
    pupils.check(sheet, unit, academic_year)
    return sheet


def of_school(unit: str, academic_year: str, user: str | None = None) -> Sheet:
    """The same for a person who sees the school and its records."""
    frappe.has_permission("HBS Record", "read", user=user, throw=True)
    known = scope_of(user)
    if not known.sees("HBS Unit Quality", unit, None):
        frappe.throw(_("This is not your school."), NotYoursError)
    return sheet_of(unit, academic_year)


def explain(sheet: Sheet) -> str:
    """How the score comes about, in one sentence."""
    if sheet.score is None:
        return _("Nothing to check yet.")
    parts = [
        _("{0}: {1} faults in {2} checks").format(labels()[area], row["faults"], row["checks"])
        for area, row in sheet.by_area().items()
        if row["checks"]
    ]
    head = _("Score {0}: so many per cent of {1} checks found no fault.").format(_decimal(sheet.score), sheet.made)
    return f"{head} {'; '.join(parts)}."


def _decimal(number: float) -> str:
    return f"{number:.1f}".replace(".", ",")


def schools(user: str, academic_year: str) -> list[dict[str, Any]]:
    """One row per school of the user's area, the lowest score first."""
    frappe.has_permission("HBS Record", "read", user=user, throw=True)
    known = scope_of(user)
    where: dict[str, Any] = {"kind": "School"}
    if not known.everything:
        where["name"] = ("in", sorted(known.units) or [""])
    units = frappe.get_all(
        "HBS Unit", where, ["name", "unit_name", "parent_hbs_unit", "valid_to"], order_by="unit_name"
    )
    units = [row for row in units if not history.ended(row)]
    kept = _kept([row.name for row in units], academic_year)
    for row in units if len(units) <= LIVE else ():
        kept[row.name] = _row(sheet_of(row.name, academic_year))
    above = dict(frappe.get_all("HBS Unit", fields=["name", "unit_name"], order_by="lft", as_list=True))
    found = [
        {
            "unit": row.name,
            "school": row.unit_name,
            "above": above.get(row.parent_hbs_unit, ""),
            **(kept.get(row.name) or {"score": None, "checks": None, "faults": None, "as_of": None}),
        }
        for row in units
    ]
    return sorted(found, key=lambda row: (row["score"] is None, row["score"] or 0, row["school"]))


def _row(sheet: Sheet) -> dict[str, Any]:
    return {
        "score": sheet.score,
        "checks": sheet.made,
        "faults": len(sheet.faults),
        "as_of": now_datetime(),
        **_columns(sheet.by_area()),
    }


def _columns(by_area: dict[str, dict[str, int]]) -> dict[str, int]:
    return {f"in_{area.lower()}": by_area.get(area, {}).get("faults", 0) for area in AREAS}


def _kept(units: list[str], academic_year: str) -> dict[str, dict[str, Any]]:
    rows = frappe.get_all(
        DOCTYPE,
        {"unit": ("in", units or [""]), "academic_year": academic_year},
        ["unit", "score", "checks", "faults", "by_area", "as_of"],
        order_by="unit",
    )
    found = {}
    for row in rows:
        found[row.unit] = {
            "score": row.score if row.checks else None,
            "checks": row.checks,
            "faults": row.faults,
            "as_of": row.as_of,
            **_columns(json.loads(row.by_area or "{}")),
        }
    return found


def keep(unit: str, academic_year: str) -> Sheet:
    """Compute a school's score and write it down in place of the last one."""
    sheet = sheet_of(unit, academic_year)
    key = {"unit": unit, "academic_year": academic_year}
    name = frappe.db.get_value(DOCTYPE, key)
    doc = frappe.get_doc(DOCTYPE, name) if name else frappe.new_doc(DOCTYPE)
    doc.update({**key, "score": sheet.score or 0, "checks": sheet.made, "faults": len(sheet.faults)})
    doc.update({"by_area": json.dumps(sheet.by_area()), "as_of": now_datetime()})
    doc.flags.hbs_service = True
    doc.save(ignore_permissions=True)
    return sheet


def schools_on_this_site() -> list[tuple[str, str]]:
    """School and school year of everything that is taught or recorded here now."""
    year = frappe.db.get_value("Academic Year", {}, "name", order_by="year_start_date desc")
    found: set[tuple[str, str]] = set()
    for doctype in ("HBS Teaching Assignment", "HBS Record"):
        rows = frappe.get_all(
            doctype, {"academic_year": year or ""}, ["unit", "academic_year"], distinct=True, order_by="unit"
        )
        found |= {(row.unit, row.academic_year) for row in rows if row.unit}
    return sorted(found)
