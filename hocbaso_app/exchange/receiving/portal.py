"""What the portal does with each transaction of CV 2088 II.2, apart from HTTP."""

from __future__ import annotations

from typing import Any

from .. import status_list
from ..transactions import Answer, CertificateStatus, RegistrationAnswer
from .office import Office
from .recall import Recalls
from .registration import Registrations
from .submission import Submissions


class Portal:
    """The receiving side of one authority.

    Everything that a school may have done wrong comes out as :class:`~hocbaso_app.exchange.errors.RefusedError`.
    """

    def __init__(self, office: Office) -> None:
        """Over one authority's desk."""
        self.office = office
        self._registrations = Registrations(office)
        self._submissions = Submissions(office)
        self._recalls = Recalls(office)

    def register_certificate(self, unit: str, message_id: str, body: dict[str, Any]) -> RegistrationAnswer:
        """Transaction 3 (II.2.4)."""
        return self._registrations.register(unit, message_id, body)

    def decide_certificate(self, message_id: str, *, approve: bool, by: str = "", note: str = "") -> CertificateStatus:
        """An officer approves or refuses a certificate (III.1)."""
        return self._registrations.decide(message_id, approve=approve, by=by, note=note)

    def query_certificate(self, unit: str, message_id: str) -> dict[str, Any]:
        """Transaction 4 (II.2.5)."""
        return self._registrations.query(unit, message_id)

    def submit(self, unit: str, message_id: str, content: str) -> Answer:
        """Transaction 1 (II.2.2); the records wait for :meth:`settle`."""
        return self._submissions.take(unit, message_id, content)

    def settle(self, message_id: str) -> bool:
        """Verify and answer the records of a waiting message; False when it is settled, or another one settles it."""
        return self._submissions.settle(message_id)

    def query_submission(self, unit: str, message_id: str) -> dict[str, Any]:
        """Transaction 2 (II.2.3)."""
        return self._submissions.query(unit, message_id)

    def request_recall(self, unit: str, message_id: str, content: str, user: str) -> Answer:
        """Transaction 5 (II.2.6)."""
        return self._recalls.request(unit, message_id, content, user)

    def decide_recall(self, message_id: str, code: str, *, approve: bool, by: str, note: str = "") -> None:
        """An officer decides about one record of a recall list."""
        self._recalls.decide(message_id, code, approve=approve, by=by, note=note)

    def ask_more(self, message_id: str, code: str, *, by: str, question: str) -> None:
        """An officer asks the school about one record of a recall list."""
        self._recalls.ask_more(message_id, code, by=by, question=question)

    def query_recall(self, unit: str, message_id: str) -> dict[str, Any]:
        """Transaction 6 (II.2.7)."""
        return self._recalls.query(unit, message_id)

    def look_up(self, code: str) -> dict[str, str]:
        """What anyone may know of a code: genuine, recalled or unknown; no personal data."""
        row = self.office.books.records([code]).get(code)
        if row is None:
            return {"status": "unknown"}
        if row.recalled_at:
            return {"status": "recalled", "recalled_at": row.recalled_at, "replaced_by": row.replaced_by or ""}
        return {"status": "genuine", "sha256": row.sha256, "issue": row.issue, "received_at": row.received_at}

    def status_list(self) -> bytes:
        """The signed public list of recalled codes and of what came in their place."""
        books = self.office.books
        recalled = books.recalled()
        known = books.records(recalled)
        replaced = {code: row.replaced_by for code, row in known.items() if code in recalled and row.replaced_by}
        return status_list.issue(recalled, self.office.key, self.office.clock(), replaced)

    def registry(self) -> bytes:
        """The signed public list of the schools' approved certificates."""
        return self.office.registry()
