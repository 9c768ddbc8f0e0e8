"""Certificates of signers and schools: read, bind to the holder, approve, withdraw."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.utils import getdate, now_datetime

from hocbaso_app.exceptions import HbsError, NotYoursError
from hocbaso_app.services import audit, duty, officers, own_hands, states


def describe(doc: Any) -> None:
    """Fill an HBS Certificate from its PEM; refuses private keys and certificates of somebody else."""
    from cryptography.hazmat.primitives import hashes

    from hocbaso_app.services.enrolment import checks
    from hocbaso_app.signing import identity

    certificate = checks.load(doc.pem)
    person = doc.holder_kind == "Person"
    if person:
        doc.unit = frappe.db.get_value("HBS Staff Member", doc.staff, "unit")
    number, expected = number_in(certificate, person), number_of_holder(doc.holder_kind, doc.staff, doc.unit)
    if not number or number != expected:
        frappe.throw(
            _("The certificate is not this holder's: it says {0}, expected {1}.").format(
                number or "-", expected or "-"
            ),
            HbsError,
        )
    doc.common_name = identity.common_name(certificate)
    doc.subject_number = number
    doc.issuer = certificate.issuer.rfc4514_string()[:250]
    doc.serial_number = f"{certificate.serial_number:x}"
    doc.sha256 = certificate.fingerprint(hashes.SHA256()).hex()
    doc.valid_from = local(certificate.not_valid_before_utc)
    doc.valid_to = local(certificate.not_valid_after_utc)
    doc.status = "Pending"


def number_in(certificate: Any, person: bool) -> str | None:
    """The citizen ID or tax code that the certificate names."""
    from hocbaso_app.signing import identity

    return identity.person_id(certificate) if person else identity.tax_code(certificate)


def number_of_holder(holder_kind: str, staff: str | None, unit: str | None) -> str | None:
    """The number that a certificate must name: the person's citizen ID or the unit's tax code."""
    if holder_kind == "Person":
        return frappe.db.get_value("HBS Staff Member", staff, "citizen_id")
    return frappe.db.get_value("HBS Unit", unit, "tax_code")


def local(moment: Any) -> Any:
    """A moment as the naive time of the site's zone, as Frappe stores times."""
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(frappe.utils.get_system_timezone())
    return moment.astimezone(zone).replace(tzinfo=None)


def approve(name: str) -> None:
    """A pending certificate may be used from now on; the one it renews is withdrawn with it."""
    doc = _waiting(name)
    own = _require_other_hands(doc)
    require_tested(doc)
    replaced = doc.get("replaces")
    _write(doc, "certificate approved", {"own": own, "renews": replaced}, status="Approved", **_by_me())
    if replaced and frappe.db.get_value("HBS Certificate", replaced, "status") == "Approved":
        old = frappe.get_doc("HBS Certificate", replaced, for_update=True)
        facts = {"renewed by": name}
        _write(old, "certificate withdrawn", facts, status="Withdrawn", withdrawn_at=now_datetime())


def refuse(name: str, reason: str) -> None:
    """A pending certificate is not taken into use; its holder reads why."""
    if not (reason or "").strip():
        frappe.throw(_("Say in a sentence why it is refused; its holder reads it."), HbsError)
    doc = _waiting(name)
    close(doc, reason.strip()[:500])
    holder = frappe.db.get_value("HBS Staff Member", doc.staff, "user") if doc.staff else doc.get("enrolled_by")
    if holder and holder != frappe.session.user:
        with states.in_vietnamese():
            text = _("Your certificate was not approved: {0}").format(doc.refused_reason)
        officers.tell([holder], text, doc.doctype, doc.name, link="/app/hbs-enrolment")


def close(doc: Any, reason: str) -> None:
    """A pending certificate is out, with the reason."""
    _write(doc, "certificate refused", {"reason": reason}, status="Refused", refused_reason=reason)


def withdraw(name: str) -> None:
    """An approved certificate may not be used any more; signatures made before stay valid."""
    doc = _in_state(name, "Approved")
    _write(doc, "certificate withdrawn", {}, status="Withdrawn", withdrawn_at=now_datetime())


def untested(row: Any) -> str | None:
    """Why a certificate without a test signature may not be used, from the day that the settings name; else None."""
    day = frappe.get_cached_doc("HBS Settings").get("tests_required_from")
    if not day or getdate(day) > getdate() or row.get("tested_at"):
        return None
    return str(_("This certificate was never tried. Its holder signs once for a test under “Enrol certificate” first."))


def require_tested(row: Any) -> None:
    """The same as a refusal."""
    sentence = untested(row)
    if sentence:
        frappe.throw(sentence, NotYoursError)


def _waiting(name: str) -> Any:
    return _in_state(name, "Pending")


def _in_state(name: str, expected: str) -> Any:
    doc = frappe.get_doc("HBS Certificate", name, for_update=True)
    doc.check_permission("write")
    own_hands.require_own_session()
    duty.require_of_admin(doc.unit, "certificates")
    if doc.status != expected:
        frappe.throw(_("This certificate is {0}.").format(_(doc.status)), HbsError)
    return doc


def _require_other_hands(doc: Any) -> bool:
    """Nobody approves his own, unless the unit has nobody else who may; gives whether it is his own."""
    user = frappe.session.user
    holder = frappe.db.get_value("HBS Staff Member", doc.staff, "user") if doc.staff else doc.get("enrolled_by")
    if user == "Administrator" or user != holder:
        return False
    others = [other for other in officers.administrators(doc.unit) if other != user and may_decide(other, doc.unit)]
    if others:
        names = ", ".join(frappe.utils.get_fullname(other) for other in others[:3])
        frappe.throw(_("Nobody approves his own certificate. Ask {0}.").format(names), NotYoursError)
    return True


def may_decide(user: str, unit: str) -> bool:
    """Whether a school's administrator may decide on its certificates today: by the duty where there is a board."""
    if not frappe.db.exists("HBS Board", {"unit": unit}):
        return True
    return "certificates" in duty.rights_of(user, unit)


def _by_me() -> dict[str, Any]:
    return {"approved_by": frappe.session.user, "approved_at": now_datetime()}


def _write(doc: Any, action: str, facts: dict[str, Any], **values: Any) -> None:
    doc.update(values)
    doc.flags.hbs_service = True
    doc.save(ignore_permissions=True)
    holder = {"holder": doc.common_name, "sha256": doc.sha256}
    told = {name: value for name, value in facts.items() if value}
    audit.write(action, "HBS Certificate", doc.name, doc.unit, holder | told)
