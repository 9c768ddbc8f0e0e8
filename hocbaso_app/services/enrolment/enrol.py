"""A certificate is entered by its own holder and waits for a test signature and for the administrator."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError
from hocbaso_app.services import audit, keys, officers
from hocbaso_app.services.enrolment import checks, people
from hocbaso_app.services.enrolment.reading import Place, read

STOPS = (checks.HOLDER, checks.USAGE, checks.DATES, checks.REVOCATION)
"""With a no to one of these nothing is entered; a missing root is the site's to mend, so it only shows."""


def enrol(place: Place, password: str = "", otp: str = "") -> str:
    """A pending HBS Certificate of the user's (or of the seal he keeps); its name.

    The same certificate again is the same entry. What it renews is used until this one is approved.
    """
    from cryptography.hazmat.primitives import hashes

    held = people.require_holder(place.holder_kind, place.unit)
    certificate, found = read(place, password, otp)
    sentence = checks.first_refusal(found, *STOPS)
    if sentence:
        frappe.throw(sentence, HbsError)
    if place.key_file:
        keys.store(certificate.fingerprint(hashes.SHA256()).hex(), place.key_file)
    known = _known(certificate)
    if known:
        return known
    doc = _document(place, held, certificate)
    doc.replaces = _renewed(place, held)
    doc.insert(ignore_permissions=True)
    facts = {"holder": doc.common_name, "sha256": doc.sha256, "source": doc.key_source}
    audit.write("certificate enrolled", people.CERTIFICATE, doc.name, doc.unit, facts)
    return str(doc.name)


def give_up(name: str) -> None:
    """The holder takes back what waits for approval."""
    from hocbaso_app.services import certificates

    doc = people.own(name, for_update=True)
    if doc.status != "Pending":
        frappe.throw(_("This certificate is {0}.").format(_(doc.status)), HbsError)
    certificates.close(doc, _("Taken back by its holder."))


def tell_administrators(doc: Any) -> None:
    """After the test signature: who may approve hears of it, never the holder himself."""
    from hocbaso_app.services import certificates, states

    users = [user for user in officers.administrators(doc.unit) if certificates.may_decide(user, doc.unit)]
    others = [user for user in users if user != frappe.session.user] or users
    with states.in_vietnamese():
        text = _("{0} enrolled a certificate and signed for a test. It waits for your approval.").format(
            doc.common_name
        )
    officers.tell(others, text, people.CERTIFICATE, doc.name)


def _known(certificate: Any) -> str | None:
    from cryptography.hazmat.primitives import hashes

    sha256 = certificate.fingerprint(hashes.SHA256()).hex()
    rows = frappe.get_all(people.CERTIFICATE, {"sha256": sha256}, ["name", "status"], order_by="creation desc")
    for row in rows:
        people.own(row.name)
        if row.status in ("Pending", "Approved"):
            return str(row.name)
        if row.status == "Withdrawn":
            frappe.throw(_("This certificate was withdrawn here. Ask the issuer for a new one."), HbsError)
    return None


def _document(place: Place, held: Any, certificate: Any) -> Any:
    from cryptography.hazmat.primitives.serialization import Encoding

    values = {
        "doctype": people.CERTIFICATE,
        "holder_kind": place.holder_kind,
        "staff": held.name if place.holder_kind == people.PERSON else None,
        "unit": place.unit,
        "key_source": place.key_source,
        "service": place.service,
        "credential": place.credential,
        "enrolled_by": frappe.session.user,
        "pem": certificate.public_bytes(Encoding.PEM).decode(),
    }
    return frappe.get_doc(values)


def _renewed(place: Place, held: Any) -> str | None:
    """An approved certificate from the same source that ends earlier: the new one takes its place when approved."""
    where = {"holder_kind": place.holder_kind, "unit": place.unit, "status": "Approved", "key_source": place.key_source}
    if place.holder_kind == people.PERSON:
        where["staff"] = held.name
    for name in ("service", "credential"):
        if getattr(place, name):
            where[name] = getattr(place, name)
    found = frappe.get_all(people.CERTIFICATE, where, pluck="name", order_by="valid_to")
    return found[0] if found else None
