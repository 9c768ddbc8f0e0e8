"""After a backup was put back on either side: what the other still holds comes back, what both lost is listed.

Each record is one transaction, and each step first looks whether it is needed;
so a recovery may be cut off anywhere and started again by anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError, NotYoursError
from hocbaso_app.exchange.outbox import MoveError, Proof, State
from hocbaso_app.exchange.reconciliation.comparison import Comparison, Entry, Place
from hocbaso_app.exchange.reconciliation.inventory import Progress, Status
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.services import audit, connector, files, outbox, recall, recall_exchange, records, states, submit
from hocbaso_app.services.reconciliation import recalls, restore, run

if TYPE_CHECKING:
    from hocbaso_app.exchange.client import PortalClient

ROUNDS = 8
"""A recalled issue, its recall, its successor: each may have to wait for the one before."""

FETCHED = (Place.LOST_HERE, Place.OLDER_HERE, Place.RECEIPT_MISSING, Place.OTHER_RECEIPT)


def may(user: str, unit: str) -> bool:
    """Clerk or principal of the school may compare and recover; the site's Administrator too."""
    if user == "Administrator":
        return True
    held = [*states.staff_with("is_clerk", unit), *states.staff_with("is_principal", unit)]
    return any(row.user == user for row in held)


def require(unit: str) -> None:
    """:class:`NotYoursError` for anybody else."""
    if not may(frappe.session.user, unit):
        frappe.throw(_("Only the clerk or the principal compares with the authority."), NotYoursError)


def recover(unit: str, school_year: str, asked_by: str | None = None) -> Any:
    """Rounds until nothing moves any more; gives the comparison afterwards, with what is needed for the rest."""
    done: dict[str, str] = {}
    needed: dict[str, str] = {}
    for _number in range(ROUNDS):
        found = run.ask(unit, school_year)
        if found.comparison is None:
            break
        needed.clear()
        with states.in_vietnamese():
            moved = _Round(unit, school_year, found.comparison, done, needed).work()
        if not moved:
            break
    if done:
        audit.write("recover", "HBS Unit", unit, unit, {"asked_by": asked_by, "steps": sorted(done)})
    return run.reconcile(unit, school_year, asked_by, recovery=True, needed=needed)


class _Round:
    """One pass over the differences. ``done``: code and step that were taken already, so that none is repeated."""

    def __init__(
        self, unit: str, school_year: str, found: Comparison, done: dict[str, str], needed: dict[str, str]
    ) -> None:
        self.unit, self.year, self.found = unit, school_year, found
        self.client: PortalClient = connector.client(unit, school_year)
        self.done, self.needed = done, needed

    def work(self) -> bool:
        """Whether anything moved."""
        moved = [
            self._each("recalled", self.found.at(Place.RECALLED_THERE), self._recalled_there),
            self._each("fetched", self._to_fetch(), self._fetch),
            self._each("sent again", self._to_send(), self._send_again),
            self._recalls_lost_there(),
            self._requests_lost_there(),
        ]
        if any(moved):
            submit.send_all()
            frappe.db.commit()  # nosemgrep: the next round sees what came of it
        return any(moved)

    def _each(self, step: str, entries: Iterable[Entry], act: Callable[[Entry], None]) -> bool:
        moved = False
        for entry in entries:
            key = f"{step} {entry.code}"
            if key in self.done:
                continue
            frappe.db.commit()  # nosemgrep: one record's trouble is not another's
            try:
                act(entry)
                frappe.db.commit()  # nosemgrep: done is done, whatever comes next
                self.done[key], moved = step, True
            except restore.WaitsError as waits:
                frappe.db.rollback()
                self.needed[entry.code] = str(waits)
            except (HbsError, HocBaSoError, MoveError) as error:
                frappe.db.rollback()
                self.needed[entry.code] = error.message_vi if isinstance(error, HocBaSoError) else str(error)
        return moved

    def _to_fetch(self) -> list[Entry]:
        """Earlier issues first."""
        stuck = [e for e in self.found.at(Place.UNANSWERED) if e.held]
        wanted = [e for e in (*self.found.at(*FETCHED), *stuck) if e.held]
        return sorted(wanted, key=lambda e: (int(e.held.issue) if e.held else 0, e.code))

    def _fetch(self, entry: Entry) -> None:
        """File and receipt from the authority; into the tables only what verifies."""
        from hocbaso_app.exchange.reconciliation.messages import ask_back

        fetched = ask_back(self.client, self.client.endpoint.unit_code, entry.code)
        frappe.db.commit()  # nosemgrep: nothing was open while the network was waited for
        restore.bring_back(self.unit, fetched)

    def _recalled_there(self, entry: Entry) -> None:
        """By the authority's sealed list; a file without receipt gets that first."""
        from hocbaso_app.exchange.recalls import STATUS_LIST_PATH

        own = entry.own
        if own is None or own.progress is not Progress.RECEIVED:
            self._fetch(entry)
            return
        token = self.client.get(STATUS_LIST_PATH)
        frappe.db.commit()  # nosemgrep: nothing was open while the network was waited for
        recalls.recalled_there(own.key, token)

    def _to_send(self) -> list[Entry]:
        """What the authority lost; a successor waits until its predecessor is there again and recalled."""
        lost = {e.code: e for e in self.found.at(Place.LOST_THERE)}
        active = {e.code for e in self.found.entries if e.held and e.held.status is Status.ACTIVE}
        ready = []
        for entry in sorted(lost.values(), key=lambda e: (int(e.own.issue or 0) if e.own else 0, e.code)):
            before = self._replaces(entry)
            if before and (before in lost or before in active):
                self.needed[entry.code] = _("The recall of the earlier issue comes first; recover again.")
            else:
                ready.append(entry)
        return ready

    def _replaces(self, entry: Entry) -> str | None:
        _version, document = files.load(self._version(entry))
        return document.record.general.replaces_code

    def _version(self, entry: Entry) -> str:
        own = entry.own
        assert own is not None
        where: dict[str, Any] = {"record": own.key, "record_code": own.code, "sha256": own.sha256}
        where["status"] = ("in", ("Released", "Recalled"))
        return str(frappe.db.get_value(files.DOCTYPE, where, "name"))

    def _send_again(self, entry: Entry) -> None:
        """The very same octets under the same key, after the authority said of this code that it holds nothing."""
        own = entry.own
        assert own is not None
        self._require_lost(entry.code)
        key = f"{own.code}:{own.issue}:{own.sha256}"
        receipt = frappe.db.get_value(submit.DOCTYPE, {"idempotency_key": key}, "receipt_number")
        doc = records.locked(own.key)
        version, document = files.load(self._version(entry))
        if not receipt and not frappe.db.exists(submit.DOCTYPE, {"idempotency_key": key}):
            submit.enter_all([version])
        else:
            why = _("The authority lost this record; the same file is sent again.")
            outbox.recover(key, State.READY, Proof(key), why)
        facts = {"file": version.name, "earlier receipt": receipt}
        if doc.current_version == version.name and doc.state == states.ACCEPTED:
            records.restore(doc, document, states.RELEASED, "lost there", facts)
        else:
            audit.write("lost there", doc.doctype, doc.name, doc.unit, {**facts, "code": own.code})

    def _require_lost(self, code: str) -> None:
        from hocbaso_app.exchange import codes
        from hocbaso_app.exchange.errors import RefusedError
        from hocbaso_app.exchange.reconciliation.messages import ask_back

        try:
            ask_back(self.client, self.client.endpoint.unit_code, code)
        except RefusedError as refused:
            if refused.code == codes.RECALL_UNKNOWN:
                frappe.db.commit()  # nosemgrep: nothing was open while the network was waited for
                return
            raise
        frappe.throw(_("The authority holds this record after all. Compare again."), HbsError)

    def _recalls_lost_there(self) -> bool:
        """Its own sealed lists, kept here, prove to the authority what it had recalled."""
        from hocbaso_app.exchange.reconciliation.messages import hand_in_recalls

        wanted = [e.code for e in self.found.at(Place.RECALLED_HERE) if f"proved {e.code}" not in self.done]
        moved = False
        for token, named in recalls.proofs(wanted).items():
            frappe.db.commit()  # nosemgrep: nothing is open while the network is waited for
            try:
                given = hand_in_recalls(self.client, self.client.endpoint.unit_code, named, token)
            except HocBaSoError as error:
                self.needed.update(dict.fromkeys(named, error.message_vi))
                continue
            self.done.update({f"proved {code}": "proved" for code in given})
            audit.write("recalls proved", "HBS Unit", self.unit, self.unit, {"codes": given})
            frappe.db.commit()  # nosemgrep: told
            moved = moved or bool(given)
        for code in wanted:
            if f"proved {code}" not in self.done:
                text = _("No signed status list here names this recall. The principal asks for it again.")
                self.needed.setdefault(code, text)
        return moved

    def _requests_lost_there(self) -> bool:
        """Recall requests that wait for an answer nobody prepares any more."""
        held = {e.own.key for e in self.found.at(Place.AGREED) if e.own}
        where = {"unit": self.unit, "status": recall.SENT, "message_id": ("is", "set")}
        moved = False
        for name in frappe.get_all(recall.DOCTYPE, where, pluck="name", order_by="name"):
            key = f"request {name}"
            waiting = {"parent": name, "parenttype": recall.DOCTYPE, "status": ("in", recall.OPEN)}
            items = frappe.get_all("HBS Recall Item", waiting, pluck="record", order_by="idx")
            if key in self.done or not set(items) <= held:
                continue
            frappe.db.commit()  # nosemgrep: nothing is open while the network is waited for
            try:
                lost = recalls.lost_there(name, self.client)
            except HocBaSoError:
                continue
            frappe.db.commit()  # nosemgrep: done is done
            if lost:
                self.done[key], moved = "request", True
        if moved:
            recall_exchange.round_trip()
        return moved


def unfinished(since: Any) -> list[tuple[str, str]]:
    """Schools and years whose last comparison is a recovery after which the sides still contradict each other.

    Not when it found just what the one before had found: then a person has to act.
    """
    columns = ["name", "unit", "school_year", "recovery", "status", "differences", "contradictions"]
    found: dict[tuple[str, str], list[Any]] = {}
    for row in frappe.get_all(run.DOCTYPE, {"at": (">", since)}, columns, order_by="name desc"):
        found.setdefault((row.unit, row.school_year), []).append(row)
    return [
        key
        for key, (last, *before) in found.items()
        if last.recovery and (last.contradictions or last.status == run.IMPOSSIBLE) and not _same(last, before)
    ]


def _same(last: Any, before: list[Any]) -> bool:
    said = ("status", "differences", "contradictions")
    return bool(before) and all(last[name] == before[0][name] for name in said)
