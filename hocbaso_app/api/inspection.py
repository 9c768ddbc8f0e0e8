"""Endpoints of inspections and samples."""

from __future__ import annotations

from typing import Any

import frappe

from hocbaso_app.services.inspection import decisions, samples


@frappe.whitelist(methods=["POST"])
def end(name: str) -> None:
    """A decision ends before its last day."""
    decisions.end(name)


@frappe.whitelist()
def readings(name: str) -> list[dict[str, Any]]:
    """What was read under a decision."""
    return decisions.readings(name)


@frappe.whitelist(methods=["POST"])
def draw(name: str) -> int:
    """Draw the sample; gives how many records."""
    return samples.draw(name)


@frappe.whitelist()
def draw_again(name: str) -> list[str]:
    """Schools whose sample comes out otherwise with the same seed."""
    return samples.draw_again(name)


@frappe.whitelist(methods=["POST"])
def look(name: str, result: str, finding: str = "") -> None:
    """What was found in one record."""
    samples.look(name, result, finding)


@frappe.whitelist(methods=["POST"])
def finish(name: str) -> None:
    """The sample is finished."""
    samples.finish(name)
