"""``hocbaso sandbox``: the portal until Ctrl-C, with keys and an account for whoever wants to try a client against it.

Its folder keeps the portal's SQLite file, the trust folder, and everything a
client needs: the school's seal and staff as PKCS#12 files with made-up names.
All of it is for practice; none of it opens anything real.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from werkzeug.serving import BaseWSGIServer

from hocbaso_app.exchange.sandbox.app import Login, PortalApp
from hocbaso_app.exchange.sandbox.faults import Fault, Faults
from hocbaso_app.exchange.sandbox.portal import Portal
from hocbaso_app.exchange.sandbox.server import server
from hocbaso_app.exchange.sandbox.store import Store
from hocbaso_app.signing.keys import LocalKey, Pkcs12Key

from .authority import OFFICER
from .ca import DEPARTMENT, DEPARTMENT_TAX_CODE, DemoCA, to_pkcs12
from .folder import DemoError
from .keyring import KeyRing
from .school import School, make_school
from .serving import until_stopped

ALWAYS = -1


def parse_fault(text: str) -> tuple[Fault, int]:
    """``name`` (always) or ``name:times``; :class:`DemoError` names the known faults."""
    name, _, times = text.partition(":")
    try:
        return Fault(name), int(times) if times else ALWAYS
    except ValueError as error:
        known = ", ".join(f.value for f in Fault)
        raise DemoError("UNKNOWN_FAULT", f"Không có lỗi “{text}”. Có: {known}.", f"known faults: {known}") from error


@contextmanager
def open_portal(folder: Path, school: School) -> Iterator[tuple[PortalApp, dict[str, Any]]]:
    """The portal over a folder and what a client needs to know of it; a new folder is filled first."""
    access, department = _open(folder, school)
    store = Store(folder / "portal.sqlite")
    try:
        portal = Portal(store, folder / "trust", department, {school.code: (school.name, school.tax_code)}, _now)
        account = Login.of(access["user_name"], access["password"], school.code)
        yield PortalApp(portal, [account], {access["officer_token"]: OFFICER}, Faults()), access
    finally:
        store.close()


def serve(port: int, faults: Sequence[str], folder: Path) -> None:
    """Serve on loopback until interrupted. The folder is kept, so a second run goes on where the first ended."""
    switched = [parse_fault(text) for text in faults]
    with open_portal(folder, make_school()) as (app, _access):
        for fault, times in switched:
            app.faults.switch(fault, times)

        def tell(_made: BaseWSGIServer) -> None:
            address = app.portal.base_url
            print(f"{address}  (Ctrl-C để dừng; tài khoản và khóa thử nghiệm: {folder}/access.json)", flush=True)

        until_stopped(lambda port: server(app, port, quiet=False), port, tell)


def _open(folder: Path, school: School) -> tuple[dict[str, Any], LocalKey]:
    facts = folder / "access.json"
    if facts.exists():
        access = json.loads(facts.read_text(encoding="utf-8"))
        department = Pkcs12Key.load((folder / "keys" / "department.p12").read_bytes(), access["key_password"].encode())
        return access, department
    (folder / "keys").mkdir(parents=True, exist_ok=True)
    ca = DemoCA.create(_now(), name="HBS Sandbox")
    ca.department = ca.organisation(DEPARTMENT, DEPARTMENT_TAX_CODE)
    ca.write_trust(folder / "trust", schools=())
    keys = KeyRing.make(ca, school)
    access = {
        "note": "Chỉ để thử nghiệm. / For practice only.",
        "user_name": "th-hoa-phuong",
        "password": secrets.token_urlsafe(12),
        "unit": school.code,
        "officer_token": secrets.token_urlsafe(16),
        "key_password": secrets.token_urlsafe(12),
    }
    named = {"department": ca.department, "seal": keys.seal, **keys.persons}
    for name, key in named.items():
        path = folder / "keys" / f"{name}.p12"
        path.touch(mode=0o600)
        path.write_bytes(to_pkcs12(key, access["key_password"].encode()))
    facts.touch(mode=0o600)
    facts.write_text(json.dumps(access, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return access, ca.department


def _now() -> datetime:
    return datetime.now(timezone.utc)
