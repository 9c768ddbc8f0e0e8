"""A portal on this machine with the sample school registered, a fast client, and records to send."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from random import Random
from uuid import uuid4

from sample_records import SCHOOL, sample_record
from signing_world import LATER, NOW, TAX_CODE, World, released, world

from hocbaso_app.exchange.client import Endpoint, PortalClient
from hocbaso_app.exchange.dispatcher import Dispatcher
from hocbaso_app.exchange.outbox import BackOff, new_row
from hocbaso_app.exchange.outbox_sqlite import SqliteOutbox
from hocbaso_app.exchange.package import pack
from hocbaso_app.exchange.sandbox.app import Account, PortalApp
from hocbaso_app.exchange.sandbox.faults import Faults
from hocbaso_app.exchange.sandbox.portal import Portal
from hocbaso_app.exchange.sandbox.server import running
from hocbaso_app.exchange.sandbox.store import Store
from hocbaso_app.record.document import Document, build

OFFICER_TOKEN, OWN_OFFICER_TOKEN = "can-bo-thu-nghiem", "hieu-truong-kiem-can-bo"
USER, PASSWORD = "th-hoaphuong", "mat-khau-thu-nghiem"
OFFICERS = {OFFICER_TOKEN: "can-bo-so", OWN_OFFICER_TOKEN: USER}


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
    app = PortalApp(portal, [Account.of(USER, PASSWORD, SCHOOL)], OFFICERS, Faults(hang, 0.1))
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
