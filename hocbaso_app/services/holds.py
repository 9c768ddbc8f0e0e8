"""Nobody stops the sending silently (QĐ Điều 5.k1): who stopped it, why, since when, for those above to see.

A person pauses a school with a reason; switching the connector off needs one too. What is stopped past the desk
(settings by SQL, the scheduler by command) is found at the next look and kept the same way, without a name.
"""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.utils import now_datetime
from frappe.utils.scheduler import is_scheduler_disabled

from hocbaso_app.exceptions import HbsError, NotYoursError
from hocbaso_app.exchange.outbox import OPEN
from hocbaso_app.permissions.scope import scope_of
from hocbaso_app.services import audit, guarded, moments, officers, states
from hocbaso_app.setup import roles

DOCTYPE = "HBS Queue Hold"
PAUSED, SWITCHED_OFF, STOPPED = "Sending paused", "Connector switched off", "Background work stopped"
JOBS = ("hocbaso_app.jobs.exchange.wake", "hocbaso_app.jobs.exchange.watch")
"""Scheduled work without which records lie still."""

MAY = frozenset({roles.SCHOOL_ADMIN, roles.PRINCIPAL, roles.OFFICE_OFFICER, roles.DEPARTMENT_OFFICER})
LEAST_REASON = 10
"""Letters; “x” is no reason."""


def hold(unit: str, reason: str) -> str:
    """Pause a school's sending; what was sent already is still asked about. Gives the hold's name."""
    _require_may(unit)
    text = _reason(reason)
    frappe.db.get_value("HBS Unit", unit, "name", for_update=True)
    if in_force(unit):
        frappe.throw(_("The sending of this school is paused already."), HbsError)
    return _begin(unit, PAUSED, text, frappe.session.user)


def release(unit: str, note: str) -> str:
    """Let it go on. The worker is woken by the caller."""
    _require_may(unit)
    if not (note or "").strip():
        frappe.throw(_("Say in a word why the sending goes on now."), HbsError)
    held = in_force(unit)
    if not held:
        frappe.throw(_("The sending of this school is not paused."), HbsError)
    _end(held.name, note.strip(), frappe.session.user)
    return str(held.name)


def in_force(unit: str) -> Any:
    """The pause by a person that keeps packages back; None without one."""
    where = {"unit": unit, "kind": PAUSED, "ended_at": ("is", "not set")}
    found = frappe.get_all(DOCTYPE, where, ["name", "unit", "kind", "reason", "started_at", "started_by"], limit=1)
    return found[0] if found else None


def current(unit: str) -> list[dict[str, str]]:
    """All that is stopped at a school now: ``what``, ``by``, ``reason``, ``since``; goes up to the authority too."""
    where = {"unit": unit, "ended_at": ("is", "not set")}
    rows = frappe.get_all(DOCTYPE, where, ["kind", "reason", "started_at", "started_by"], order_by="name")
    return [
        {
            "what": row.kind,
            "by": name_of(row.started_by),
            "reason": row.reason,
            "since": moments.aware(row.started_at).isoformat(),  # type: ignore[union-attr]
        }
        for row in rows
    ]


def name_of(user: str | None) -> str:
    """A person's name; of nobody that it is not known who."""
    if not user:
        with states.in_vietnamese():
            return _("not known (stopped past the desk)")
    return str(frappe.db.get_value("User", user, "full_name") or user)


def sentence(row: Any) -> str:
    """Who, why, since when, in Vietnamese."""
    with states.in_vietnamese():
        return _("{0} by {1} since {2}: {3}").format(
            _(row.kind), name_of(row.started_by), moments.said(row.started_at), row.reason
        )


def sending_units() -> list[str]:
    """Schools of this site that have an account at the city database."""
    return list(frappe.get_all("HBS Portal Account", pluck="name", order_by="name"))


def check_settings(settings: Any) -> None:
    """Before HBS Settings are saved: switching off needs a reason."""
    before = settings.get_doc_before_save()
    if settings.connector_enabled:
        settings.connector_used, settings.connector_off_reason = 1, None
    elif before and before.connector_enabled:
        settings.connector_off_reason = _reason(settings.connector_off_reason)


def follow_settings(settings: Any) -> None:
    """After they were saved: a hold at each school begins or ends."""
    before = settings.get_doc_before_save()
    was_on = bool(before and before.connector_enabled)
    if was_on and not settings.connector_enabled:
        _begin_everywhere(SWITCHED_OFF, settings.connector_off_reason, frappe.session.user)
    elif settings.connector_enabled and not was_on:
        with states.in_vietnamese():
            note = _("Switched on again in HBS Settings.")
        _end_everywhere(SWITCHED_OFF, note, frappe.session.user)


def check_scheduled_job(doc: Any, method: str | None = None) -> None:
    """``doc_events`` of Scheduled Job Type: our work is stopped only at schools that are paused with a reason."""
    before = doc.get_doc_before_save()
    if doc.method in JOBS and doc.stopped and not (before and before.stopped):
        _require_all_paused()


def check_system_settings(doc: Any, method: str | None = None) -> None:
    """``doc_events`` of System Settings: the same for the scheduler as a whole."""
    before = doc.get_doc_before_save()
    if before and before.enable_scheduler and not doc.enable_scheduler:
        _require_all_paused()


def check_account_gone(doc: Any) -> None:
    """An account with records in the queue is not deleted: that would stop them without a word."""
    from hocbaso_app.services import outbox

    if frappe.db.exists(outbox.DOCTYPE, {"unit": doc.unit, "state": ("in", outbox.labels(OPEN))}):
        frappe.throw(
            _(
                "Records of this school wait to be sent. Pause the sending with a reason instead of deleting the"
                " account."
            ),
            HbsError,
        )


def notice_stops() -> list[str]:
    """What is stopped past the desk is kept and told; what runs again is closed. Gives the names of new holds."""
    from hocbaso_app.services import connector

    on, used = connector.is_on(), bool(frappe.db.get_single_value("HBS Settings", "connector_used"))
    with states.in_vietnamese():
        unknown = _("Found by the system: it was stopped without a reason on the desk.")
        again = _("Runs again.")
    made: list[str] = []
    if on:
        if not used:
            frappe.db.set_single_value("HBS Settings", "connector_used", 1)
        _end_everywhere(SWITCHED_OFF, again, None)
    elif used:
        made += _begin_everywhere(SWITCHED_OFF, unknown, None)
    if not on:
        return made
    if _background_stopped():
        return made + _begin_everywhere(STOPPED, unknown, None)
    _end_everywhere(STOPPED, again, None)
    return made


def _background_stopped() -> bool:
    if is_scheduler_disabled(verbose=False) or frappe.conf.pause_scheduler:
        return True
    return bool(frappe.db.exists("Scheduled Job Type", {"method": ("in", JOBS), "stopped": 1}))


def _require_all_paused() -> None:
    from hocbaso_app.services import connector

    if not connector.is_on():
        return
    open_ones = [unit for unit in sending_units() if not in_force(unit)]
    if open_ones:
        frappe.throw(
            _(
                "Without this, records of {0} are not sent any more. First pause the sending there with a reason"
                " (HBS Portal Account, “Pause sending”); the department sees it."
            ).format(", ".join(open_ones[:5])),
            HbsError,
        )


def _require_may(unit: str) -> None:
    user = frappe.session.user
    if not frappe.db.exists("HBS Unit", {"name": unit, "kind": "School"}):
        frappe.throw(_("Choose a school."), HbsError)
    if user == "Administrator":
        return
    scope = scope_of(user)
    if unit not in scope.units or not MAY & set(frappe.get_roles(user)):
        frappe.throw(
            _("Only the school's administrator, its principal or an officer above it pauses the sending."),
            NotYoursError,
        )


def _reason(text: str | None) -> str:
    found = (text or "").strip()
    if len(found) < LEAST_REASON:
        frappe.throw(
            _("Say why the sending is stopped, in a sentence: the office and the department see it."), HbsError
        )
    return found


def _begin_everywhere(kind: str, reason: str, user: str | None) -> list[str]:
    known = set(frappe.get_all(DOCTYPE, {"kind": kind, "ended_at": ("is", "not set")}, pluck="unit", order_by="name"))
    return [_begin(unit, kind, reason, user) for unit in sending_units() if unit not in known]


def _end_everywhere(kind: str, note: str, user: str | None) -> None:
    for name in frappe.get_all(DOCTYPE, {"kind": kind, "ended_at": ("is", "not set")}, pluck="name", order_by="name"):
        _end(name, note, user)


def _begin(unit: str, kind: str, reason: str, user: str | None) -> str:
    from hocbaso_app.services import outbox

    doc = frappe.new_doc(DOCTYPE)
    unsent = frappe.db.count(outbox.DOCTYPE, {"unit": unit, "state": ("in", outbox.labels(OPEN))})
    doc.update({"unit": unit, "kind": kind, "reason": reason, "unsent": unsent})
    doc.update({"started_at": now_datetime(), "started_by": user})
    guarded.save(doc)
    with states.in_vietnamese():
        subject = _("{0}: {1}").format(frappe.db.get_value("HBS Unit", unit, "unit_name"), sentence(doc))
    _tell(doc, subject, user)
    audit.write("hold queue", DOCTYPE, doc.name, unit, {"kind": kind, "reason": reason, "unsent": unsent})
    return str(doc.name)


def _end(name: str, note: str, user: str | None) -> None:
    doc = frappe.get_doc(DOCTYPE, name, for_update=True)
    doc.update({"ended_at": now_datetime(), "ended_by": user, "ended_note": note})
    guarded.save(doc)
    with states.in_vietnamese():
        school = frappe.db.get_value("HBS Unit", doc.unit, "unit_name")
        subject = _("{0} sends again, let go on by {1}: {2}").format(school, name_of(user), note)
    _tell(doc, subject, user)
    audit.write("release queue", DOCTYPE, doc.name, doc.unit, {"kind": doc.kind, "note": note})


def _tell(doc: Any, subject: str, actor: str | None) -> None:
    users = [*officers.above(doc.unit), *officers.leading(doc.unit)]
    officers.tell([user for user in users if user != actor], subject[:500], DOCTYPE, doc.name)
