"""Endpoints of the page “Ready to sign”, and the principal's answer to a pattern of signing."""

from __future__ import annotations

from typing import Any

import frappe

from hocbaso_app.permissions.limits import limited
from hocbaso_app.services.patterns import answer
from hocbaso_app.services.rehearsal import desk, run


@frappe.whitelist()
def page(unit: str | None = None) -> dict[str, Any]:
    """One school's signers, tried now."""
    return desk.page(unit)


@frappe.whitelist(methods=["POST"])
@limited(20, 60 * 60)
def rehearse(unit: str) -> dict[str, Any]:
    """A rehearsal now, services asked; kept and told."""
    run.require_may(unit)
    return {"rehearsal": run.rehearse(unit).name}


@frappe.whitelist(methods=["POST"])
def answer_pattern(pattern: str, comment: str) -> None:
    """The principal says what he found out; office and auditor read it from then on."""
    answer.answer(pattern, comment)
