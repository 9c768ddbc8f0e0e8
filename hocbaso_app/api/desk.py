"""Endpoints of the workspace, its number cards and charts, and the filters of the list."""

from __future__ import annotations

from typing import Any

import frappe

from hocbaso_app.services import desk, tasks


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
def parts_waiting_for_me(filters: str | None = None) -> dict[str, Any]:
    """Number card: parts of pupils that wait for me."""
    return desk.card(tasks.for_user(frappe.session.user))


@frappe.whitelist()
def parts_of_mine_late(filters: str | None = None) -> dict[str, Any]:
    """Number card: those whose last day has passed."""
    return desk.card([row for row in tasks.for_user(frappe.session.user) if row["late"]])


@frappe.whitelist()
def signatures_per_day(
    chart_name: str | None = None,
    chart: Any = None,
    no_cache: Any = None,
    filters: Any = None,
    from_date: Any = None,
    to_date: Any = None,
    timespan: Any = None,
    time_interval: Any = None,
    heatmap_year: Any = None,
) -> dict[str, Any]:
    """Chart: signatures on each of the last thirty days; the desk's other arguments are not used."""
    return desk.signatures_per_day()
