"""Endpoints of the channel between two sites."""

from __future__ import annotations

from typing import Any

import frappe

from hocbaso_app.jobs import channel as jobs
from hocbaso_app.services.channel import taking


@frappe.whitelist()
def check_bulletin(name: str) -> dict[str, Any]:
    """A kept bulletin, its seal judged again."""
    return taking.check_again(name)


@frappe.whitelist(methods=["POST"])
def ask_now(name: str) -> None:
    """Ask and tell soon, of a school's own channel."""
    frappe.get_doc("HBS Channel", name).check_permission("read")
    jobs.wake()
