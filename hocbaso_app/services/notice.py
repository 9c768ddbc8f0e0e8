"""What somebody is told at once: a record came back and he must mend it. Everything else waits for the digest."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import frappe
from frappe import _
from frappe.utils import escape_html, now_datetime

from hocbaso_app.services import states, tasks

ONE_RETURN = timedelta(minutes=30)
"""Records of one class that come back with the same words within this time are one return."""


def returned(doc: Any) -> list[str]:
    """Tell who must mend a returned record; a whole class is one notice, not one per pupil. Gives the users."""
    users = [user for user in _menders(doc) if user != frappe.session.user]
    for user in users:
        _tell(user, doc)
    return users


def _menders(doc: Any) -> list[str]:
    """The subject's teacher; else the homeroom teacher; if he returned it himself, those who teach the class."""
    from hocbaso_app.services import duty

    columns = ["kind", "subject", "staff", "from_date", "to_date"]
    rows = frappe.get_all("HBS Teaching Assignment", {"student_group": doc.student_group}, columns, order_by="name")
    held = [row for row in rows if duty.in_force(row)]
    wanted = [row for row in held if row.kind == "Subject" and row.subject == doc.returned_subject]
    if not wanted:
        wanted = [row for row in held if row.kind == "Homeroom"]
    users = _users(wanted)
    return users if users != [frappe.session.user] else _users([row for row in held if row.kind == "Subject"])


def _users(rows: list[Any]) -> list[str]:
    names = list(dict.fromkeys(row.staff for row in rows))
    if not names:
        return []
    found = frappe.get_all("HBS Staff Member", {"name": ("in", names)}, ["name", "user"], order_by="name")
    users = {row.name: row.user for row in found}
    return list(dict.fromkeys(users[name] for name in names if users.get(name)))


def _tell(user: str, doc: Any) -> None:
    link = tasks.list_route(doc.student_group, states.DRAFT)
    log = _same_return(user, link, doc.returned_remark)
    if log is None:
        log = frappe.new_doc("Notification Log")
        log.update({"for_user": user, "from_user": frappe.session.user, "type": "Alert", "link": link})
        log.update({"document_type": doc.doctype, "document_name": doc.name})
        log.email_content = f"<p>{escape_html(doc.returned_remark)}</p><ul></ul>"
    log.email_content = log.email_content.replace("</ul>", f"<li>{escape_html(doc.full_name)}</li></ul>")
    with states.in_vietnamese():
        log.subject = _("{0} returned {2} records of class {1}: {3}").format(
            f"<b>{escape_html(frappe.utils.get_fullname())}</b>",
            escape_html(doc.student_group),
            log.email_content.count("<li>"),
            escape_html(doc.returned_remark),
        )
    log.save(ignore_permissions=True)


def _same_return(user: str, link: str, remark: str) -> Any:
    key = {"for_user": user, "from_user": frappe.session.user, "link": link, "read": 0}
    recent = {**key, "creation": (">", now_datetime() - ONE_RETURN)}
    for name in frappe.get_all("Notification Log", recent, pluck="name", order_by="creation desc"):
        log = frappe.get_doc("Notification Log", name)
        if log.email_content.startswith(f"<p>{escape_html(remark)}</p>"):
            return log
    return None
