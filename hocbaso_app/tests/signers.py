"""Signers of a :class:`~hocbaso_app.tests.world.Play` whose keys are elsewhere: at simulated services, on tokens.

Each keeps the key and the certificate he had in his practice file, so records are verified as before.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import frappe

from hocbaso_app.demo.ca import DemoCA
from hocbaso_app.demo.signers.serving import running
from hocbaso_app.demo.signers.subscribers import Subscriber
from hocbaso_app.services import certificates, keys, trust
from hocbaso_app.services.key_sources import kinds
from hocbaso_app.signing.keys import LocalKey
from hocbaso_app.tests.world import Play

CLIENT = ("truong-thu-nghiem", "mat-khau-ung-dung")


def play_with_authority(pupils: int, grade: int) -> tuple[Play, DemoCA]:
    """A play, and the authority that issued its certificates, for more of them."""
    made: list[DemoCA] = []
    create = DemoCA.create

    def remember(*args: Any, **kwargs: Any) -> DemoCA:
        made.append(create(*args, **kwargs))
        return made[-1]

    with patch.object(DemoCA, "create", side_effect=remember):
        return Play(pupils=pupils, grade=grade), made[0]


def publish_lists(ca: DemoCA) -> None:
    """The authority's lists of revoked certificates as they are now."""
    ca.write_crls(trust.folder())
    frappe.local.hbs_trust = None


def certificate_of(play: Play, person: Any) -> str:
    """Name of a person's first HBS Certificate; of the school's for ``None``."""
    if person is None:
        return str(frappe.db.get_value("HBS Certificate", {"unit": play.world.unit, "holder_kind": "Unit"}))
    return str(
        frappe.db.get_value("HBS Certificate", {"staff": play.world.staff[person.citizen_id]}, order_by="name asc")
    )


def key_of(play: Play, person: Any) -> LocalKey:
    """The key itself, out of the practice file."""
    sha256 = frappe.db.get_value("HBS Certificate", certificate_of(play, person), "sha256")
    return keys.open_key(sha256, play.pin(person) if person else play.world.pins[play.school.code])


def subscriber(play: Play, person: Any, **guards: Any) -> Subscriber:
    """The person at a signing service."""
    return Subscriber(person.citizen_id, key_of(play, person), **guards)


def make_service(unit: str, kind: str, **values: Any) -> str:
    """An HBS Signing Service."""
    doc = {"doctype": "HBS Signing Service", "service_name": f"Dịch vụ thử {kind}", "kind": kind, "unit": unit}
    return str(frappe.get_doc({**doc, **values}).insert().name)


def move_key(certificate: str, kind: str, service: str | None = None, credential: str | None = None) -> None:
    """From now on the key is there."""
    doc = frappe.get_doc("HBS Certificate", certificate)
    doc.update({"key_source": kind, "service": service, "credential": credential})
    doc.save(ignore_permissions=True)


def another_certificate(play: Play, ca: DemoCA, person: Any, kind: str = kinds.PLUGIN) -> tuple[str, LocalKey]:
    """A second approved certificate of the same person, with its key."""
    from cryptography.hazmat.primitives.serialization import Encoding

    key = ca.person(person.name, person.citizen_id)
    pem = key.certificate.public_bytes(Encoding.PEM).decode()
    values = {"holder_kind": "Person", "staff": play.world.staff[person.citizen_id], "unit": play.world.unit}
    doc = frappe.get_doc({"doctype": "HBS Certificate", **values, "key_source": kind, "pem": pem})
    doc.insert(ignore_permissions=True)
    certificates.approve(doc.name)
    return str(doc.name), key


@contextmanager
def at_service(play: Play, app: Any, kind: str, *persons: Any, path: str = "", **values: Any) -> Iterator[str]:
    """The service runs on loopback and these persons' keys are there; gives the HBS Signing Service."""
    fields = ["key_source", "service", "credential"]
    names = [certificate_of(play, person) for person in persons]
    before = {name: frappe.db.get_value("HBS Certificate", name, fields) for name in names}
    with running(app) as address:
        account = {"address": address + path, "client_id": CLIENT[0], "client_secret": CLIENT[1]}
        service = make_service(play.world.unit, kind, **account, **values)
        for name in before:
            move_key(name, kind, service)
        frappe.db.commit()
        try:
            yield service
        finally:
            frappe.set_user("Administrator")
            frappe.db.rollback()
            for name, where in before.items():
                move_key(name, *where)
            frappe.db.commit()
