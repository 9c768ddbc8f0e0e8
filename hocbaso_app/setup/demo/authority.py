"""A department or an office that receives on this site: its seal, its settings, the accounts of schools.

On one site beside a school, or on the department's own. Practice sites only.
"""

from __future__ import annotations

import secrets

import frappe

from hocbaso_app.services import certificates, keys
from hocbaso_app.services.receiving import settings
from hocbaso_app.setup.demo.making import make_named
from hocbaso_app.signing.keys import LocalKey

LOGIN = "HBS Portal Login"


def open_authority(unit: str, seal: LocalKey, address: str) -> str:
    """The unit receives from now on, sealing with this key; gives its certificate's name."""
    certificate, pin = make_seal(unit, seal)
    doc = frappe.get_single(settings.DOCTYPE)
    doc.update({"enabled": 1, "unit": unit, "certificate": certificate, "public_address": address})
    if pin:
        doc.pin = pin
    doc.save(ignore_permissions=True)
    return certificate


def make_seal(unit: str, seal: LocalKey) -> tuple[str, str]:
    """HBS Certificate of a unit, approved, with its key file; name and PIN, which is empty when it was there before."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding

    from hocbaso_app.demo.ca import to_pkcs12

    known = frappe.db.get_value("HBS Certificate", {"sha256": seal.certificate.fingerprint(hashes.SHA256()).hex()})
    if known:
        return str(known), ""
    pem = seal.certificate.public_bytes(Encoding.PEM).decode()
    values = {"holder_kind": "Unit", "unit": unit, "key_source": keys.KEY_SOURCE, "pem": pem}
    doc = frappe.get_doc({"doctype": "HBS Certificate", **values}).insert(ignore_permissions=True)
    pin = f"{secrets.randbelow(10**6):06d}"
    keys.store(doc.sha256, to_pkcs12(seal, pin.encode()))
    certificates.approve(doc.name)
    return str(doc.name), pin


def make_login(unit: str, user_name: str, password: str) -> str:
    """A school's account here."""
    return make_named(LOGIN, user_name, unit=unit, new_password=password)
