"""Cells of the matrix about anchors and revocation data: who sees them, who decides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import frappe
from frappe.desk.query_report import run as run_report

from hocbaso_app.api import trust
from hocbaso_app.permissions.matrix import DO
from hocbaso_app.services import trust_desk
from hocbaso_app.tests.world import acting_as


def _a_change(test: Any) -> None:
    unit = frappe.db.get_value("HBS Staff Member", {"user": test.people[DO]}, "unit")
    values = {"what": "Withdraw", "status": trust_desk.ASKED, "unit": unit, "sha256": "0" * 64}
    values |= {"reason": "Thử quyền quyết định", "asked_by": "Administrator"}
    doc = frappe.get_doc({"doctype": trust_desk.DOCTYPE, **values})
    doc.flags.hbs_service = True
    with acting_as("Administrator"):
        doc.insert(ignore_permissions=True)
    test.change = doc.name


def _sees(test: Any, actor: str) -> None:
    for report in ("HBS Trust Anchors", "HBS Revocation Data"):
        assert run_report(report)["result"]


def _decides(test: Any, actor: str) -> None:
    trust.refuse(test.change, "Chưa so dấu vân tay với văn bản")


ATTEMPTS: dict[str, Callable[[Any, str], None]] = {"see_trust": _sees, "decide_trust_change": _decides}
PREPARED: dict[str, Callable[[Any], None]] = {"decide_trust_change": _a_change}
