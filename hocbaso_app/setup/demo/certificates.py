"""Keys and approved certificates of everybody who signs and of the school, from an authority made for this site."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

import frappe

from hocbaso_app.demo.ca import DemoCA
from hocbaso_app.services import certificates, convert, keys, trust
from hocbaso_app.services.enrolment import trial
from hocbaso_app.setup.demo import portal
from hocbaso_app.setup.demo.world import World
from hocbaso_app.signing.trust import RegisteredCertificate, RegisteredSchool


def make_certificates(world: World, *, registered: bool) -> dict[str, str]:
    """Keys and approved certificates of everybody who signs and of the school; a trust folder with the school's seal.

    The demo authority's own keys are thrown away afterwards, but for the department's, which the portal on this machine
    needs. PINs are given out once. ``registered``: whether the seal is approved already, without asking that portal.
    """
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding

    if frappe.db.exists("HBS Certificate", {"unit": world.unit}):
        return {}
    school = world.school
    now = convert.now()
    ca = DemoCA.create(now - timedelta(minutes=1), name="HBS Demo")
    pins: dict[str, str] = {}

    def enter(key: Any, holder: str, **values: Any) -> Any:
        pins[holder] = pin = f"{secrets.randbelow(10**6):06d}"
        pem = key.certificate.public_bytes(Encoding.PEM).decode()
        source = {"key_source": "PKCS#12 file (demo)", "pem": pem, "unit": world.unit}
        doc = frappe.get_doc({"doctype": "HBS Certificate", **source, **values}).insert(ignore_permissions=True)
        keys.store(doc.sha256, ca.pkcs12(key, pin.encode()))
        certificates.approve(doc.name)
        return doc

    for person in school.staff:
        key = ca.person(person.name, person.citizen_id)
        enter(key, person.citizen_id, holder_kind="Person", staff=world.staff[person.citizen_id])
    seal = ca.organisation(school.name, school.tax_code)
    enter(seal, school.code, holder_kind="Unit")
    approved = (now - timedelta(minutes=1)).astimezone().isoformat(timespec="seconds")
    own = RegisteredCertificate(seal.certificate.fingerprint(hashes.SHA256()).hex(), approved)
    portal.keep_department(ca)
    schools = (RegisteredSchool(school.code, school.name, school.tax_code, (own,)),) if registered else ()
    ca.write_trust(trust.folder(), schools)
    frappe.local.hbs_trust = None
    return pins


def try_keys(world: World) -> None:
    """Everybody with an account makes his test signature, the clerk also the seal's: a school at work."""
    holders = {number: {"staff": world.staff[number]} for number in world.users if number in world.pins}
    tries = [(world.users[number], holder, world.pins[number]) for number, holder in holders.items()]
    if world.pins:
        seal = {"holder_kind": "Unit", "unit": world.unit}
        tries.append((world.user_of(world.school.clerk), seal, world.pins[world.school.code]))
    before = frappe.session.user
    try:
        for user, holder, pin in tries:
            frappe.set_user(user)
            trial.sign(frappe.db.get_value("HBS Certificate", {**holder, "status": "Approved"}), pin)
    finally:
        frappe.set_user(before)
