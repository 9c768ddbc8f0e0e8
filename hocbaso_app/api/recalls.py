"""Endpoints of the authority about recall requests: see, decide, ask, note."""

from __future__ import annotations

from typing import Any

import frappe
from frappe.utils import cint

from hocbaso_app.services.recall_cases import decide, ministry, review


@frappe.whitelist()
def view(name: str) -> dict[str, Any]:
    """What an officer sees before he decides."""
    return review.view(name)


@frappe.whitelist(methods=["POST"])
def decide_cases(names: list[str] | str, approve: bool | int | str, note: str = "") -> dict[str, Any]:
    """Approve or refuse these, each by itself."""
    return decide.decide_all(_names(names), approve=bool(cint(approve)), note=note)


@frappe.whitelist(methods=["POST"])
def ask_more(name: str, question: str) -> None:
    """Ask the school."""
    decide.ask_more(name, question)


@frappe.whitelist(methods=["POST"])
def note(name: str, text: str) -> None:
    """A remark among officers."""
    decide.add_note(name, text)


@frappe.whitelist(methods=["POST"])
def ministry_note(name: str, state: str, text: str) -> None:
    """What the Ministry was asked or answered."""
    ministry.note(name, state, text)


def _names(names: list[str] | str) -> list[str]:
    return frappe.parse_json(names) if isinstance(names, str) else names
