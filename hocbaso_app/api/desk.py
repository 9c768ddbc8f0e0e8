"""Endpoints of the workspace, its number cards and charts, and the filters of the list."""

from __future__ import annotations

from typing import Any

import frappe

from hocbaso_app.services import alarm, desk, tasks


@frappe.whitelist()
def my_work() -> dict[str, Any]:
    """What the block of the workspace shows."""
    return desk.my_work(frappe.session.user)


@frappe.whitelist()
def me() -> dict[str, list[str]]:
    """My names and the classes I lead."""
    return desk.me(frappe.session.user)


@frappe.whitelist()
def choices() -> dict[str, list[Any]]:
    """Classes, school years and schools to choose from in the reports."""
    return desk.choices(frappe.session.user)


@frappe.whitelist()
def parts_waiting_for_me() -> dict[str, Any]:
    """Number card: parts of pupils that wait for me."""
    return desk.card(tasks.for_user(frappe.session.user))


@frappe.whitelist()
def parts_of_mine_late() -> dict[str, Any]:
    """Number card: those whose last day has passed."""
    return desk.card([row for row in tasks.for_user(frappe.session.user) if row["late"]])


@frappe.whitelist()
def records_by_state() -> dict[str, Any]:
    """Chart: the user's records by state."""
    return desk.records_by_state(frappe.session.user)


@frappe.whitelist()
def released_by_class() -> dict[str, Any]:
    """Chart: released and open records of each class."""
    return desk.released_by_class(frappe.session.user)


@frappe.whitelist()
def signatures_per_day() -> dict[str, Any]:
    """Chart: signatures on each of the last two weeks."""
    return desk.signatures_per_day(frappe.session.user)


@frappe.whitelist()
def signed_and_unsent() -> dict[str, Any]:
    """Number card: signed and not at the city database for longer than the alarm allows."""
    return alarm.card(frappe.session.user)
