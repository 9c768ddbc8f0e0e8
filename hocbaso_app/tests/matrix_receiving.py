"""Cells of the matrix about the receiving desk: the inbox, certificates of schools, their accounts, the settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import frappe

from hocbaso_app.services.receiving import registrations, settings
from hocbaso_app.services.receiving.books import ITEM, MESSAGE, RECORD

REGISTRATION = "dang-ky-thu"


def _insert(doctype: str, name: str, **values: Any) -> None:
    doc = frappe.get_doc({"doctype": doctype, **values})
    doc.flags.hbs_service = True
    doc.insert(ignore_permissions=True, set_name=name)


def _one_message(test: Any) -> None:
    """A school has sent something."""
    unit = test.play.world.unit
    name, item, code = (frappe.generate_hash(length=36) for _ in range(3))
    _insert(MESSAGE, name, unit=unit, kind="Records", status="Settled")
    _insert(ITEM, item, unit=unit, message=name)
    _insert(RECORD, code, unit=unit, message=name, status="Active")


def _sees_inbox(test: Any, actor: str) -> None:
    for doctype in (MESSAGE, ITEM, RECORD):
        if not frappe.get_list(doctype, {"unit": test.play.world.unit}, order_by="name"):
            raise frappe.PermissionError


def _one_registration(test: Any) -> None:
    """The school's certificate waits at the department, which receives here."""
    seal = {"unit": test.play.world.unit, "holder_kind": "Unit"}
    pem, sha256 = frappe.db.get_value("HBS Certificate", seal, ["pem", "sha256"])
    _insert(registrations.DOCTYPE, REGISTRATION, unit=test.play.world.unit, pem=pem, sha256=sha256, status="Waiting")
    frappe.db.set_single_value(settings.DOCTYPE, {"enabled": 1, "unit": "31", "public_address": "http://127.0.0.1"})
    frappe.clear_document_cache(settings.DOCTYPE, settings.DOCTYPE)


def _decide(test: Any, actor: str) -> None:
    with patch.object(frappe.db, "commit", lambda: None):
        registrations.decide(REGISTRATION, approve=False, note="Thử quyền")


def _new_login(test: Any, actor: str) -> None:
    login = {"doctype": "HBS Portal Login", "user_name": "th-thu-quyen", "new_password": "mat-khau-thu-quyen"}
    frappe.get_doc({**login, "unit": test.play.world.unit}).insert()


def _set(test: Any, actor: str) -> None:
    doc = frappe.get_single(settings.DOCTYPE)
    doc.list_age_hours = 48
    doc.save()


ATTEMPTS: dict[str, Callable[[Any, str], None]] = {
    "see_inbox": _sees_inbox,
    "decide_registration": _decide,
    "give_portal_login": _new_login,
    "set_receiving": _set,
}
PREPARED: dict[str, Callable[[Any], None]] = {"see_inbox": _one_message, "decide_registration": _one_registration}
