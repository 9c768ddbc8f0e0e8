"""A school's roots go to its authority, which answers with a receipt; what it holds is compared with what is here."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import now_datetime

from hocbaso_app import compat
from hocbaso_app.exceptions import HbsError
from hocbaso_app.exchange.roots import messages, receipts
from hocbaso_app.exchange.roots.comparison import Difference, What, replay
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.record.times import read_instant
from hocbaso_app.services import connector, convert, evidence, rows, states, trust
from hocbaso_app.services.channel import round as rounds
from hocbaso_app.services.frozen import sending
from hocbaso_app.services.roots import book, nightly

if TYPE_CHECKING:
    from hocbaso_app.exchange.client import PortalClient
    from hocbaso_app.exchange.roots.statement import KeptRoot


def waiting() -> bool:
    """Whether a root of a school waits for a receipt of another site."""
    units = frappe.get_all(connector.ACCOUNT, pluck="name", order_by="name")
    where = {"unit": ("in", units or [""]), "source": book.OWN, "received_at": ("is", "not set")}
    return bool(frappe.db.exists(book.DOCTYPE, where))


def send_all() -> dict[str, str]:
    """Every school whose authority has a site of its own; school → problem."""
    problems = {}
    for unit in frappe.get_all(connector.ACCOUNT, pluck="name", order_by="name") if connector.is_on() else []:
        if sending.goes_by_channel(unit):
            problem = _tried(unit)
            if problem:
                problems[unit] = problem
    return problems


def _tried(unit: str) -> str | None:
    try:
        client = connector.client(unit, rounds.school_year_of(unit), guarded=False)
        found = send(unit, client)
    except (HocBaSoError, HbsError) as error:
        frappe.db.rollback()
        problem = error.message_vi if isinstance(error, HocBaSoError) else str(error)
        _note(unit, problem)
        return problem
    with states.in_vietnamese():
        evidence.tell(found)
    _commit()
    return None


def _note(unit: str, problem: str) -> None:
    """On the roots that wait for a receipt; they go with the next round."""
    where = {"unit": unit, "source": book.OWN, "received_at": ("is", "not set")}
    rows.update(book.DOCTYPE, frappe.get_all(book.DOCTYPE, where, pluck="name", order_by="name"), {"problem": problem})
    _commit()


def send(unit: str, client: PortalClient) -> list[evidence.Finding]:
    """What the authority holds is compared with what is here; then it gets what it does not hold. The new findings."""
    held = messages.ask_held(client, unit)
    _commit()
    new = _against_held(unit, client, held)
    sent = {sha256 for _number, sha256 in held}
    for row in book.rows_of(unit, book.OWN):
        kept = book.kept_of(row)
        if (kept.sha256 in sent and row.received_at) or not _is_whole(kept):
            continue
        _commit()
        taken = messages.hand_in(client, unit, kept)
        _keep_receipt(row, kept.sha256, taken.receipt)
        new += nightly.note(unit, taken.differences, by=_said_by())
        _commit()
    return new


def _is_whole(kept: KeptRoot) -> bool:
    """A damaged one is a finding of its own and nothing to send."""
    try:
        kept.check()
    except HocBaSoError:
        return False
    return True


def _said_by() -> str:
    with states.in_vietnamese():
        return _("So says what the authority holds.")


def _keep_receipt(row: Any, sha256: str, token: bytes) -> None:
    """Only a right receipt of this very root; the first one stays."""
    said = receipts.read(token, trust.store())
    if said.sha256 != sha256:
        frappe.throw(_("The receipt {0} is not about this file.").format(said.number), HbsError)
    if not row.received_at:
        received = convert.desk_time(read_instant(said.received_at))
        values = {"receipt": base64.b64encode(token).decode(), "sent_at": now_datetime(), "received_at": received}
        rows.update(book.DOCTYPE, [row.name], {**values, "problem": None})


def _against_held(unit: str, client: PortalClient, held: list[tuple[int, str]]) -> list[evidence.Finding]:
    """A root that the authority holds and this site does not have: its roots were rewritten, or it was put back.

    Then the authority's roots judge what is here.
    """
    own = {kept.sha256 for kept in book.of(unit, book.OWN)}
    strange = [(number, sha256) for number, sha256 in held if sha256 not in own]
    if not strange:
        return []
    found = [Difference(What.ROOT_UNCHAINED, "root", str(number), "", sha256) for number, sha256 in strange]
    first = strange[0][0]
    theirs = [sha256 for number, sha256 in held if number < first or sha256 not in own]
    known = replay(messages.fetch(client, unit, sha256)[0] for sha256 in theirs)
    return nightly.note(unit, [*found, *nightly.compare(unit, known)], by=_said_by())


def _commit() -> None:
    if not compat.in_test():
        frappe.db.commit()  # nosemgrep: nothing is open while the network is waited for
