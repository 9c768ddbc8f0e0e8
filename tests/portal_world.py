"""A portal on this machine with the sample school registered, a fast client, and records to send."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from sample_records import SCHOOL, sample_record
from signing_world import LATER, NOW, TAX_CODE, World, released, world
from werkzeug.test import Client, TestResponse

from hocbaso_app.exchange import codes
from hocbaso_app.exchange.client import Endpoint, PortalClient
from hocbaso_app.exchange.dispatcher import Dispatcher
from hocbaso_app.exchange.errors import RefusedError
from hocbaso_app.exchange.outbox import BackOff, new_row
from hocbaso_app.exchange.outbox_sqlite import SqliteOutbox
from hocbaso_app.exchange.package import element, pack
from hocbaso_app.exchange.sandbox.app import Login, PortalApp
from hocbaso_app.exchange.sandbox.faults import Faults
from hocbaso_app.exchange.sandbox.portal import Portal
from hocbaso_app.exchange.sandbox.server import running
from hocbaso_app.exchange.sandbox.store import Store
from hocbaso_app.exchange.transactions import Kind, RecallItem, hash_password
from hocbaso_app.record.document import Document, build

OFFICER_TOKEN, OWN_OFFICER_TOKEN = "can-bo-thu-nghiem", "hieu-truong-kiem-can-bo"
USER, PASSWORD = "th-hoaphuong", "mat-khau-thu-nghiem"
OFFICERS = {OFFICER_TOKEN: "can-bo-so", OWN_OFFICER_TOKEN: USER}
OTHER_SCHOOL, OTHER_TAX = "31999902", "0209999902"
CODES = codes.code_set()
FUNCTIONS = {
    Kind.SUBMIT: "NOP_HOC_BA",
    Kind.QUERY_SUBMISSION: "TRUY_VAN_NOP_HOC_BA",
    Kind.REGISTER_CERTIFICATE: "DANG_KY_CHUNG_THU_SO",
    Kind.QUERY_CERTIFICATE: "TRUY_VAN_CHUNG_THU_SO",
    Kind.RECALL: "THU_HOI_HOC_BA",
    Kind.QUERY_RECALL: "TRUY_VAN_THU_HOI",
}
"""As in the shipped set, which is assumed."""


@dataclass
class PortalWorld:
    """Everything around one portal."""

    world: World
    app: PortalApp
    address: str
    folder: Path

    @property
    def portal(self) -> Portal:
        """The receiving side."""
        return self.app.portal

    def client(self, read_timeout: float = 0.4, **changes: object) -> PortalClient:
        """A client that gives up quickly."""
        endpoint = Endpoint(
            self.address, USER, PASSWORD, SCHOOL, 2025, (2.0, read_timeout), question_attempts=2, longest_wait=0.05
        )
        return PortalClient(replace(endpoint, **changes))  # type: ignore[arg-type]

    def outbox(self, documents: list[Document], name: str = "outbox") -> SqliteOutbox:
        """An outbox with released records in it."""
        box = SqliteOutbox(self.folder / f"{name}.sqlite")
        for document in documents:
            box.add(new_row(document))
        return box

    def dispatcher(self, box: SqliteOutbox, client: PortalClient | None = None, size: int = 2) -> Dispatcher:
        """A worker without patience."""
        quick = BackOff(timedelta(0), timedelta(0), 200)
        return Dispatcher(
            box,
            client or self.client(),
            self.world.school,
            self.portal.trust,
            lambda: LATER,
            quick,
            Random(1),
            size,
            claim_time=timedelta(0),
        )

    def register_school(self) -> None:
        """Transactions 3 and 4 with the officer's approval between them."""
        client = self.client()
        content = pack([b"<HOC_BA></HOC_BA>"], self.world.school, NOW)
        message_id = client.register_certificate(self.world.school, "USB_TOKEN", "BAN_CO_YEU", content)
        self.portal.decide_certificate(message_id, approve=True, by="can-bo-so")


@contextmanager
def portal_world(folder: Path, *, registered: bool = True, hang: float = 1.0) -> Iterator[PortalWorld]:
    """A running portal whose registry has the sample school on it, or nobody yet."""
    own = world()
    registry = own.registry()
    own.write_trust(registry if registered else replace(registry, schools=()), folder / "trust")
    schools = {SCHOOL: ("Trường Tiểu học Hoa Phượng", TAX_CODE)}
    portal = Portal(Store(folder / "portal.sqlite"), folder / "trust", own.department, schools, lambda: LATER)
    app = PortalApp(portal, [Login.of(USER, PASSWORD, SCHOOL)], OFFICERS, Faults(hang, 0.1))
    with running(app) as address:
        yield PortalWorld(own, app, address, folder)
    portal.store.close()


@cache
def records(count: int) -> tuple[Document, ...]:
    """Released records of different made-up pupils."""
    found = [released(1)]
    for number in range(1, count):
        pupil = f"99000001{number:02d}"
        record = sample_record(1, record_code=str(uuid4()), pupil_code=pupil, citizen_id=f"9993150001{number:02d}")
        subjects = tuple(replace(s, pupil_code=pupil) for s in record.subjects)
        found.append(world().sign(build(replace(record, subjects=subjects))))
    return tuple(found)


def recall_item(document: Document, reason: str = "Sai họ tên học sinh", **changes: str) -> bytes:
    g = document.record.general
    item = RecallItem(
        g.record_code,
        g.full_name,
        g.gender,
        g.birth_date,
        g.citizen_id or "",
        g.school_name,
        g.school_code,
        g.school_year,
        reason,
    )
    fields = {**asdict(item), **changes}
    return f"<HOC_BA>{''.join(element(name, value) for name, value in fields.items())}</HOC_BA>".encode()


def send(city: PortalWorld, *documents: Document, client: PortalClient | None = None) -> list[Any]:
    client, message_id = client or city.client(5), str(uuid4())
    client.submit(pack([d.data for d in documents], city.world.school, NOW), message_id)
    return client.query_submission(message_id) or []


def ask_recall(city: PortalWorld, *items: bytes) -> str:
    message_id = str(uuid4())
    city.client(5).request_recall(pack(items, city.world.school, NOW), message_id)
    return message_id


def officer(web: Client, action: str, token: str = OFFICER_TOKEN, **body: Any) -> TestResponse:
    return web.post(f"/can-bo/{action}", json=body, headers={"Authorization": f"Bearer {token}"})


def refusal_of(action: Any) -> str:
    with pytest.raises(RefusedError) as caught:
        action()
    return caught.value.code


def log_in(web: Client) -> str:
    account = {"user_name": USER, "password": hash_password(PASSWORD)}
    token: str = json.loads(web.post(CODES.token_path, json=account).text)["token"]
    return token


def envelope(web: Client, kind: Kind, **changes: Any) -> dict[str, Any]:
    """The parameters of CV 2088 around a transaction, written down here and not taken from the code."""
    flat: dict[str, Any] = {"messageid": "m", "ma_don_vi": SCHOOL, "type": kind.value, "function": FUNCTIONS[kind]}
    if kind is Kind.QUERY_CERTIFICATE:
        flat = {"messageid": "m", "ma_don_vi": SCHOOL, "ma_nam_hoc": 2025}
    if kind not in (Kind.SUBMIT, Kind.RECALL):
        return {**flat, **changes}
    account = {"token": log_in(web), "user_name": USER, "password": hash_password(PASSWORD), "nam_hoc": 2025}
    return {"authenticationRequest": {**account, **flat, **changes}}


def post(web: Client, kind: Kind, body: dict[str, Any], token: str | None = None) -> TestResponse:
    bearer = {"Authorization": f"Bearer {log_in(web) if token is None else token}"}
    return web.post(CODES.paths[kind], json=body, headers=bearer)


def error_in(answer: TestResponse) -> Any:
    return answer.json.get("Error", answer.json.get("error"))
