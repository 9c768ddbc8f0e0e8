"""What is asked of a certificate before it is used; each question with its sentence, for a person to read."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError
from hocbaso_app.services import certificates, trust

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

HOLDER, USAGE, DATES, PATH, REVOCATION = "holder", "usage", "dates", "path", "revocation"
AUTHORITY = "authority"
REVOKED = ("REVOKED", "REVOKED_NO_POE", "REVOKED_CA_NO_POE")
STALE = "TRY_LATER"


@dataclass(frozen=True)
class Check:
    """One question; ``ok`` is None when it can't be answered now."""

    key: str
    title: str
    ok: bool | None
    sentence: str


def titles() -> dict[str, str]:
    """Question → as a teacher reads it."""
    return {
        HOLDER: _("Whose certificate it is"),
        USAGE: _("Made for signing"),
        DATES: _("In its dates"),
        PATH: _("Issued by a trusted authority"),
        REVOCATION: _("Not revoked"),
        AUTHORITY: _("Approved by the authority"),
    }


def load(pem: str) -> Certificate:
    """The public certificate of a PEM text; a sentence when it is none, or holds a private key."""
    from cryptography import x509

    text = pem or ""
    if "PRIVATE KEY" in text:
        frappe.throw(_("This text holds a private key. Enter only the public certificate."), HbsError)
    try:
        return x509.load_pem_x509_certificate(text.encode())
    except ValueError:
        frappe.throw(_("This is not a certificate in PEM form."), HbsError)
        raise AssertionError from None


def of(certificate: Certificate, person: bool, expected: str | None, moment: datetime) -> list[Check]:
    """All five, in the order in which they are mended; ``expected`` is the number its holder is bound by."""
    found = [
        _holder(certificate, person, expected),
        _usage(certificate),
        _dates(certificate, moment),
        *_path(certificate, moment),
    ]
    names = titles()
    return [Check(key, names[key], ok, sentence) for key, ok, sentence in found]


def of_document(doc: Any, moment: datetime) -> list[Check]:
    """The same for an HBS Certificate."""
    expected = certificates.number_of_holder(doc.holder_kind, doc.staff, doc.unit)
    found = of(load(doc.pem), doc.holder_kind == "Person", expected, moment)
    return found if doc.holder_kind == "Person" else [*found, _authority(doc.sha256, doc.unit, moment)]


def _authority(sha256: str, unit: str, moment: datetime) -> Check:
    """Whether the department's registry lists the school's certificate: without that no release verifies."""
    code = frappe.db.get_value("HBS Unit", unit, "code")
    school = trust.store().registry.school(code or "")
    if school and school.approved_at(sha256, moment):
        return Check(AUTHORITY, titles()[AUTHORITY], True, _("The department's registry lists it."))
    text = _("The department has not approved it yet: register it from the school's account at the city database.")
    return Check(AUTHORITY, titles()[AUTHORITY], None, text)


def as_rows(found: list[Check]) -> list[dict[str, Any]]:
    """For the desk."""
    return [asdict(check) for check in found]


def first_refusal(found: list[Check], *keys: str) -> str | None:
    """The sentence of the first of these questions that was answered with no."""
    return next((check.sentence for check in found if check.ok is False and check.key in keys), None)


Answer = tuple[str, bool | None, str]


def _holder(certificate: Certificate, person: bool, expected: str | None) -> Answer:
    number = certificates.number_in(certificate, person)
    if number and number == expected:
        text = _("It names {0}, as the staff entry does.") if person else _("It names tax code {0}, as the unit does.")
        return HOLDER, True, text.format(number)
    if not number:
        text = (
            _("It names no citizen ID. Ask the issuer for a certificate with the number in the subject (CCCD:…).")
            if person
            else _("It names no tax code. Ask the issuer for a certificate with the number in the subject (MST:…).")
        )
        return HOLDER, False, text
    text = _("It is somebody else's: it names {0}, expected {1}. Choose the certificate of the right holder.")
    return HOLDER, False, text.format(number, expected or "–")


def _usage(certificate: Certificate) -> Answer:
    from cryptography import x509

    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        signs = usage.digital_signature or usage.content_commitment
    except x509.ExtensionNotFound:
        signs = True
    except ValueError:
        signs = False
    if signs:
        return USAGE, True, _("It may be used to sign.")
    return USAGE, False, _("It was not issued for signing. Ask the issuer for a signing certificate.")


def _dates(certificate: Certificate, moment: datetime) -> Answer:
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    day = frappe.utils.formatdate(certificates.local(end), "d/M/yyyy")
    if moment < start:
        begins = frappe.utils.formatdate(certificates.local(start), "d/M/yyyy")
        return DATES, False, _("It only begins on {0}. Enrol it from that day on.").format(begins)
    if moment > end:
        return DATES, False, _("It ended on {0}. Have it renewed by the issuer and enrol the new one.").format(day)
    left = (end - moment).days
    return DATES, True, _("Valid until {0}, {1} days from now.").format(day, left)


def _path(certificate: Certificate, moment: datetime) -> list[Answer]:
    result = trust.store().paths.check(certificate, moment)
    if result.ok:
        return [
            (PATH, True, _("It leads to a trusted root.")),
            (REVOCATION, True, _("It is on no list of revoked certificates.")),
        ]
    if result.sub_indication in REVOKED:
        return [(PATH, True, _("It leads to a trusted root.")), (REVOCATION, False, result.message_vi)]
    if result.sub_indication == STALE:
        return [(PATH, True, _("It leads to a trusted root.")), (REVOCATION, None, result.message_vi)]
    unknown = _("Asked only when the path to a trusted root is sound.")
    return [(PATH, False, result.message_vi), (REVOCATION, None, unknown)]
