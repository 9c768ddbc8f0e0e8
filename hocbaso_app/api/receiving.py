"""Endpoints of the receiving desk: certificates to decide about, received records to read, messages to check anew."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import frappe

from hocbaso_app.jobs import exchange as sender
from hocbaso_app.jobs import receiving as worker
from hocbaso_app.permissions.limits import limited
from hocbaso_app.services import registering
from hocbaso_app.services.receiving import reading, registrations, settling


@frappe.whitelist()
def check_certificate(name: str) -> dict[str, Any]:
    """Chain, revocation and tax code of a registration, as they are now."""
    found = registrations.check(name)
    return {**asdict(found), "passed": found.passed, "may_decide": registrations.may_decide(name)}


@frappe.whitelist(methods=["POST"])
def decide_certificate(name: str, approve: bool | int | str, note: str = "") -> str:
    """An officer approves or refuses; the status that came of it."""
    return registrations.decide(name, approve=bool(frappe.utils.cint(approve)), note=note)


@frappe.whitelist(methods=["POST"])
def withdraw_certificate(name: str, note: str) -> None:
    """An officer withdraws an approved certificate."""
    registrations.withdraw(name, note)


@frappe.whitelist(methods=["POST"])
def try_again(name: str) -> None:
    """A message that could not be checked is checked anew."""
    settling.try_again(name)
    worker.wake()


@frappe.whitelist(methods=["GET", "POST"])
@limited(600, 60 * 60)
def record_page(name: str) -> str:
    """The received record as a page, from verified bytes."""
    return reading.page(name)


@frappe.whitelist()
def verdict(name: str) -> dict[str, Any]:
    """Whether the file was valid when it was received, and who signed it."""
    return reading.verdict(name)


@frappe.whitelist(methods=["GET", "POST"])
@limited(300, 60 * 60)
def record_pdf(name: str) -> None:
    """The received record as PDF."""
    _send(*reading.pdf(name), "pdf")


@frappe.whitelist(methods=["GET", "POST"])
@limited(300, 60 * 60)
def record_original(name: str) -> None:
    """The very octets that were received."""
    _send(*reading.original(name), "download")


@frappe.whitelist(methods=["POST"])
def register_certificate(unit: str) -> dict[str, str]:
    """The school declares its certificate to the authority."""
    answer = registering.register(unit)
    sender.wake()
    return answer


@frappe.whitelist(methods=["POST"])
def ask_certificate(unit: str) -> dict[str, str]:
    """The school asks now what became of it."""
    frappe.get_doc("HBS Portal Account", unit).check_permission("read")
    return registering.ask(unit)


def _send(data: bytes, file_name: str, kind: str) -> None:
    frappe.local.response.filename = file_name
    frappe.local.response.filecontent = data
    frappe.local.response.type = kind
