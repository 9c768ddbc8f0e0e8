"""The test signature: real octets, signed with the real key, checked, kept as evidence on the certificate.

What is signed begins with a line that no record, SignedInfo or COSE structure can begin with, and names this one
certificate; so the value is worth nothing for anything else. The question waits in Redis for half an hour; lost, it is
asked again.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets as random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import now_datetime

from hocbaso_app.exceptions import HbsError
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.services import audit, key_sources, keys
from hocbaso_app.services.enrolment import checks, enrol, people
from hocbaso_app.services.key_sources import kinds

if TYPE_CHECKING:
    from hocbaso_app.signing.keys import Ticket

KEPT = timedelta(minutes=30)
WAITS, DONE = "waits", "done"


def begin(name: str) -> dict[str, Any]:
    """For a key that only the person's own computer reaches: the octets, their SHA-256, the certificate; base64."""
    from cryptography.hazmat.primitives.serialization import Encoding

    doc = people.own(name)
    octets = _ask(doc)
    facts = {
        "to_be_signed": octets,
        "hash": hashlib.sha256(octets).digest(),
        "certificate": checks.load(doc.pem).public_bytes(Encoding.DER),
    }
    return {key: base64.b64encode(value).decode() for key, value in facts.items()}


def finish(name: str, value: bytes) -> dict[str, Any]:
    """The value from the person's own computer."""
    doc = people.own(name)
    return _keep(doc, _question(doc), value)


def sign(name: str, password: str, otp: str = "") -> dict[str, Any]:
    """With a key that this site reaches: at once, or by asking the person's phone; then :func:`collect`."""
    from hocbaso_app.signing.keys import DeferredKeySource

    doc = people.own(name)
    octets = _ask(doc)
    if doc.key_source in (kinds.PKCS12, kinds.PKCS11):
        return _keep(doc, octets, keys.sign_by_pin(doc.sha256, password, [octets])[0])
    try:
        source = _open(doc, password, otp)
        if isinstance(source, DeferredKeySource):
            ticket = source.ask([octets], str(_("Test signature, no record")))
            _remember(doc, octets, ticket)
            return {"state": WAITS, "until": ticket.expires_at.astimezone().isoformat()}
        return _keep(doc, octets, source.sign([octets])[0])
    except HocBaSoError as error:
        frappe.throw(error.message_vi, HbsError)
        raise AssertionError from error


def collect(name: str) -> dict[str, Any]:
    """Whether the phone answered; :data:`WAITS` as long as it did not."""
    from hocbaso_app.signing.keys import Ticket

    doc = people.own(name)
    octets, text = _question(doc), str(_waiting(doc).get("ticket") or "")
    if not text:
        frappe.throw(_("Nothing was asked of this phone. Start the test signature again."), HbsError)
    ticket = Ticket.from_json(text)
    try:
        values = _open(doc, "", "").collect(ticket)
    except HocBaSoError as error:
        _forget(doc)
        frappe.throw(error.message_vi, HbsError)
        raise AssertionError from error
    if values is None:
        return {"state": WAITS, "until": ticket.expires_at.astimezone().isoformat()}
    return _keep(doc, octets, values[0])


def _open(doc: Any, password: str, otp: str) -> Any:
    from hocbaso_app.signing.keys import Secrets

    if doc.key_source == kinds.PLUGIN:
        frappe.throw(_("This key is on your computer. Sign with the plug-in on the page."), HbsError)
    return key_sources.open(doc.name, Secrets(pin=password or None, otp=otp or None))


def _ask(doc: Any) -> bytes:
    from hocbaso_app.services import convert
    from hocbaso_app.signing.test_signature import prepare_test

    if doc.status not in ("Pending", "Approved"):
        frappe.throw(_("This certificate is {0}.").format(_(doc.status)), HbsError)
    moment = convert.now()
    sentence = checks.first_refusal(checks.of_document(doc, moment), *enrol.STOPS)
    if sentence:
        frappe.throw(sentence, HbsError)
    octets = prepare_test(checks.load(doc.pem), random.token_urlsafe(32), moment)
    _remember(doc, octets)
    return octets


def _keep(doc: Any, octets: bytes, value: bytes) -> dict[str, Any]:
    from hocbaso_app.signing.keys.values import right_value
    from hocbaso_app.signing.test_signature import check_test

    certificate = checks.load(doc.pem)
    right = right_value(certificate, octets, value)
    if right is None or not check_test(certificate, octets, right):
        text = _("The signature is not by this certificate's key. Use the right token or account, then try again.")
        frappe.throw(text, HbsError)
        raise AssertionError
    doc = people.own(doc.name, for_update=True)
    first = not doc.tested_at
    evidence = {
        "octets": base64.b64encode(octets).decode(),
        "value": base64.b64encode(right).decode(),
        "source": doc.key_source,
        "by": frappe.session.user,
    }
    doc.tested_at, doc.test_signature = now_datetime(), json.dumps(evidence, indent=1)
    doc.flags.hbs_service = True
    doc.save(ignore_permissions=True)
    audit.write("test signature", people.CERTIFICATE, doc.name, doc.unit, {"sha256": doc.sha256, **evidence})
    _forget(doc)
    if first and doc.status == "Pending":
        enrol.tell_administrators(doc)
    return {"state": DONE, "tested_at": str(doc.tested_at)}


def proves(doc: Any) -> bool:
    """Whether the kept evidence is a test signature of this very certificate; read by whoever doubts it."""
    from hocbaso_app.signing.test_signature import check_test

    try:
        kept = json.loads(doc.test_signature or "")
        octets, value = base64.b64decode(kept["octets"]), base64.b64decode(kept["value"])
    except (ValueError, KeyError):
        return False
    return check_test(checks.load(doc.pem), octets, value)


def _key(doc: Any) -> str:
    return f"hbs-test-signature:{doc.name}:{frappe.session.user}"


def _remember(doc: Any, octets: bytes, ticket: Ticket | None = None) -> None:
    kept = {"octets": octets.decode(), "ticket": ticket.to_json() if ticket else None}
    frappe.cache.set_value(_key(doc), kept, expires_in_sec=int(KEPT.total_seconds()))


def _waiting(doc: Any) -> dict[str, Any]:
    return frappe.cache.get_value(_key(doc), expires=True) or {}


def _question(doc: Any) -> bytes:
    octets = _waiting(doc).get("octets")
    if not octets:
        frappe.throw(_("The test took too long. Start the test signature again."), HbsError)
    return str(octets).encode()


def _forget(doc: Any) -> None:
    frappe.cache.delete_value(_key(doc))
