"""The sandbox of the city's portal beside a practice site, so that the demo school submits, gets receipts, recalls.

Its folder has the shape that ``hocbaso sandbox --data`` serves and lies in the
site's private folder; its trust folder is the site's own, so a seal that the
officer approves there counts here. Nothing it says has legal value.
"""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import frappe
import requests
from frappe.utils import today

from hocbaso_app.demo.ca import DEPARTMENT, DEPARTMENT_TAX_CODE, DemoCA, to_pkcs12
from hocbaso_app.demo.sandbox import open_portal
from hocbaso_app.demo.school import School
from hocbaso_app.exchange.package import pack
from hocbaso_app.exchange.sandbox.server import running
from hocbaso_app.services import connector, convert, trust
from hocbaso_app.signing.keys import LocalKey, Pkcs12Key

PORT = 8190
NOTICE = "Cổng thử nghiệm trên máy này"


def folder() -> Path:
    """``private/hbs-demo-portal`` of this site."""
    return Path(frappe.get_site_path("private", "hbs-demo-portal"))


def keep_department(ca: DemoCA) -> None:
    """The demo department's key, for the portal only; a new authority makes the portal begin anew."""
    ca.department = ca.department or ca.organisation(DEPARTMENT, DEPARTMENT_TAX_CODE)
    own = folder()
    own.mkdir(mode=0o700, exist_ok=True)
    (own / "keys").mkdir(mode=0o700, exist_ok=True)
    for name in ("portal.sqlite", "portal.sqlite-wal", "portal.sqlite-shm"):
        (own / name).unlink(missing_ok=True)
    if not (own / "trust").is_symlink():
        (own / "trust").symlink_to(Path("..") / trust.folder().name)
    access = {
        "note": "Chỉ để thử nghiệm. / For practice only.",
        "user_name": "th-hoa-phuong",
        "password": secrets.token_urlsafe(12),
        "officer_token": secrets.token_urlsafe(12),
        "key_password": secrets.token_urlsafe(12),
    }
    _write(own / "keys" / "department.p12", to_pkcs12(ca.department, access["key_password"].encode()))
    _write(own / "access.json", json.dumps(access, ensure_ascii=False, indent=1).encode())


def access() -> dict[str, Any]:
    """Account, officer's token and the password of the department's key."""
    found: dict[str, Any] = json.loads((folder() / "access.json").read_text(encoding="utf-8"))
    return found


def department() -> LocalKey:
    """What the portal seals with."""
    return Pkcs12Key.load((folder() / "keys" / "department.p12").read_bytes(), access()["key_password"].encode())


def connect(unit: str, pin: str, address: str) -> None:
    """The school's account and the connector switched on, towards a portal on this machine."""
    seal = frappe.db.get_value("HBS Certificate", {"holder_kind": "Unit", "unit": unit, "status": "Approved"})
    known = frappe.db.exists(connector.ACCOUNT, unit)
    doc = frappe.get_doc(connector.ACCOUNT, unit) if known else frappe.new_doc(connector.ACCOUNT)
    own = access()
    doc.update({"unit": unit, "unit_code": unit, "certificate": seal, "pin": pin})
    doc.update({name: own[name] for name in ("user_name", "password")})
    doc.save(ignore_permissions=True)
    settings = frappe.get_single("HBS Settings")
    notice = f"{NOTICE}: {address}"
    settings.update({"portal_address": address, "address_notice": notice, "address_from": today()})
    settings.connector_enabled = 1
    settings.save(ignore_permissions=True)


def register_seal(unit: str, school: School) -> None:
    """Transactions 3 and 4 with the officer's approval between them, over HTTP to the portal that will serve later."""
    with open_portal(folder(), school) as (app, own), running(app) as address:
        key = connector.key(unit)
        client = connector.client(unit, school.school_year, address)
        message_id = client.register_certificate(
            key, "PKCS12", "HBS Demo CA", pack([b"<HOC_BA></HOC_BA>"], key, convert.now())
        )
        _officer(address, own["officer_token"], "duyet-chung-thu", messageid=message_id, duyet=True)
        answer = client.query_certificate(message_id)
    if answer.trang_thai_phe_duyet != 1:
        frappe.throw(answer.error_description)
    frappe.local.hbs_trust = None


def decide_recalls(approve: int = 1, reason: str = "") -> int:
    """``bench execute``: the officer decides about every waiting recall; the running portal is asked over HTTP."""
    address, own = connector.address(), access()
    decided = 0
    names = frappe.get_all("HBS Recall Request", {"status": "Sent"}, pluck="name", order_by="name")
    for name in names:
        request = frappe.get_doc("HBS Recall Request", name)
        for item in request.items:
            if item.status == "Waiting":
                facts = {"messageid": request.message_id, "ma_tra_cuu_uuid": item.record_code}
                facts.update({"duyet": bool(int(approve)), "ly_do": reason})
                _officer(address, own["officer_token"], "duyet-thu-hoi", **facts)
                decided += 1
    return decided


def _officer(address: str, token: str, action: str, **body: Any) -> None:
    answer = requests.post(
        f"{address}/can-bo/{action}", json=body, headers={"Authorization": f"Bearer {token}"}, timeout=30
    )
    if not answer.ok:
        frappe.throw(answer.text)


def _write(path: Path, data: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(data)
