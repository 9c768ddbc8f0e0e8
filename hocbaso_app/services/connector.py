"""The school's connection to the city database: address, account, key that signs the lists; off until switched on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import getdate, now_datetime

from hocbaso_app.exceptions import HbsError, NotYoursError
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.services import duty

if TYPE_CHECKING:
    from hocbaso_app.exchange.client import PortalClient
    from hocbaso_app.signing.keys import KeySource

REGULATION_ADDRESS = "http://csdl.haiphong.edu.vn"
"""QĐ Điều 2.k2; another one counts from the day that a written notice names."""

ACCOUNT = "HBS Portal Account"
TIMEOUTS = (5.0, 60.0)
"""Seconds to connect and to wait for an answer."""


def is_on() -> bool:
    """Whether records are sent at all."""
    return bool(frappe.db.get_single_value("HBS Settings", "connector_enabled"))


def address(settings: Any = None) -> str:
    """The address in force today."""
    settings = settings or frappe.get_single("HBS Settings")
    begins = settings.address_from
    if begins and getdate(begins) > getdate():
        return str(settings.address_before or REGULATION_ADDRESS)
    return str(settings.portal_address or REGULATION_ADDRESS)


def client(unit: str, school_year: str, at: str | None = None, *, guarded: bool = True) -> PortalClient:
    """Opened with the school's own account; ``at`` another address than the one in force.

    ``guarded``: outages, the circuit and the pace hold requests up; what is to hear of their end goes without.
    """
    from hocbaso_app.exchange.client import PortalClient
    from hocbaso_app.exchange.codes import ASSUMED, code_set
    from hocbaso_app.exchange.endpoint import Endpoint
    from hocbaso_app.services import portal_guard, transport
    from hocbaso_app.services.exchange_log import LoggedSession

    settings = frappe.get_single("HBS Settings")
    own = account(unit)
    password = own.get_password("password", raise_exception=False)
    if not password:
        frappe.throw(_("The password of the school's account is missing. The administrator enters it."), HbsError)
    try:
        endpoint = Endpoint(
            at or address(settings),
            own.user_name,
            password,
            own.unit_code,
            int(school_year[:4]),
            timeouts=TIMEOUTS,
            receipts=not settings.without_receipts,
            codes=code_set(settings.portal_profile or ASSUMED),
        )
    except HocBaSoError as error:
        frappe.throw(error.message_vi, HbsError)
    session = LoggedSession(unit)
    try:
        transport.way(own, settings).open(session)
    except HocBaSoError as error:
        frappe.throw(error.message_vi, HbsError)
    guard = portal_guard.SiteGuard(unit, endpoint.address, settings) if guarded else None
    return PortalClient(endpoint, session, guard)


def key(unit: str) -> KeySource:
    """What signs the lists (CV 2088 II.2.2)."""
    from hocbaso_app.services import keys

    return keys.open_of(account(unit))


def account(unit: str) -> Any:
    """HBS Portal Account of a school."""
    if not frappe.db.exists(ACCOUNT, unit):
        frappe.throw(_("The school has no account at the city database yet. The administrator enters it."), HbsError)
    return frappe.get_doc(ACCOUNT, unit)


def note_run(unit: str, error: str | None) -> None:
    """Shown on the account, so that the administrator sees why nothing moves."""
    if frappe.db.exists(ACCOUNT, unit):
        values = {"last_run_at": now_datetime(), "last_error": error}
        frappe.db.set_value(ACCOUNT, unit, values, update_modified=False)


def check_settings(settings: Any) -> None:
    """Another address needs notice and first day; real records never go over plain http, practice ones only to this
    machine."""
    from hocbaso_app.exchange.endpoint import Endpoint
    from hocbaso_app.services import holds, transport

    holds.check_settings(settings)
    transport.check_settings(settings)
    before = settings.get_doc_before_save()
    old = before.portal_address if before else REGULATION_ADDRESS
    if settings.portal_address != REGULATION_ADDRESS and not settings.address_notice:
        frappe.throw(_("Another address needs the number of the written notice."), HbsError)
    if settings.portal_address != old:
        _require_department()
        same_notice = before and settings.address_notice == before.address_notice
        if settings.portal_address != REGULATION_ADDRESS and (not settings.address_from or same_notice):
            frappe.throw(_("A new address needs its own written notice and the day from which it counts."), HbsError)
        settings.address_before = address(before) if before else REGULATION_ADDRESS
        settings.flags.hbs_address_changed = old
    if not settings.connector_enabled:
        return
    if settings.unverified_tls and settings.environment == "production":
        frappe.throw(_("A production site always verifies the certificate of the city database."), HbsError)
    for used in {settings.portal_address, address(settings)}:
        if settings.environment == "production" and not used.startswith("https://"):
            frappe.throw(_("Real records are never sent over plain http. Enter an https address."), HbsError)
        try:
            Endpoint(used, "", "", "", 0)
        except HocBaSoError as error:
            frappe.throw(error.message_vi, HbsError)


def _require_department() -> None:
    """The department names the address (QĐ Điều 2.k2); who runs the site's machine writes it down for it."""
    from hocbaso_app.setup import roles

    user = frappe.session.user
    held = set(frappe.get_roles(user))
    if user == "Administrator" or "System Manager" in held:
        return
    entries = frappe.get_all("HBS Staff Member", {"user": user}, ["unit", "from_date", "to_date"], order_by="name")
    units = [row.unit for row in entries if duty.in_force(row)]
    of_department = frappe.db.exists("HBS Unit", {"name": ("in", units or [""]), "kind": "Department"})
    if roles.DEPARTMENT_OFFICER not in held or not of_department:
        frappe.throw(_("Only the department changes the address, by its written notice."), NotYoursError)


def settings_written(settings: Any) -> None:
    """After HBS Settings are saved: who changed the address on which notice stands in the trail; holds follow."""
    from hocbaso_app.services import audit, holds

    old = settings.flags.pop("hbs_address_changed", None)
    holds.follow_settings(settings)
    if old:
        facts = {"from": old, "to": settings.portal_address, "notice": settings.address_notice}
        audit.write("change address", "HBS Settings", "HBS Settings", None, {**facts, "on": str(settings.address_from)})
