"""A report is made: counted, written down with one spelling, hashed, sealed where the unit has a key here."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from typing import Any
from uuid import uuid4

import frappe
from frappe import _
from frappe.utils import add_to_date, format_datetime, get_datetime, now_datetime

from hocbaso_app.exceptions import HbsError, NotYoursError
from hocbaso_app.exchange.bulletin import canonical
from hocbaso_app.services import audit, own_key, states
from hocbaso_app.services.frozen import figures
from hocbaso_app.services.frozen.figures import Asked
from hocbaso_app.setup import roles

DOCTYPE, WINDOW = "HBS Frozen Report", "HBS Lock Window"
SEAL_KIND = "frozen-report"
HERE, REPORTED = "This site", "Report of the school"
LOOK_BACK = 7
"""Days: a window that closed while the site stood still is made good."""

MAKERS = frozenset({roles.PRINCIPAL, roles.OFFICE_OFFICER, roles.DEPARTMENT_OFFICER})


def make(unit: str, kind: str, academic_year: str, as_of: Any = None) -> str:
    """On demand, by somebody who leads the unit or a unit above; ``as_of``: a past moment, not for the progress."""
    _require_maker(unit)
    now = now_datetime().replace(microsecond=0)
    moment = get_datetime(as_of).replace(microsecond=0) if as_of else now
    if kind not in figures.COUNTED:
        frappe.throw(_("There is no such report."), HbsError)
    if moment > now:
        frappe.throw(_("A report speaks of what was, not of what will be. Choose a moment that has passed."), HbsError)
    if kind == figures.PROGRESS and moment < now:
        frappe.throw(
            _("Progress is counted as it is now. For a past day choose “Released records” or “Reception”."), HbsError
        )
    return freeze(kind, Asked(unit, academic_year, moment))


def _require_maker(unit: str) -> None:
    frappe.get_doc("HBS Unit", unit).check_permission("read")
    if frappe.session.user == "Administrator":
        return
    if not MAKERS & set(frappe.get_roles()):
        frappe.throw(_("The principal or an officer makes reports."), NotYoursError)


def freeze(kind: str, asked: Asked, *, window: str | None = None, key: str | None = None) -> str:
    """Count, keep, seal; ``key`` makes it once only."""
    counted = canonical(figures.of(kind, asked)).decode()
    doc = frappe.new_doc(DOCTYPE)
    doc.update({"uid": str(uuid4()), "unit": asked.unit, "kind": kind, "academic_year": asked.academic_year})
    doc.update({"as_of": asked.as_of, "figures": counted, "source": HERE, "window": window})
    doc.sha256 = hashlib.sha256(counted.encode()).hexdigest()
    doc.made_at = now_datetime().replace(microsecond=0)
    doc.made_by = frappe.utils.get_fullname(frappe.session.user)[:150]
    doc.report_key = key or doc.uid
    doc.title = title_of(kind, asked)
    _seal(doc)
    doc.flags.hbs_service = True
    doc.insert(ignore_permissions=True)
    facts = {"kind": kind, "as_of": str(asked.as_of), "sha256": doc.sha256, "window": window}
    audit.write("freeze report", DOCTYPE, doc.name, asked.unit, facts)
    return str(doc.name)


def title_of(kind: str, asked: Asked) -> str:
    """As it stands in lists."""
    with states.in_vietnamese():
        name = frappe.db.get_value("HBS Unit", asked.unit, "unit_name")
        moment = format_datetime(asked.as_of, "HH:mm d/M/yyyy")
        return str(_("{0}, {1}, as of {2}").format(_(kind), name, moment))[:200]


def claims_of(doc: Any) -> dict[str, Any]:
    """What a seal speaks of."""
    return {"uid": doc.uid, "unit": doc.unit, "kind": doc.kind, "sha256": doc.sha256}


def _seal(doc: Any) -> None:
    from hocbaso_app.signing.cose import seal
    from hocbaso_app.signing.identity import common_name

    key = own_key.of(doc.unit)
    if key is not None:
        doc.seal = base64.b64encode(seal(claims_of(doc), key, kind=SEAL_KIND)).decode()
        doc.sealed_by = common_name(key.certificate)[:200]


def make_due() -> list[str]:
    """Windows that have closed: the report of the unit that set them (on its own site) and of every school here."""
    now = now_datetime().replace(microsecond=0)
    made = []
    for window in _closed_windows(now):
        setter = [] if window.source_unit else [window.unit]
        for unit in dict.fromkeys([*setter, *_schools_of(window)]):
            key = f"{unit}:{window.name}:{figures.PROGRESS}"[:140]
            if not frappe.db.exists(DOCTYPE, {"report_key": key}):
                asked = Asked(unit, window.school_year, now, window.grade or "")
                made.append(freeze(figures.PROGRESS, asked, window=window.name, key=key))
    return made


def _closed_windows(now: datetime) -> list[Any]:
    columns = ["name", "unit", "kind", "academic_year", "grade", "from_time", "to_time", "status", "ended_at"]
    columns.append("source_unit")
    since = add_to_date(now, days=-LOOK_BACK)
    found = []
    for row in frappe.get_all(WINDOW, {"to_time": (">=", since)}, columns, order_by="name") + frappe.get_all(
        WINDOW, {"to_time": ("is", "not set")}, columns, order_by="name"
    ):
        closing = row.from_time if row.kind == "Closed period" else row.to_time
        ended = row.status == "Ended" and row.ended_at and row.ended_at < closing
        if since <= closing <= now and not ended:
            row.school_year = _school_year(row.academic_year)
            found.append(row)
    return found


def _school_year(academic_year: str) -> str:
    """The year as records name it."""
    found = frappe.db.get_value("HBS Record", {"academic_year": academic_year}, "school_year", order_by="name")
    return str(found or academic_year)[:9]


def _schools_of(window: Any) -> list[str]:
    """Schools whose records lie here and that the window closes, besides the one that set it."""
    place = frappe.db.get_value("HBS Unit", window.unit, ["lft", "rgt"], as_dict=True)
    targets = frappe.get_all("HBS Lock Window Unit", {"parent": window.name}, pluck="unit", order_by="idx")
    spans = frappe.get_all("HBS Unit", {"name": ("in", targets or [window.unit])}, ["lft", "rgt"], order_by="lft")
    where = {"lft": (">", place.lft), "rgt": ("<", place.rgt), "kind": "School"}
    rows = frappe.get_all("HBS Unit", where, ["name", "lft", "rgt"], order_by="lft")
    inside = [row.name for row in rows if any(s.lft <= row.lft and row.rgt <= s.rgt for s in spans)]
    here = {"unit": ("in", inside or [""]), "academic_year": window.academic_year}
    return list(frappe.get_all("HBS Record", here, pluck="unit", distinct=True, order_by="unit"))
