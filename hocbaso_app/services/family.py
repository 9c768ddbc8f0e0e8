"""What parents see: released records of their own children, in words meant for them (QĐ Điều 3.k5, Điều 4.k4).

Somebody is family when a Guardian of Education bears his login and stands in the
pupil's list of guardians today. Whatever is not his own child's does not exist for him.
"""

from __future__ import annotations

from typing import Any, NoReturn

import frappe
from frappe import _
from frappe.utils import format_date, format_datetime

from hocbaso_app.services import access, files, preview, prints, recalled, states

RECALL = "HBS Recall Request"
LIMIT, SECONDS = 120, 600
"""Requests of one login within so many seconds."""


def require_family() -> str:
    """The login, when it is a parent's: a website user; staff have the desk."""
    user = str(frappe.session.user)
    if user == "Guest" or frappe.db.get_value("User", user, "user_type") != "Website User":
        not_found()
    _count(user)
    return user


def not_found() -> NoReturn:
    """The one answer for foreign, unreleased and invented records."""
    frappe.throw(_("There is no such record of your children."), frappe.DoesNotExistError)
    raise AssertionError


def children(user: str) -> list[Any]:
    """Pupils in whose list of guardians the user stands, by name."""
    guardians = frappe.get_all("Guardian", {"user": user}, pluck="name", order_by="name")
    if not guardians:
        return []
    listed = {"guardian": ("in", guardians), "parenttype": "Student"}
    names = set(frappe.get_all("Student Guardian", listed, pluck="parent", order_by="parent"))
    return frappe.get_all(
        "Student", {"name": ("in", sorted(names))}, ["name", "student_name"], order_by="student_name, name"
    )


def home_page(user: str) -> str | None:
    """Hook ``get_website_user_home_page``: a parent comes to his children's records after the login."""
    return "hoc-ba" if frappe.db.exists("Guardian", {"user": user}) else None


def log_in_first() -> None:
    """A guest is sent to the login and then to his children; for now only (302), not for ever."""
    if frappe.session.user == "Guest":
        frappe.local.flags.redirect_location = "/login?redirect-to=/hoc-ba"
        raise frappe.Redirect(302)


def overview() -> list[dict[str, Any]]:
    """Child by child: years with their released files, the newest first."""
    user = require_family()
    found = []
    for child in children(user):
        records = frappe.get_all("HBS Record", {"student": child.name}, ["*"], order_by="school_year desc, name desc")
        years = [_year(record) for record in records]
        found.append({"name": child.student_name, "years": [year for year in years if year["files"]]})
    return found


def page(name: str, version: str | None = None) -> dict[str, Any]:
    """One file for a phone: the core's page from verified bytes, where it stands, who has read it."""
    record, stored = _own(name, version)
    html = preview.page_of(record, stored.name)
    access.note(record, access.OPENED, access.FAMILY, version=stored.name)
    return {"record": record, "html": html, "file": _file(record, stored), "readings": readings(record.name)}


def pdf(name: str, version: str | None = None) -> prints.Made:
    """The print “for information” of an own child's released file."""
    record, stored = _own(name, version)
    made = prints.pdf(record, prints.INFORMATION, stored.name)
    access.note(record, access.PRINTED, access.FAMILY, version=stored.name)
    return made


def readings(record: str, limit: int = 30) -> list[dict[str, str]]:
    """Who has read or printed the record lately: in which capacity, not by name."""
    rows = frappe.get_all(
        access.DOCTYPE, {"record": record}, ["at", "reader_kind", "action"], order_by="at desc, name desc", limit=limit
    )
    return [
        {"at": format_datetime(row.at, "HH:mm dd/MM/yyyy"), "who": _(row.reader_kind), "what": _(row.action)}
        for row in rows
    ]


def _own(name: str, version: str | None) -> tuple[Any, Any]:
    user = require_family()
    student = frappe.db.get_value("HBS Record", name, "student")
    if not student or student not in {child.name for child in children(user)}:
        not_found()
    released = released_files(name)
    wanted = [f for f in released if f.name == version] if version else released
    if not wanted:
        not_found()
    return frappe.get_doc("HBS Record", name), wanted[0]


def released_files(record: str) -> list[Any]:
    """Files of a record that were ever released, the newest first."""
    return frappe.get_all(
        files.DOCTYPE,
        {"record": record, "released_on": ("is", "set")},
        ["name", "record", "status", "released_on", "issue_number", "record_code"],
        order_by="issue_number desc, name desc",
    )


def _year(record: Any) -> dict[str, Any]:
    return {
        "record": record.name,
        "school_year": record.school_year,
        "class_name": record.class_name,
        "school_name": record.school_name,
        "files": [_file(record, stored) for stored in released_files(record.name)],
    }


def _file(record: Any, stored: Any) -> dict[str, Any]:
    current = stored.status == "Released"
    return {
        "version": stored.name,
        "issue_number": stored.issue_number,
        "in_force": current,
        "sentence": _sentence(record, stored, current),
        "reason": None if current else reason(stored.name),
    }


def _sentence(record: Any, stored: Any, current: bool) -> str:
    day = format_date(stored.released_on, "dd/MM/yyyy")
    if not current:
        told = recalled.of(stored) or {}
        text = _("Recalled, no longer valid. It was released on {0}.").format(day)
        if told.get("at"):
            text += " " + _("Recalled on {0}.").format(format_date(told["at"], "dd/MM/yyyy"))
        if told.get("replaced_by_issue"):
            text += " " + _("Issue {0} takes its place.").format(told["replaced_by_issue"])
        return text
    if record.state == states.ACCEPTED:
        return _("In force. Released by the school on {0}, received by the city database.").format(day)
    return _("In force. Released by the school on {0}.").format(day)


def reason(version: str) -> str | None:
    """Why a file was recalled, in words for the family: what the school corrects. Who erred is not theirs to read."""
    recalled = {"version": version, "status": "Approved", "parenttype": RECALL}
    rows = frappe.get_all("HBS Recall Item", recalled, pluck="part", order_by="creation desc, name desc", limit=1)
    if not rows:
        return None
    if not rows[0]:
        return _("The school corrects this record and will release a new issue.")
    subject = frappe.db.get_value("HBS Subject", rows[0], "subject_name")
    return _("The school corrects {0} and will release a new issue.").format(subject)


def _count(user: str) -> None:
    key = frappe.cache.make_key(f"hbs-family:{user}")
    used = frappe.cache.incrby(key, 1)
    if used == 1:
        frappe.cache.expire(key, SECONDS)
    if used > LIMIT:
        frappe.throw(_("Too many requests. Please wait a few minutes and try again."), frappe.RateLimitExceededError)
