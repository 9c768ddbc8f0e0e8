"""Cells of the matrix about certificates, rehearsals, patterns of signing and accounts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import frappe
from cryptography.hazmat.primitives.serialization import Encoding
from frappe.desk.query_report import run as run_report
from frappe.utils import add_days, now_datetime

from hocbaso_app.api import enrolment, readiness
from hocbaso_app.demo.ca import DemoCA
from hocbaso_app.services import convert
from hocbaso_app.services.key_sources import kinds
from hocbaso_app.services.patterns import finding
from hocbaso_app.tests.signers import certificate_of
from hocbaso_app.tests.world import acting_as


def _enrol(test: Any, actor: str, key: Any, kind: str, unit: str) -> None:
    pem = key.certificate.public_bytes(Encoding.PEM).decode()
    enrolment.enter(holder_kind=kind, unit=unit, key_source=kinds.PLUGIN, pem=pem)


def _ca() -> DemoCA:
    return DemoCA.create(convert.now() - timedelta(minutes=1))


def _own(test: Any, actor: str) -> None:
    staff = frappe.db.get_value("HBS Staff Member", {"user": test.people[actor]}, ["citizen_id", "unit"]) or (
        "0" * 12,
        "",
    )
    _enrol(test, actor, _ca().person(actor, staff[0], algorithm="ec"), "Person", staff[1])


def _seal(test: Any, actor: str) -> None:
    school = test.play.school
    key = _ca().organisation(school.name, school.tax_code, algorithm="ec")
    _enrol(test, actor, key, "Unit", test.play.world.unit)


def _anothers(test: Any, actor: str) -> None:
    enrolment.begin_test(certificate_of(test.play, test.play.specialists[1]))


def _see_readiness(test: Any, actor: str) -> None:
    if not readiness.page(test.play.world.unit)["signers"]:
        raise frappe.PermissionError


def _rehearse(test: Any, actor: str) -> None:
    readiness.rehearse(test.play.world.unit)


def _pattern(test: Any, open_from: Any) -> None:
    values = {"kind": "Many signers on one device", "weight": 50, "sentence": "Thử.", "fingerprint": "f" * 64}
    values |= {"unit": test.play.world.unit, "open_from": open_from, "answer_until": add_days(now_datetime(), 7)}
    doc = frappe.get_doc({"doctype": finding.DOCTYPE, **values})
    doc.flags.hbs_service = True
    with acting_as("Administrator"):
        doc.insert(ignore_permissions=True)
    test.pattern = doc.name


def _new_pattern(test: Any) -> None:
    _pattern(test, add_days(now_datetime(), 7))


def _old_pattern(test: Any) -> None:
    _pattern(test, add_days(now_datetime(), -1))


def _see_pattern(test: Any, actor: str) -> None:
    frappe.get_doc(finding.DOCTYPE, test.pattern).check_permission("read")
    if test.pattern not in [row["name"] for row in run_report("HBS Signing Patterns")["result"]]:
        raise frappe.PermissionError


def _answer(test: Any, actor: str) -> None:
    readiness.answer_pattern(test.pattern, "Đã hỏi từng người, ai cũng tự ký.")


def _accounts(test: Any, actor: str) -> None:
    if not [row for row in run_report("HBS Accounts")["result"] if row["unit"] == test.play.world.unit]:
        raise frappe.PermissionError


ATTEMPTS: dict[str, Callable[[Any, str], None]] = {
    "enrol_own_certificate": _own,
    "enrol_seal": _seal,
    "try_anothers_certificate": _anothers,
    "see_readiness": _see_readiness,
    "rehearse_signing": _rehearse,
    "see_new_pattern": _see_pattern,
    "see_pattern": _see_pattern,
    "answer_pattern": _answer,
    "see_accounts": _accounts,
}
PREPARED: dict[str, Callable[[Any], None]] = {
    "see_new_pattern": _new_pattern,
    "see_pattern": _old_pattern,
    "answer_pattern": _old_pattern,
}
