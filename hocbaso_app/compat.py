"""Where Frappe 15 and 16 say the same thing differently."""

from __future__ import annotations

import frappe


def in_test() -> bool:
    """Whether Frappe's test runner is at work: a flag in 15, a value of the module in 16."""
    return bool(getattr(frappe, "in_test", False) or frappe.flags.get("in_test"))
