"""What the exchange can't settle by itself gets a person and a task: dead letters and refusals.

A dead letter (Needs Attention) is one task for all records that stopped for the same reason; its owner may hand it
on. A refusal (Rejected) is one task per record, for the person whose field is wrong. A task closes by itself when
nothing of it is left: the record went on, or a corrected file was made.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import frappe
from frappe import _
from frappe.utils import escape_html

from hocbaso_app.exceptions import HbsError, NotYoursError
from hocbaso_app.exchange.outbox import State
from hocbaso_app.services import audit, duty, field_owners, officers, schedule, states
from hocbaso_app.setup import roles

DOCTYPE = "HBS Submission"
NEEDS_ATTENTION, REJECTED = State.NEEDS_ATTENTION.value, State.REJECTED.value
COLUMNS = (
    "name",
    "record",
    "version",
    "unit",
    "student_group",
    "state",
    "error",
    "error_code",
    "error_field",
    "responsible",
    "task",
)
OF_THE_CONNECTION = frozenset({"10", "11", "12", "13", "17", "20", "21", "22", "23", "24"})
"""Codes about account, certificate, package: the school's administrator, not who wrote the record."""


def follow(name: str) -> None:
    """A row moved: give it an owner and a task, or take them away."""
    row = frappe.db.get_value(DOCTYPE, name, COLUMNS, as_dict=True)
    if row.state == NEEDS_ATTENTION:
        if not _open_task(row.task):
            _assign(row, _dead_letter_owner(row))
    elif row.state == REJECTED:
        if not row.task and not _is_corrected(row):
            _assign(row, _refusal_owner(row))
    elif row.task or row.responsible:
        _let_go(row)


def watch() -> int:
    """Every hour: each row in need has an open task whose person is still there; tasks of corrected records close.
    Gives how many were given anew."""
    given = 0
    for row in frappe.get_all(DOCTYPE, {"state": NEEDS_ATTENTION}, list(COLUMNS), order_by="name"):
        if not (_open_task(row.task) and row.responsible and _works_at(row.responsible, row.unit)):
            _let_go(row)
            _assign(row, _dead_letter_owner(row))
            given += 1
    close_corrected()
    return given


def close_corrected(record: str | None = None) -> int:
    """Tasks of refusals whose record has another file by now; ``record``: only that one. Gives how many closed."""
    where: dict[str, Any] = {"state": REJECTED, "task": ("is", "set")}
    if record:
        where["record"] = record
    closed = 0
    for row in frappe.get_all(DOCTYPE, where, list(COLUMNS), order_by="name"):
        if _is_corrected(row):
            _let_go(row)
            closed += 1
    return closed


def withdrawn(record: str) -> None:
    """The principal took a refused record back: his own part is done, the owner of the field goes on with his."""
    for row in frappe.get_all(DOCTYPE, {"record": record, "state": REJECTED}, list(COLUMNS), order_by="name"):
        if row.responsible in officers.leading(row.unit)[:1] or row.responsible == frappe.session.user:
            _let_go(row)


def reassign(names: list[str], user: str) -> int:
    """Hand tasks on: by who has them, the principal or the school's administrator, to somebody of the school."""
    moved = 0
    for name in names:
        row = frappe.db.get_value(DOCTYPE, name, COLUMNS, as_dict=True, for_update=True)
        if not row or not frappe.get_doc(DOCTYPE, name).has_permission("read"):
            frappe.throw(_("There is no submission {0}.").format(name), frappe.DoesNotExistError)
        if row.state not in (NEEDS_ATTENTION, REJECTED):
            frappe.throw(_("This submission needs nobody: it goes on by itself."), HbsError)
        _require_may_hand_on(row)
        if not _works_at(user, row.unit):
            frappe.throw(_("Choose somebody with a login who is on the staff of the school today."), NotYoursError)
        if not frappe.has_permission(DOCTYPE, "read", doc=name, user=user):
            frappe.throw(_("{0} may not see this class. Choose somebody who may.").format(user), NotYoursError)
        before = row.responsible
        _let_go(row)
        _assign(row, user)
        facts = {"from": before, "to": user, "record": row.record}
        audit.write("hand on task", DOCTYPE, name, row.unit, facts)
        moved += 1
    return moved


def candidates(unit: str) -> list[dict[str, str]]:
    """Who of a school may get a task, for the dialogue."""
    columns = ["user", "full_name", "job_title", "from_date", "to_date"]
    rows = frappe.get_all("HBS Staff Member", {"unit": unit, "user": ("is", "set")}, columns, order_by="full_name")
    return [
        {"value": row.user, "label": f"{row.full_name} ({row.job_title})" if row.job_title else row.full_name}
        for row in rows
        if duty.in_force(row)
    ]


def sentence(row: Any) -> str:
    """The portal's code as a sentence with its field, in Vietnamese; without a code what is known of the trouble."""
    from hocbaso_app.exchange.codes import ASSUMED, code_set

    if not row.error_code:
        return str(row.error or "")
    profile = frappe.db.get_single_value("HBS Settings", "portal_profile") or ASSUMED
    code = code_set(profile).code(row.error_code)
    with states.in_vietnamese():
        if not row.error_field:
            return _("The city database answers {0}: {1}").format(row.error_code, code.message_vi)
        field = field_owners.field_of(frappe.get_doc("HBS Record", row.record), row.error_field)
        return _("The city database answers {0}: {1} Field: {2}.").format(row.error_code, code.message_vi, field.label)


def _dead_letter_owner(row: Any) -> str | None:
    if row.error_code in OF_THE_CONNECTION or not row.error_code:
        first = officers.administrators(row.unit)
        return next(iter([*first, *_clerks_first(row.unit)]), None)
    return next(iter(_clerks_first(row.unit)), None)


def _clerks_first(unit: str) -> list[str]:
    clerks = [person.user for person in states.staff_with("is_clerk", unit) if person.user]
    return [*clerks, *officers.leading(unit)]


def _refusal_owner(row: Any) -> str | None:
    return field_owners.user_for(frappe.get_doc("HBS Record", row.record), row.error_field)


def _is_corrected(row: Any) -> bool:
    return frappe.db.get_value("HBS Record", row.record, "current_version") != row.version


def _open_task(task: str | None) -> bool:
    return bool(task and frappe.db.get_value("ToDo", task, "status") == "Open")


def _works_at(user: str, unit: str) -> bool:
    rows = frappe.get_all("HBS Staff Member", {"unit": unit, "user": user}, ["from_date", "to_date"], order_by="name")
    return any(duty.in_force(row) for row in rows) and bool(frappe.db.get_value("User", user, "enabled"))


def _require_may_hand_on(row: Any) -> None:
    user = frappe.session.user
    if user in ("Administrator", row.responsible):
        return
    duty.staff_of(user, row.unit)
    if not {roles.PRINCIPAL, roles.SCHOOL_ADMIN} & set(frappe.get_roles(user)):
        frappe.throw(_("Only who has the task, the principal or the administrator hands it on."), NotYoursError)


def _assign(row: Any, user: str | None) -> None:
    if not user:
        return  # nobody of the school has a login: the alarm tells those above
    task = _shared_task(row, user) if row.state == NEEDS_ATTENTION else None
    if task is None:
        task = _new_task(row, user)
    values = {"responsible": user, "task": task}
    frappe.db.set_value(DOCTYPE, row.name, values, update_modified=False)
    row.update(values)
    if row.state == NEEDS_ATTENTION:
        _recount(task)


def _shared_task(row: Any, user: str) -> str | None:
    """The open task of the same person about the same trouble."""
    todo, other = frappe.qb.DocType("ToDo"), frappe.qb.DocType(DOCTYPE)
    query = frappe.qb.from_(other).join(todo).on(todo.name == other.task)
    query = query.where((other.unit == row.unit) & (other.state == NEEDS_ATTENTION) & (other.responsible == user))
    query = query.where((todo.status == "Open") & (other.name != row.name))
    same = (
        (other.error_code == row.error_code) if row.error_code else other.error_code.isnull() | (other.error_code == "")
    )
    found = query.where(same).select(todo.name).orderby(todo.name).limit(1).run()
    return str(found[0][0]) if found else None


def _new_task(row: Any, user: str) -> str:
    todo = frappe.new_doc("ToDo")
    due = schedule.due(row.unit, frappe.db.get_value("HBS Record", row.record, "academic_year"), schedule.SUBMISSION)
    refused = row.state == REJECTED
    about = ("HBS Record", row.record) if refused else (DOCTYPE, row.name)
    subject, description = _refusal_text(row) if refused else _dead_letter_text([row])
    todo.update({"allocated_to": user, "assigned_by": "Administrator", "priority": "High", "date": due})
    todo.update({"reference_type": about[0], "reference_name": about[1], "description": description})
    todo.insert(ignore_permissions=True)
    link = _record_link(row) if refused else _list_link(user)
    officers.tell([user], subject, *about, description, link)
    return str(todo.name)


def _recount(task: str) -> None:
    rows = frappe.get_all(DOCTYPE, {"task": task, "state": NEEDS_ATTENTION}, list(COLUMNS), order_by="name")
    if rows:
        _subject, description = _dead_letter_text(rows)
        frappe.db.set_value("ToDo", task, "description", description, update_modified=False)


def _let_go(row: Any) -> None:
    """The row needs nobody; its task closes with the last row of it."""
    task = row.task
    frappe.db.set_value(DOCTYPE, row.name, {"responsible": None, "task": None}, update_modified=False)
    row.update({"responsible": None, "task": None})
    if not task:
        return
    if frappe.db.exists(DOCTYPE, {"task": task}):
        _recount(task)
    elif _open_task(task):
        todo = frappe.get_doc("ToDo", task)
        todo.status = "Closed"
        todo.save(ignore_permissions=True)


def _dead_letter_text(rows: list[Any]) -> tuple[str, str]:
    with states.in_vietnamese():
        subject = _("{0} records stopped on their way to the city database; you see to it that they go on").format(
            len(rows)
        )
        what = _("When the cause is gone, choose the rows and press “Submit now”.")
        where = _("Open the list")
    link = f'<a href="{_list_link(rows[0].responsible)}">{escape_html(where)}</a>'
    return subject, f"<p>{escape_html(subject)}.</p><p>{escape_html(sentence(rows[0]))} {escape_html(what)}</p>{link}"


def _refusal_text(row: Any) -> tuple[str, str]:
    name, group = frappe.db.get_value("HBS Record", row.record, ["full_name", "student_group"])
    with states.in_vietnamese():
        subject = _("The city database refused the record of {0}, class {1}").format(name, group)
        what = _("The principal withdraws it, then you correct the field and it is signed and sent again.")
        where = _("Open the record at this field")
    link = f'<a href="{_record_link(row)}">{escape_html(where)}</a>'
    return subject, f"<p>{escape_html(subject)}.</p><p>{escape_html(sentence(row))} {escape_html(what)}</p>{link}"


def _record_link(row: Any) -> str:
    field = field_owners.field_of(frappe.get_doc("HBS Record", row.record), row.error_field)
    query = f"?{urlencode({'hbs_field': field.name})}" if field.name else ""
    return f"/app/hbs-record/{row.record}{query}"


def _list_link(user: str | None) -> str:
    return f"/app/hbs-submission?{urlencode({'state': NEEDS_ATTENTION, 'responsible': user or ''})}"
