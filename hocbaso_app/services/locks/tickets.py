"""HBS Unlock Ticket: some pupils or one class, one part or all, for some hours; closed again by itself.

Granted by who closed it or by a higher unit. It opens what units of that level and below closed, never a year lock.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import frappe
from frappe import _
from frappe.utils import add_to_date, cint, format_datetime, get_datetime, now_datetime

from hocbaso_app.exceptions import EvidenceError, HbsError, NotYoursError
from hocbaso_app.services import audit, duty, guarded, states
from hocbaso_app.services.locks import parts, who, windows
from hocbaso_app.services.locks.order import RANK, YEAR

DOCTYPE, ROW = "HBS Unlock Ticket", "HBS Unlock Ticket Record"
ASKED, GRANTED, REFUSED, TAKEN_BACK, CLOSED = "Requested", "Granted", "Refused", "Taken Back", "Closed"
LONGEST = 72
SHOWN = {
    "enter",
    "read in",
    "initialise",
    "initialise refused",
    "seen",
    "fault",
    "return",
    "sign",
    "release",
    "withdraw",
}
"""Steps of the trail that the list of changes names."""


@dataclass(frozen=True)
class OpenTicket:
    """A granted ticket whose hours are not over."""

    name: str
    unit: str
    academic_year: str
    student_group: str
    records: frozenset[str]
    opens: str
    """What the names of the opened fields begin with (see :mod:`.parts`); empty for everything."""
    rank: int
    closes_at: datetime
    notice: str


# ── asking ──────────────────────────────────────────────────────────────────
def check(doc: Any) -> None:
    """What the controller asks at every save: asked by somebody of the school about what is closed, never changed."""
    from hocbaso_app.services.locks import gate

    if doc.flags.hbs_service:
        return
    if not doc.is_new():
        frappe.throw(_("A ticket is not changed. Ask for a new one."), EvidenceError)
    unit, year, grade = gate.facts_of_class(doc.student_group)
    if unit is None:
        frappe.throw(
            _("Nobody is assigned to {0} yet. Enter who teaches it first.").format(doc.student_group), HbsError
        )
        raise AssertionError
    staff = duty.staff_of(frappe.session.user, unit)
    if not 1 <= cint(doc.hours) <= LONGEST:
        frappe.throw(_("A ticket opens for 1 to {0} hours.").format(LONGEST), HbsError)
    if not (doc.reason or "").strip():
        frappe.throw(_("Say why, so that it can be understood later."), HbsError)
    if doc.part == "One subject" and not doc.subject:
        frappe.throw(_("Choose the subject that shall be opened."), HbsError)
    if doc.part != "One subject":
        doc.subject = doc.subject_field = None
    for row in doc.records:
        record = frappe.get_doc("HBS Record", row.record)
        record.check_permission("read")
        if record.student_group != doc.student_group:
            frappe.throw(_("{0} is not in class {1}.").format(record.full_name, doc.student_group), HbsError)
        row.full_name = record.full_name
    found = gate.closings(unit, year, grade)
    if not found:
        frappe.throw(_("Nothing of this class is closed now; a ticket is not needed."), HbsError)
    if found[0].level == YEAR:
        frappe.throw(gate.text_of(found[0]), HbsError)
    doc.update({"unit": unit, "academic_year": year, "grade": grade, "status": ASKED})
    doc.update({"locked_by": gate.text_of(found[0]), "source_unit": None, "source_name": None, "sent_up": 0})
    doc.update({"asked_by": frappe.session.user, "asked_by_name": staff.full_name, "asked_at": now_datetime()})
    for name in ("decided_by", "decided_by_name", "decided_at", "decision_note", "granted_level"):
        doc.set(name, None)
    doc.opens_at = doc.closes_at = doc.closed_at = None
    doc.changes = []


def after_insert(doc: Any) -> None:
    """The trail, and a word to who may grant it."""
    facts = {"class": doc.student_group, "records": [row.record for row in doc.records], "reason": doc.reason}
    audit.write(
        "ask for unlock ticket", DOCTYPE, doc.name, doc.unit, {**facts, "opens": opens_of(doc), "hours": doc.hours}
    )
    with states.in_vietnamese():
        subject = _("{0} asks to unlock class {1} for {2} hours").format(
            doc.asked_by_name, doc.student_group, doc.hours
        )
    tell(doc, granters(doc), subject)


def take_back(name: str) -> None:
    """By who asked."""
    doc = _locked(name)
    if doc.asked_by != frappe.session.user:
        frappe.throw(_("Only the person who asked takes it back."), NotYoursError)
    _require(doc, ASKED)
    doc.status = TAKEN_BACK
    save(doc, "take unlock ticket back")


# ── deciding ────────────────────────────────────────────────────────────────
def grant(name: str, hours: int | None = None, note: str | None = None) -> None:
    """Open now, for the hours asked for or fewer."""
    from hocbaso_app.services.locks import gate

    doc = _locked(name)
    _require(doc, ASKED)
    found = gate.closings(*_facts(doc))
    if not found:
        frappe.throw(_("Nothing of this class is closed now; a ticket is not needed."), HbsError)
    if found[0].level == YEAR:
        frappe.throw(gate.text_of(found[0]), HbsError)
    power = who.best_over(frappe.session.user, doc.unit)
    if power is None or RANK[power.level] > found[0].rank:
        frappe.throw(
            _("This was closed by {0}; only {0} or a unit above grants a ticket.").format(who.name_of(found[0].unit)),
            NotYoursError,
        )
        raise AssertionError
    wanted = cint(hours) or doc.hours
    if not 1 <= wanted <= doc.hours:
        frappe.throw(_("Grant the {0} hours asked for, or fewer.").format(doc.hours), HbsError)
    opens = now_datetime()
    doc.update({"status": GRANTED, "granted_level": power.level, "opens_at": opens, "hours": wanted})
    doc.closes_at = add_to_date(opens, hours=wanted)
    _decide(doc, power, note, "grant unlock ticket")
    tell_granted(doc)


def refuse(name: str, note: str) -> None:
    """With a reason."""
    doc = _locked(name)
    _require(doc, ASKED)
    power = who.best_over(frappe.session.user, doc.unit)
    if power is None:
        frappe.throw(who.refusal(doc.unit), NotYoursError)
        raise AssertionError
    if not (note or "").strip():
        frappe.throw(_("Say why, so that it can be understood later."), HbsError)
    doc.status = REFUSED
    _decide(doc, power, note, "refuse unlock ticket")
    tell_refused(doc)


def tell_granted(doc: Any) -> None:
    """A word to who asked."""
    with states.in_vietnamese():
        until = format_datetime(get_datetime(doc.closes_at), "HH:mm d/M/yyyy")
        tell(doc, [doc.asked_by], _("Class {0} is unlocked for you until {1}").format(doc.student_group, until))


def tell_refused(doc: Any) -> None:
    """A word to who asked."""
    with states.in_vietnamese():
        text = _("Your unlock ticket for class {0} was refused: {1}").format(doc.student_group, doc.decision_note)
        tell(doc, [doc.asked_by], text)


def close(name: str) -> None:
    """Before its hours are over, by who may grant it or who asked; the list of changes is written."""
    doc = _locked(name)
    _require(doc, GRANTED)
    if doc.asked_by != frappe.session.user and who.best_over(frappe.session.user, doc.unit) is None:
        frappe.throw(who.refusal(doc.unit), NotYoursError)
    _close(doc)


def close_ended() -> list[str]:
    """Every few minutes: tickets whose hours are over get their list of changes; closed they are by the clock alone."""
    ended = {"status": GRANTED, "closes_at": ("<=", now_datetime())}
    names = frappe.get_all(DOCTYPE, ended, pluck="name", order_by="name")
    for name in names:
        _close(frappe.get_doc(DOCTYPE, name, for_update=True))
    return list(names)


def _close(doc: Any) -> None:
    """The list of changes is empty for a ticket of another site."""
    doc.closed_at = min(now_datetime(), get_datetime(doc.closes_at))
    doc.closes_at, doc.status = doc.closed_at, CLOSED
    doc.changes = []
    for change in changes_of(doc):
        doc.append("changes", change)
    save(doc, "close unlock ticket", {"changes": len(doc.changes)})


# ── what was changed ────────────────────────────────────────────────────────
def changes(name: str) -> list[dict[str, Any]]:
    """What was changed under a ticket so far."""
    doc = frappe.get_doc(DOCTYPE, name)
    doc.check_permission("read")
    if doc.status == CLOSED:
        return [{n: row.get(n) for n in ("at", "actor", "full_name", "what")} for row in doc.changes]
    return changes_of(doc) if doc.status == GRANTED else []


def changes_of(doc: Any) -> list[dict[str, Any]]:
    """Values from the history of the forms, steps from the audit trail; in the order of time."""
    if not doc.opens_at:
        return []
    where = {"student_group": doc.student_group}
    if doc.records:
        where["name"] = ("in", [row.record for row in doc.records])
    names = dict(frappe.get_all("HBS Record", where, ["name", "full_name"], as_list=True, order_by="name"))
    between = ("between", (doc.opens_at, doc.closes_at))
    found = _values(names, between) + _steps(names, between)
    return sorted(found, key=lambda change: str(change["at"]))


def _values(names: dict[str, str], between: Any) -> list[dict[str, Any]]:
    filters = {"ref_doctype": "HBS Record", "docname": ("in", list(names) or [""]), "creation": between}
    rows = frappe.get_all("Version", filters, ["docname", "owner", "creation", "data"], order_by="creation, name")
    return [
        {"at": row.creation, "actor": who.name_of_user(row.owner), "full_name": names[row.docname], "what": text}
        for row in rows
        for text in _sentences(row.docname, json.loads(row.data or "{}"))
    ]


DERIVED = frozenset(
    {"faults", "fault_count", "fault_details", "state_sentence", "waiting_for", "waiting_stage", "waiting_since"}
    | {"overall_result", "returned_mended"}
)
"""Follow from what was entered."""


def _sentences(record: str, data: dict[str, Any]) -> list[str]:
    meta, row_meta = frappe.get_meta("HBS Record"), frappe.get_meta("HBS Record Result")
    found = [
        f"{_(meta.get_label(name))}: {old or '–'} → {new or '–'}"
        for name, old, new in data.get("changed", ())
        if name not in DERIVED
    ]
    for table, _index, row, cells in data.get("row_changed", ()):
        if table == "results":
            subject = frappe.db.get_value("HBS Record Result", row, "subject_name") or ""
            found += [f"{subject}, {_(row_meta.get_label(n))}: {old or '–'} → {new or '–'}" for n, old, new in cells]
    return found


def _steps(names: dict[str, str], between: Any) -> list[dict[str, Any]]:
    versions = dict(
        frappe.get_all(
            "HBS Record Version",
            {"record": ("in", list(names) or [""])},
            ["name", "record"],
            as_list=True,
            order_by="name",
        )
    )
    about = {**{name: name for name in names}, **versions}
    rows = frappe.get_all(
        audit.DOCTYPE,
        {"reference_name": ("in", list(about) or [""]), "at": between, "action": ("in", sorted(SHOWN))},
        ["at", "actor", "action", "reference_name"],
        order_by="name",
    )
    return [
        {
            "at": row.at,
            "actor": who.name_of_user(row.actor),
            "full_name": names[about[row.reference_name]],
            "what": _(row.action),
        }
        for row in rows
    ]


# ── what the gate asks ──────────────────────────────────────────────────────
def covering(
    unit: str | None, academic_year: str | None, student_group: str | None, record: str | None
) -> list[OpenTicket]:
    """Tickets open now for a record, or (without one) for a class as a whole."""
    now = now_datetime()
    return [
        ticket
        for ticket in _open_tickets()
        if (ticket.unit, ticket.academic_year, ticket.student_group) == (unit, academic_year, student_group)
        and ticket.closes_at > now
        and (record in ticket.records if ticket.records else bool(record) or not ticket.opens)
    ]


def of_class(unit: str, academic_year: str, student_group: str) -> list[OpenTicket]:
    """Every ticket open now for a class or pupils of it."""
    now, key = now_datetime(), (unit, academic_year, student_group)
    return [t for t in _open_tickets() if (t.unit, t.academic_year, t.student_group) == key and t.closes_at > now]


def open_for(doc: Any) -> OpenTicket | None:
    """The ticket that opens a record longest."""
    found = covering(doc.unit, doc.academic_year, doc.student_group, doc.name)
    return max(found, key=lambda ticket: ticket.closes_at, default=None)


def _open_tickets() -> list[OpenTicket]:
    known: dict[str, list[OpenTicket]] = windows.kept("hbs_lock_tickets")
    if "all" not in known:
        columns = ["name", "unit", "academic_year", "student_group", "part", "subject", "subject_field"]
        columns += ["granted_level", "closes_at", "decided_by_name"]
        filters = {"status": GRANTED, "closes_at": (">", now_datetime()), "source_name": ("is", "not set")}
        rows = frappe.get_all(DOCTYPE, filters, columns, order_by="name")
        records: dict[str, set[str]] = {}
        of_them = {"parent": ("in", [row.name for row in rows] or [""])}
        for item in frappe.get_all(ROW, of_them, ["parent", "record"], order_by="idx"):
            records.setdefault(item.parent, set()).add(item.record)
        known["all"] = [_opened(row, frozenset(records.get(row.name, ()))) for row in rows]
    return known["all"]


def _opened(row: Any, records: frozenset[str]) -> OpenTicket:
    closes_at = get_datetime(row.closes_at)
    notice = _("Unlocked by ticket {0} until {1} ({2}).").format(
        row.name, format_datetime(closes_at, "HH:mm d/M/yyyy"), scope_text(row)
    )
    return OpenTicket(
        name=row.name,
        unit=row.unit,
        academic_year=row.academic_year,
        student_group=row.student_group,
        records=records,
        opens=opens_of(row),
        rank=RANK[row.granted_level],
        closes_at=closes_at,
        notice=notice,
    )


def opens_of(row: Any) -> str:
    """See :func:`.parts.of_ticket`."""
    return parts.of_ticket(row.part, row.subject, row.subject_field)


def scope_text(row: Any) -> str:
    """What it opens, in words."""
    if row.part == "One subject":
        name = frappe.db.get_value("HBS Subject", row.subject, "subject_name") or row.subject
        return f"{name}, {_(row.subject_field)}" if row.subject_field else str(name)
    return str(_(row.part)) if row.part else str(_("the whole record"))


# ── common ──────────────────────────────────────────────────────────────────
def _facts(doc: Any) -> tuple[str, str, str | None]:
    return doc.unit, doc.academic_year, doc.grade or None


def _locked(name: str) -> Any:
    doc = frappe.get_doc(DOCTYPE, name, for_update=True)
    doc.check_permission("read")
    return doc


def _require(doc: Any, status: str) -> None:
    if doc.status != status:
        frappe.throw(_("This ticket is “{0}”.").format(_(doc.status)), HbsError)


def _decide(doc: Any, power: who.Power, note: str | None, action: str) -> None:
    doc.update({"decided_by": power.user, "decided_by_name": power.full_name, "decided_at": now_datetime()})
    doc.decision_note = (note or "").strip() or None
    save(doc, action, {"note": doc.decision_note, "level": doc.granted_level, "until": str(doc.closes_at or "")})


def save(doc: Any, action: str, details: dict[str, Any] | None = None) -> None:
    """Written by a service; class and pupils of another site's ticket are words, not links."""
    windows.forget()
    doc.flags.ignore_links = bool(doc.source_name)
    guarded.save(doc, action, details)


def granters(doc: Any) -> list[str]:
    """Logins at this site of who may grant it: those of the unit that closed it."""
    from hocbaso_app.services.locks import gate

    closing = next(iter(gate.closings(*_facts(doc))), None)
    unit = closing.unit if closing else doc.unit
    users = frappe.get_all("HBS Staff Member", {"unit": unit, "user": ("is", "set")}, pluck="user", order_by="name")
    return [user for user in dict.fromkeys(users) if who.power_at(user, unit)]


def tell(doc: Any, users: Sequence[str | None], subject: str) -> None:
    """An alert on the desk of each of these."""
    for user in filter(None, users):
        alert = {"doctype": "Notification Log", "for_user": user, "type": "Alert", "subject": subject}
        frappe.get_doc({**alert, "document_type": DOCTYPE, "document_name": doc.name}).insert(ignore_permissions=True)
