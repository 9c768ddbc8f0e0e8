"""Where the keys of people in the browser run are: simulators on this machine with the keys of the practice site."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hocbaso_app.demo.signers import vgca
from hocbaso_app.demo.signers.serving import running
from hocbaso_app.demo.signers.smartca import PREFIX, SmartCaSigner
from hocbaso_app.demo.signers.subscribers import Subscriber
from hocbaso_app.signing.keys import LocalKey, load_pkcs12

from .people import Person

CERTIFICATE, SERVICE = "HBS Certificate", "HBS Signing Service"
CLIENT = ("truong-hoa-phuong", "mat-khau-ung-dung")


def certificate_of(admin: Person, who: Person) -> dict[str, Any]:
    """The person's certificate as the school's administrator sees it."""
    staff = admin.call(
        "frappe.client.get_value", doctype="HBS Staff Member", filters={"user": who.user}, fieldname="name"
    )
    fields = ["name", "sha256", "subject_number"]
    (found,) = admin.call(
        "frappe.client.get_list", doctype=CERTIFICATE, filters={"staff": staff["name"]}, fields=fields
    )
    return dict(found)


def key_of(who: Person, sha256: str) -> LocalKey:
    """Out of the site's practice key files."""
    people = Path(os.environ["HOCBASO_PLAY_PEOPLE"])
    return load_pkcs12((people.parent / "hbs-demo-keys" / f"{sha256}.p12").read_bytes(), who.pin.encode())


def move_key(admin: Person, certificate: str, **where: Any) -> None:
    """The administrator enters where the key is now."""
    admin.call("frappe.client.set_value", doctype=CERTIFICATE, name=certificate, fieldname=where)


@contextmanager
def sign_service(key: LocalKey) -> Iterator[vgca.VgcaService]:
    """VGCA Sign Service with the person's token on this machine."""
    service = vgca.VgcaService(key)
    with tempfile.TemporaryDirectory() as folder, vgca.running(service, vgca.PORT, tls=vgca.make_tls(Path(folder))):
        yield service


@contextmanager
def smart_ca(admin: Person, unit: str, *subscribers: Subscriber) -> Iterator[tuple[SmartCaSigner, str]]:
    """VNPT SmartCA, and the HBS Signing Service that the administrator entered for it."""
    app = SmartCaSigner(list(subscribers), CLIENT)
    with running(app) as address:
        account = {"client_id": CLIENT[0], "client_secret": CLIENT[1], "address": address + PREFIX, "unit": unit}
        doc = {"doctype": SERVICE, "service_name": "SmartCA của trường", "kind": "VNPT SmartCA", **account}
        yield app, admin.call("frappe.client.insert", doc=doc)["name"]
