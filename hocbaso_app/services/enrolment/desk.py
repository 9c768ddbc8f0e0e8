"""What the enrolment page shows: the person's certificates with how far each is, and where a new one may come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import frappe
from frappe import _

from hocbaso_app.services import certificates, officers
from hocbaso_app.services.enrolment import checks, people, reading
from hocbaso_app.services.key_sources import kinds

if TYPE_CHECKING:
    from cryptography.x509 import Certificate


def mine(user: str) -> dict[str, Any]:
    """Holders that the person may enrol for, with their ways; his certificates, the newest first."""
    holders = []
    for row in people.entries(user):
        name = frappe.db.get_value("HBS Unit", row.unit, "unit_name")
        own = {"holder_kind": people.PERSON, "unit": row.unit, "label": row.full_name, "place": name}
        holders.append({**own, "number": row.citizen_id, "ways": reading.ways(row.unit, False)})
        if row.keeps_seal:
            seal = {"holder_kind": people.UNIT, "unit": row.unit, "label": _("The seal of {0}").format(name)}
            number = certificates.number_of_holder(people.UNIT, None, row.unit)
            holders.append({**seal, "place": name, "number": number, "ways": reading.ways(row.unit, True)})
    return {"holders": holders, "certificates": [_row(row) for row in people.of_user(user)]}


def shown(certificate: Certificate, found: list[checks.Check]) -> dict[str, Any]:
    """A certificate that was read, before it is entered."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding

    from hocbaso_app.signing import identity

    return {
        "common_name": identity.common_name(certificate),
        "issuer": _issuer(certificate.issuer.rfc4514_string()),
        "valid_to": str(certificates.local(certificate.not_valid_after_utc)),
        "sha256": certificate.fingerprint(hashes.SHA256()).hex(),
        "pem": certificate.public_bytes(Encoding.PEM).decode(),
        "checks": checks.as_rows(found),
    }


def questions(name: str) -> list[dict[str, Any]]:
    """Each question about an entered certificate, and whether its test signature is there and right."""
    from hocbaso_app.services import convert
    from hocbaso_app.services.enrolment import trial

    doc = frappe.get_doc(people.CERTIFICATE, name)
    doc.check_permission("read")
    found = checks.of_document(doc, convert.now())
    if not doc.tested_at:
        ok, text = None, _("Its holder did not sign for a test yet.")
    elif trial.proves(doc):
        day = frappe.utils.format_datetime(doc.tested_at, "d/M/yyyy HH:mm")
        ok, text = True, _("Its holder signed for a test on {0}.").format(day)
    else:
        ok, text = False, _("The kept test signature is not this certificate's.")
    return checks.as_rows([*found, checks.Check("test", _("Tried"), ok, text)])


def _row(row: Any) -> dict[str, Any]:
    asks = frappe.db.get_value("HBS Signing Service", row.service, ["ask_pin", "ask_otp"]) if row.service else (0, 0)
    return {
        **row,
        "issuer": _issuer(row.issuer or ""),
        "here": row.key_source != kinds.PLUGIN,
        "deferred": row.key_source in kinds.REMOTE,
        "ask_pin": bool(asks[0]) or row.key_source in (kinds.PKCS12, kinds.PKCS11),
        "ask_otp": bool(asks[1]),
        "next": _next(row),
    }


def _next(row: Any) -> str:
    """One sentence: how far it is and who acts."""
    if row.status == "Refused":
        return str(_("Not approved: {0}").format(row.refused_reason or "–"))
    if row.status == "Withdrawn":
        return str(_("Withdrawn; what it signed stays valid."))
    if row.valid_to and row.valid_to < frappe.utils.now_datetime():
        return str(_("It has ended. Enrol the renewed one."))
    if not row.tested_at:
        return str(_("Sign once for a test: only then is it certain that this key works."))
    if row.status == "Pending":
        names = [frappe.utils.get_fullname(user) for user in officers.administrators(row.unit)]
        return str(_("Waits for approval by {0}.").format(", ".join(names[:3]) or _("the office")))
    return str(_("Ready to sign with."))


def _issuer(name: str) -> str:
    """The common name out of an RFC 4514 name."""
    parts = dict(part.split("=", 1) for part in name.split(",") if "=" in part)
    return parts.get("CN", name)
