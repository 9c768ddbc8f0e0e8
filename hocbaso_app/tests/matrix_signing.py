"""Cells of the matrix about keys: services that sign, and signing that somebody else began."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import frappe

from hocbaso_app.services import sign
from hocbaso_app.services.signing import asking, browser, continued, values
from hocbaso_app.tests.world import acting_as


def _enter_service(test: Any, actor: str) -> None:
    own = frappe.db.get_value("HBS Staff Member", {"user": test.people[actor]}, "unit") or test.play.world.unit
    facts = {"service_name": "Ký từ xa", "kind": "CSC remote signing", "address": "https://ky.example.invalid/csc/v2"}
    frappe.get_doc({"doctype": "HBS Signing Service", "unit": own, **facts}).insert()


def _another_signs(test: Any) -> None:
    """A teacher who is none of the table's people has confirmed, and his key has not answered yet."""
    logins = [test.play.world.user_of(person) for person in test.play.specialists]
    other = next(login for login in logins if login not in test.people.values())
    with acting_as(other):
        test.batch = sign.open_batch("gvbm", [test.record])[0]


def _go_on_for_another(test: Any, actor: str) -> None:
    part = test.batch.items[0].name
    tried: tuple[Callable[[], object], ...] = (
        lambda: browser.parts(test.batch.name),
        lambda: browser.take(test.batch.name, {part: b"x" * 64}),
        lambda: continued.go_on(test.batch.name, test.batch.certificate),
        lambda: asking.withdraw(test.batch.name),
        lambda: values.discard(test.batch.name),
    )
    refused = 0
    for way in tried:
        try:
            way()
        except frappe.PermissionError:
            refused += 1
    if refused == len(tried):
        raise frappe.PermissionError


ATTEMPTS: dict[str, Callable[[Any, str], None]] = {
    "enter_signing_service": _enter_service,
    "go_on_for_another": _go_on_for_another,
}
PREPARED: dict[str, Callable[[Any], None]] = {"go_on_for_another": _another_signs}
