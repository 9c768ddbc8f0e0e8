"""One notice a day per person: what waits, the late first, what came back. Nothing waits, nothing is sent."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.utils import escape_html, formatdate, getdate

from hocbaso_app.services import duty, states, tasks

LINK = "/app/digital-record"


def recipients() -> list[str]:
    """Enabled users on the staff of a unit today; never a parent or a pupil."""
    columns = ["user", "from_date", "to_date"]
    rows = frappe.get_all("HBS Staff Member", {"user": ("is", "set")}, columns, order_by="name")
    users = {row.user for row in rows if duty.in_force(row)}
    where = {"name": ("in", sorted(users) or [""]), "enabled": 1, "user_type": "System User"}
    return list(frappe.get_all("User", where, pluck="name", order_by="name"))


def send(user: str) -> str | None:
    """Today's digest of one person; the Notification Log's name, None when nothing waits or it was sent already."""
    frappe.db.get_value("User", user, "name", for_update=True)
    if _sent_today(user):
        return None
    with states.in_vietnamese():
        rows = tasks.for_user(user)
        if not rows:
            return None
        subject, content = _subject(rows), _content(rows, _returned(user))
    log = frappe.get_doc(
        {
            "doctype": "Notification Log",
            "for_user": user,
            "type": "Alert",
            "subject": subject,
            "email_content": content,
            "link": f"{LINK}?day={getdate()}",
        }
    ).insert(ignore_permissions=True)
    if _wants_mail(user):
        frappe.sendmail(recipients=[user], subject=subject, message=content, reference_doctype=log.doctype)
    return str(log.name)


def _sent_today(user: str) -> bool:
    return bool(frappe.db.exists("Notification Log", {"for_user": user, "link": f"{LINK}?day={getdate()}"}))


def _subject(rows: list[dict[str, Any]]) -> str:
    late = sum(row["late"] for row in rows)
    day = formatdate(getdate(), "d/M")
    if late:
        return _("Digital records on {0}: {1} tasks wait for you, {2} of them late").format(day, len(rows), late)
    return _("Digital records on {0}: {1} tasks wait for you").format(day, len(rows))


def _content(rows: list[dict[str, Any]], returned: list[str]) -> str:
    def listed(lines: list[str]) -> str:
        return "<ul>" + "".join(f"<li>{escape_html(line)}</li>" for line in lines) + "</ul>"

    text = listed([tasks.sentence(row) for row in rows])
    if returned:
        text += f"<p>{escape_html(_('Returned to you:'))}</p>" + listed(returned)
    return text


def _returned(user: str) -> list[str]:
    """Records that came back to this person, with the remark."""
    from hocbaso_app.services import open_work

    scoped = open_work.Scoped(user, {})
    team = open_work.Team(scoped)
    lines = []
    for row in open_work.drafts_with_faults(scoped):
        for fault in open_work.faults_of(row):
            mine = any(person.user == user for person in open_work.owner(fault, row, team))
            if fault.get("code") == "RETURNED" and mine:
                lines.append(f"{row.full_name} ({row.student_group}): {row.returned_remark}")
    return lines


def _wants_mail(user: str) -> bool:
    """A mail only where the site can send one and the person has mails of the desk switched on."""
    from frappe.desk.doctype.notification_settings.notification_settings import is_email_notifications_enabled

    outgoing = frappe.db.exists("Email Account", {"enable_outgoing": 1, "default_outgoing": 1})
    return bool(outgoing and is_email_notifications_enabled(user))
