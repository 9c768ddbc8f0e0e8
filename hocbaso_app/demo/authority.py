"""The school's side of the exchange with the sandbox portal, all of it over HTTP."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import uuid4

import requests

from hocbaso_app.exchange import status_list
from hocbaso_app.exchange.client import Endpoint, PortalClient
from hocbaso_app.exchange.dispatcher import Dispatcher
from hocbaso_app.exchange.outbox import BackOff, Row, State, new_row
from hocbaso_app.exchange.outbox_sqlite import SqliteOutbox
from hocbaso_app.exchange.package import pack
from hocbaso_app.exchange.recalls import STATUS_LIST_PATH, recall_entry
from hocbaso_app.exchange.sandbox.app import Login, PortalApp
from hocbaso_app.exchange.sandbox.faults import Fault, Faults
from hocbaso_app.exchange.sandbox.portal import Portal
from hocbaso_app.exchange.sandbox.server import running
from hocbaso_app.exchange.sandbox.store import Store
from hocbaso_app.exchange.transactions import RecallStatus
from hocbaso_app.record.document import Document
from hocbaso_app.signing.keys import LocalKey
from hocbaso_app.signing.trust import TrustStore

from .folder import DemoError
from .school import School

OFFICER = "Cán bộ Sở (thử nghiệm)"
_USER = "th-hoa-phuong"
_PATIENCE = 120.0


@dataclass
class Authority:
    """A running portal and the school's connection to it. Recalls are decided by an officer, never by the school."""

    portal: Portal
    address: str
    client: PortalClient
    outbox: SqliteOutbox
    seal: LocalKey
    officer_token: str

    @property
    def trust(self) -> TrustStore:
        """As the department last published it."""
        return self.portal.trust

    def register_seal(self) -> None:
        """Transactions 3 and 4 with the officer's approval between them; the registry names the school afterwards."""
        proof = pack([b"<HOC_BA></HOC_BA>"], self.seal, _now())
        message_id = self.client.register_certificate(self.seal, "USB_TOKEN", "BAN_CO_YEU", proof)
        self._officer("duyet-chung-thu", messageid=message_id, duyet=True)
        answer = self.client.query_certificate(message_id)
        if answer.trang_thai_phe_duyet != 1:
            raise DemoError("SEAL_NOT_APPROVED", answer.error_description, "the portal did not approve the certificate")

    def lose_next_answer(self) -> None:
        """Fault on purpose: the portal stores the next package but its answer gets lost."""
        self._officer("loi", ten=Fault.ERROR_AFTER_STORE.value, so_lan=1)

    def submit(self, documents: Sequence[Document]) -> list[Row]:
        """Transactions 1 and 2 through the outbox; :class:`DemoError` unless every record gets its receipt."""
        for document in documents:
            self.outbox.add(new_row(document))
        back_off = BackOff(timedelta(milliseconds=100), timedelta(seconds=5))
        Dispatcher(self.outbox, self.client, self.seal, self.trust, _now, back_off).drain(_PATIENCE)
        codes = {d.record.general.record_code for d in documents}
        rows = [row for row in self.outbox.rows() if row.record_code in codes]
        for row in rows:
            if row.state is not State.ACKNOWLEDGED or row.receipt is None:
                raise DemoError(
                    "NOT_RECEIVED",
                    f"Học bạ {row.record_code} chưa được tiếp nhận: {row.error}.",
                    f"{row.record_code} is {row.state.value}: {row.error}",
                )
        return rows

    def recall(self, document: Document, reason: str) -> str:
        """Transactions 5 and 6 with the officer's approval between them; gives the moment of recall."""
        general, message_id = document.record.general, str(uuid4())
        self.client.request_recall(pack([recall_entry(document, reason)], self.seal, _now()), message_id)
        self._officer(
            "duyet-thu-hoi",
            messageid=message_id,
            ma_tra_cuu_uuid=general.record_code,
            duyet=True,
        )
        answers = self.client.query_recall(message_id) or []
        if [(a.ma_tra_cuu_uuid, a.trang_thai) for a in answers] != [(general.record_code, RecallStatus.APPROVED.value)]:
            raise DemoError("RECALL_NOT_APPROVED", "Sở chưa đồng ý thu hồi.", "the recall was not approved")
        return status_list.read(self.status_list(), self.trust).recalled[general.record_code]

    def status_list(self) -> bytes:
        """The signed public list of recalled codes."""
        return self.client.get(STATUS_LIST_PATH)

    def _officer(self, action: str, **body: Any) -> None:
        headers = {"Authorization": f"Bearer {self.officer_token}"}
        answer = requests.post(f"{self.address}/can-bo/{action}", json=body, headers=headers, timeout=30)
        if not answer.ok:
            raise DemoError("OFFICER_REFUSED", f"Cổng thử nghiệm từ chối: {answer.text}", f"{action}: {answer.text}")


@contextmanager
def running_authority(
    work: Path, trust_folder: Path, department: LocalKey, school: School, seal: LocalKey
) -> Iterator[Authority]:
    """The portal in a thread of this process, with the school's account; its databases lie in ``work``."""
    schools = {school.code: (school.name, school.tax_code)}
    password, officer_token = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
    portal = Portal(Store(work / "portal.sqlite"), trust_folder, department, schools, _now)
    app = PortalApp(portal, [Login.of(_USER, password, school.code)], {officer_token: OFFICER}, Faults())
    try:
        with running(app) as address:
            endpoint = Endpoint(address, _USER, password, school.code, int(school.school_year[:4]))
            outbox = SqliteOutbox(work / "outbox.sqlite")
            yield Authority(portal, address, PortalClient(endpoint), outbox, seal, officer_token)
    finally:
        portal.store.close()


def _now() -> datetime:
    return datetime.now(timezone.utc)
