"""Endpoints of the enrolment page and of the administrator's decision on a certificate."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError
from hocbaso_app.permissions.limits import limited
from hocbaso_app.services import certificates
from hocbaso_app.services.enrolment import desk, enrol, reading, trial

LONGEST_FILE = 64 * 1024


@frappe.whitelist()
def mine() -> dict[str, Any]:
    """What the page shows first: my certificates, how far each is, and where a new one may come from."""
    return desk.mine(frappe.session.user)


@frappe.whitelist(methods=["POST"])
@limited(60, 60 * 60)
def read(
    holder_kind: str,
    unit: str,
    key_source: str,
    service: str | None = None,
    credential: str | None = None,
    pem: str | None = None,
    key_file: str | None = None,
    password: str | None = None,
    otp: str | None = None,
) -> dict[str, Any]:
    """The certificate at the chosen place, with each question about it answered; nothing is entered yet."""
    place = _place(holder_kind, unit, key_source, service, credential, pem, key_file)
    certificate, found = reading.read(place, password or "", otp or "")
    return desk.shown(certificate, found)


@frappe.whitelist(methods=["POST"])
@limited(60, 60 * 60)
def enter(
    holder_kind: str,
    unit: str,
    key_source: str,
    service: str | None = None,
    credential: str | None = None,
    pem: str | None = None,
    key_file: str | None = None,
    password: str | None = None,
    otp: str | None = None,
) -> dict[str, str]:
    """Enter it; it waits for a test signature and for approval."""
    place = _place(holder_kind, unit, key_source, service, credential, pem, key_file)
    return {"certificate": enrol.enrol(place, password or "", otp or "")}


@frappe.whitelist(methods=["POST"])
def begin_test(certificate: str) -> dict[str, Any]:
    """Octets for a key that only the person's own computer reaches, base64."""
    return trial.begin(certificate)


@frappe.whitelist(methods=["POST"])
@limited(60, 60 * 60)
def finish_test(certificate: str, value: str) -> dict[str, Any]:
    """The value that the person's own computer made, base64."""
    return trial.finish(certificate, _octets(value))


@frappe.whitelist(methods=["POST"])
@limited(60, 60 * 60)
def sign_test(certificate: str, password: str | None = None, otp: str | None = None) -> dict[str, Any]:
    """The test signature with a key that the site reaches; a phone may have to answer first."""
    return trial.sign(certificate, password or "", otp or "")


@frappe.whitelist(methods=["POST"])
def ask_test(certificate: str) -> dict[str, Any]:
    """Whether the phone answered."""
    return trial.collect(certificate)


@frappe.whitelist(methods=["POST"])
def give_up(certificate: str) -> None:
    """Take back what waits for approval."""
    enrol.give_up(certificate)


@frappe.whitelist()
def questions(certificate: str) -> list[dict[str, Any]]:
    """Each question about an entered certificate, answered now; for who may read it."""
    return desk.questions(certificate)


@frappe.whitelist(methods=["POST"])
def approve(certificate: str) -> None:
    """The administrator takes it into use."""
    certificates.approve(certificate)


@frappe.whitelist(methods=["POST"])
def refuse(certificate: str, reason: str) -> None:
    """The administrator does not."""
    certificates.refuse(certificate, reason)


@frappe.whitelist(methods=["POST"])
def withdraw(certificate: str) -> None:
    """It may not be used any more; what it signed stays valid."""
    certificates.withdraw(certificate)


def _place(
    holder_kind: str,
    unit: str,
    key_source: str,
    service: str | None,
    credential: str | None,
    pem: str | None,
    key_file: str | None,
) -> reading.Place:
    octets = _octets(key_file) if key_file else b""
    if len(octets) > LONGEST_FILE or len(pem or "") > LONGEST_FILE:
        frappe.throw(_("This file is too large for a certificate."), HbsError)
    return reading.Place(holder_kind, unit, key_source, service or None, credential or None, pem or "", octets)


def _octets(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError, TypeError):
        frappe.throw(_("What arrived is not readable. Try again."), HbsError)
        raise AssertionError from None
