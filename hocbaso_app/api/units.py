"""Endpoints of changes of units by date and decision."""

from __future__ import annotations

from datetime import date
from typing import Any

import frappe

from hocbaso_app.jobs import units as worker
from hocbaso_app.services.units import changes


@frappe.whitelist()
def preview(action: str, unit: str, on: date | str, into: str | None = None) -> list[str]:
    """What the change means, in sentences."""
    return changes.preview(action, unit, on, into)


@frappe.whitelist(methods=["POST"])
def rename(unit: str, new_name: str, on: date | str, decision: str) -> None:
    """Another name from the day on."""
    changes.rename(unit, new_name, on, decision)


@frappe.whitelist(methods=["POST"])
def move(unit: str, into: str, on: date | str, decision: str) -> None:
    """Below another unit from the day on."""
    changes.move(unit, into, on, decision)
    worker.refresh([unit])


@frappe.whitelist(methods=["POST"])
def merge(unit: str, into: str, on: date | str, decision: str, take_staff: int | str = 1) -> list[str]:
    """Into another unit on the day; gives the units that move along."""
    moved = changes.merge(unit, into, on, decision, take_staff)
    worker.refresh(moved)
    return moved


@frappe.whitelist(methods=["POST"])
def end(unit: str, on: date | str, decision: str) -> None:
    """Not in being from the day on."""
    changes.end(unit, on, decision)


@frappe.whitelist()
def children(doctype: str = "HBS Unit", parent: str = "", is_root: bool | str = False, **_filters: Any) -> list[Any]:
    """Units below one, for the tree; only those that the user may read."""
    return changes.children("" if str(is_root).lower() in ("1", "true") else parent)
