"""Whose certificates somebody may enrol and try: his own, and the seal of the unit whose seal he keeps."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _

from hocbaso_app.exceptions import NotYoursError
from hocbaso_app.services import duty, own_hands

CERTIFICATE = "HBS Certificate"
PERSON, UNIT = "Person", "Unit"


def entries(user: str) -> list[Any]:
    """The user's staff entries in force today, with ``keeps_seal``."""
    columns = ["name", "unit", "full_name", "citizen_id", "is_clerk", "is_principal", "from_date", "to_date"]
    rows = frappe.get_all("HBS Staff Member", {"user": user}, columns, order_by="name")
    held = [row for row in rows if duty.in_force(row)]
    for row in held:
        row.keeps_seal = bool(row.is_clerk) and duty.may(row, "release")
    return held


def require_holder(holder_kind: str, unit: str) -> Any:
    """The user's staff entry at the unit, by which he enrols and tries a certificate of this kind there."""
    own_hands.require_own_session()
    held: Any = next((row for row in entries(frappe.session.user) if row.unit == unit), None)
    if held is None:
        frappe.throw(_("You are not on this school's staff today."), NotYoursError)
    if holder_kind == UNIT and not held.keeps_seal:
        frappe.throw(_("Only who keeps the seal enrols the school's certificate."), NotYoursError)
    return held


def own(name: str, *, for_update: bool = False) -> Any:
    """A certificate of the user's, or of the unit whose seal he keeps; nobody tries another one's."""
    doc = frappe.get_doc(CERTIFICATE, name, for_update=for_update)
    held = require_holder(doc.holder_kind, doc.unit)
    if doc.holder_kind == PERSON and doc.staff != held.name:
        frappe.throw(_("Only the person himself enrols and tries his certificate."), NotYoursError)
    return doc


def of_user(user: str) -> list[Any]:
    """Certificates of the user and of the seals he keeps, the newest first."""
    held = entries(user)
    own_ones = {"holder_kind": PERSON, "staff": ("in", [row.name for row in held] or [""])}
    seals = {"holder_kind": UNIT, "unit": ("in", [row.unit for row in held if row.keeps_seal] or [""])}
    columns = ["name", "holder_kind", "unit", "staff", "status", "common_name", "issuer", "key_source", "service"]
    columns += ["credential", "valid_from", "valid_to", "tested_at", "replaces", "refused_reason"]
    return [
        row
        for where in (own_ones, seals)
        for row in frappe.get_all(CERTIFICATE, where, columns, order_by="creation desc, name")
    ]
