"""What the portal does with each transaction of CV 2088 II.2, apart from HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hocbaso_app.signing.keys import KeySource
from hocbaso_app.signing.trust import TrustStore

from .. import status_list
from ..codes import CodeSet, code_set
from ..transactions import Answer, RecallStatus, RegistrationAnswer
from .office import Office
from .recall import Recalls
from .registration import Registrations
from .store import Store
from .submission import Submissions


class Portal:
    """The receiving side of one authority. ``schools``: unit code → (name, tax code) of those it may take from.

    Everything that a school may have done wrong comes out as :class:`~hocbaso_app.exchange.errors.RefusedError`.
    """

    def __init__(
        self,
        store: Store,
        trust_folder: Path,
        key: KeySource,
        schools: dict[str, tuple[str, str]],
        clock: Callable[[], datetime],
        base_url: str = "",
        *,
        codes: CodeSet | None = None,
        list_ahead: timedelta = timedelta(minutes=5),
        list_age: timedelta = timedelta(days=1),
    ) -> None:
        """``key`` is the authority's own: it seals receipts, status list and registry.

        ``list_ahead`` and ``list_age``: how far in the future and in the past a list may be signed.
        """
        trust = TrustStore.load(trust_folder, at=clock())
        known = codes or code_set()
        self.office = Office(store, trust_folder, key, schools, clock, known, trust, base_url, list_ahead, list_age)
        self._registrations = Registrations(self.office)
        self._submissions = Submissions(self.office)
        self._recalls = Recalls(self.office)

    @property
    def store(self) -> Store:
        """Its books."""
        return self.office.store

    @property
    def trust(self) -> TrustStore:
        """As last published."""
        return self.office.trust

    @property
    def codes(self) -> CodeSet:
        """What it answers with."""
        return self.office.codes

    @property
    def base_url(self) -> str:
        """Where look-up links lead."""
        return self.office.base_url

    @base_url.setter
    def base_url(self, value: str) -> None:
        self.office.base_url = value

    def register_certificate(self, unit: str, message_id: str, body: dict[str, Any]) -> RegistrationAnswer:
        """Transaction 3 (II.2.4)."""
        return self._registrations.register(unit, message_id, body)

    def decide_certificate(self, message_id: str, *, approve: bool, by: str = "", note: str = "") -> None:
        """An officer approves or refuses a certificate (III.1)."""
        self._registrations.decide(message_id, approve=approve, by=by, note=note)

    def query_certificate(self, unit: str, message_id: str) -> dict[str, Any]:
        """Transaction 4 (II.2.5)."""
        return self._registrations.query(unit, message_id)

    def submit(self, unit: str, message_id: str, content: str) -> Answer:
        """Transaction 1 (II.2.2)."""
        return self._submissions.submit(unit, message_id, content)

    def query_submission(self, unit: str, message_id: str) -> dict[str, Any]:
        """Transaction 2 (II.2.3)."""
        return self._submissions.query(unit, message_id)

    def request_recall(self, unit: str, message_id: str, content: str, user: str) -> Answer:
        """Transaction 5 (II.2.6)."""
        return self._recalls.request(unit, message_id, content, user)

    def decide_recall(self, message_id: str, code: str, *, approve: bool, by: str, note: str = "") -> None:
        """An officer decides about one record of a recall list."""
        self._recalls.decide(message_id, code, approve=approve, by=by, note=note)

    def waiting(self) -> dict[str, list[dict[str, Any]]]:
        """What an officer has to decide: certificates (``chung_thu``) and recalls (``thu_hoi``), oldest first."""
        certificates = (
            "SELECT message_id, unit, serial, kind, issuer FROM certificate WHERE status IS NULL ORDER BY rowid"
        )
        recalls = (
            "SELECT recall.message_id, recall.code, recall.name, recall.reason, recall.requested_by, record.school,"
            " record.issue, record.number, record.received_at FROM recall JOIN record USING (code)"
            " WHERE recall.status = ? ORDER BY recall.rowid"
        )
        pending = RecallStatus.PENDING.value
        return {"chung_thu": self.store.all(certificates), "thu_hoi": self.store.all(recalls, pending)}

    def query_recall(self, unit: str, message_id: str) -> dict[str, Any]:
        """Transaction 6 (II.2.7)."""
        return self._recalls.query(unit, message_id)

    def look_up(self, code: str) -> dict[str, str]:
        """What anyone may know of a code: genuine, recalled or unknown; no personal data."""
        row = self.store.one("SELECT * FROM record WHERE code = ?", code)
        if row is None:
            return {"status": "unknown"}
        if row["recalled_at"]:
            return {"status": "recalled", "recalled_at": row["recalled_at"], "replaced_by": row["replaced_by"] or ""}
        return {"status": "genuine", "sha256": row["sha256"], "issue": row["issue"], "received_at": row["received_at"]}

    def status_list(self) -> bytes:
        """The signed public list of recalled codes."""
        rows = self.store.all("SELECT code, recalled_at FROM record WHERE recalled_at IS NOT NULL")
        recalled = {r["code"]: r["recalled_at"] for r in rows}
        return status_list.issue(recalled, self.office.key, self.office.clock())
