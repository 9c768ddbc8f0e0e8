"""Endpoints of a record's life before signing. Each checks types, then calls one service."""

from __future__ import annotations

import frappe

from hocbaso_app.services import check, initialise, read_in


@frappe.whitelist(methods=["POST"])
def read_in_class(student_group: str) -> dict[str, int]:
    """Write the drafts that the dry run (``api.education.plan_class``) showed."""
    return read_in.read_in(student_group)


@frappe.whitelist(methods=["POST"])
def initialise_class(student_group: str, released_at: str | None = None) -> dict[str, list[str]]:
    """Make the files of a class; names of those made and of those refused with the first fault."""
    return initialise.initialise_class(student_group, released_at)


@frappe.whitelist(methods=["POST"])
def confirm_check(names: list[str] | str) -> list[str]:
    """“I have seen my parts of these records.”"""
    return check.seen(_names(names))


@frappe.whitelist(methods=["POST"])
def report_fault(name: str, remark: str, subject: str | None = None) -> None:
    """A fault before anybody signed; ``subject``: code of the part it is in."""
    check.fault(name, remark, subject)


@frappe.whitelist(methods=["POST"])
def return_record(name: str, remark: str, subject: str | None = None) -> None:
    """Homeroom teacher or principal: back to draft; ``subject``: code of the part that must be mended."""
    check.return_record(name, remark, subject)


def _names(names: list[str] | str) -> list[str]:
    """Lists come as JSON text from the desk's forms."""
    return frappe.parse_json(names) if isinstance(names, str) else names
