"""Evidence for files that have none yet, and renewal in time: one timestamp for as many files as a run takes.

Nothing is locked while the service is waited for. When it does not answer, all stays as it is and the next night
tries again; who runs the site hears of it once a file has waited too long.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import add_to_date, now_datetime

from hocbaso_app import compat
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.record.times import read_instant
from hocbaso_app.services import convert, keepers, states, timestamps, trust
from hocbaso_app.services.long_term import book
from hocbaso_app.services.long_term.book import Made
from hocbaso_app.services.night_watch import judge, kept, queue
from hocbaso_app.services.night_watch.kept import KeptFile

if TYPE_CHECKING:
    from hocbaso_app.signing.evidence.bundle import Bundle
    from hocbaso_app.signing.evidence.gathering import Gatherer
    from hocbaso_app.signing.evidence.making import Stamper
    from hocbaso_app.signing.trust import TrustStore
    from hocbaso_app.signing.validation_data import ValidationData
    from hocbaso_app.signing.verify import Verification

MOST = 2000
"""Files under one timestamp of one run."""
AT_ONCE = 100
"""Files held in memory."""
AHEAD_DAYS = 365
"""Evidence that ends within so many days is renewed."""
LATE_DAYS = 7
"""A file that waits so long for its first evidence is told of; so long it waits for newer revocation lists."""


@dataclass
class Outcome:
    """What a run did; ``problem``: why it stopped."""

    made: int = 0
    renewed: int = 0
    problem: str = ""


def run(stamper: Stamper | None = None, *, at: datetime | None = None) -> Outcome:
    """New evidence, then renewals; until nothing waits or the service does not answer. Tests give a ``stamper``."""
    done = Outcome()
    store = trust.store()
    moment = at or convert.now()
    stamps = stamper or service()
    if stamps is None:
        with states.in_vietnamese():
            done.problem = _("No time-stamping service is set; evidence waits for it.")
        return done
    try:
        while count := _make(stamps, store, moment):
            done.made += count
        while count := _renew(stamps, store, moment):
            done.renewed += count
    except HocBaSoError as error:  # the service's; nothing of its heap is written yet
        done.problem = error.message_vi
    return done


def service() -> Stamper | None:
    """The time-stamping service of the settings."""
    from hocbaso_app.signing.evidence.making import by_length

    client = timestamps.client()
    return by_length(client.stamp_digest) if client is not None else None


def waiting(doctype: str, most: int, before: datetime | None = None) -> list[str]:
    """Complete files without evidence, the oldest first; what the watch did not find right is left to it."""
    file, evidence = frappe.qb.DocType(doctype), frappe.qb.DocType(book.DOCTYPE)
    seen = frappe.qb.DocType(queue.DOCTYPE)
    moment = file[kept.MOMENT[doctype]]
    query = frappe.qb.from_(file).left_join(evidence).on((evidence.kept_name == file.name) & (evidence.newest == 1))
    query = query.left_join(seen).on((seen.name == file.name) & (seen.verdict != judge.RIGHT))
    query = query.where(evidence.name.isnull() & seen.name.isnull() & moment.isnotnull())
    query = query.where(file.status.notin(kept.UNSEALED))
    if before is not None:
        query = query.where(moment < before)
    return [name for (name,) in query.select(file.name).orderby(moment, file.name).limit(most).run()]


def _make(stamps: Stamper, store: TrustStore, at: datetime) -> int:
    from hocbaso_app.signing.evidence.bundle import Bundle
    from hocbaso_app.signing.evidence.gathering import Gatherer
    from hocbaso_app.signing.evidence.making import Round
    from hocbaso_app.signing.evidence.record import EvidenceRecord

    gatherer, one = Gatherer(store, at), Round()
    taken = [(file, data, one.add(group)) for file, data, group in _worth(gatherer)]
    if not taken:
        return 0
    _commit()
    one.stamp(stamps, gatherer.vouch)
    made = []
    for file, data, group in taken:
        bundle = Bundle(data, EvidenceRecord((one.chain(group),)))
        made.append(Made(file.doctype, file.name, file.unit, file.sha256, bundle))
    _keep(made, store, at)
    return len(made)


def _worth(gatherer: Gatherer) -> Iterator[tuple[KeptFile, Any, frozenset[bytes]]]:
    """Files that are valid now by what will be kept beside them, and about whose signers no newer list is waited for;
    of each only its digests stay in memory."""
    from hocbaso_app.record.document import Document
    from hocbaso_app.signing.evidence.bundle import group_of
    from hocbaso_app.signing.evidence.linking import digests_of

    for doctype in (kept.VERSION, kept.RECEIVED):
        names = waiting(doctype, MOST)
        for start in range(0, len(names), AT_ONCE):
            for file in kept.load(doctype, names[start : start + AT_ONCE]):
                try:
                    document = Document.parse(file.data)
                    data = gatherer.of(document)
                    verified = gatherer.verify(document, data)
                    valid = verified.valid and not file.changed and not _waits(file, verified, data, gatherer.at)
                except HocBaSoError:
                    valid = False
                if valid:
                    yield replace(file, data=b""), data, digests_of(*group_of(file.data, data))("sha256")


def _waits(file: KeptFile, verified: Verification, data: ValidationData, at: datetime) -> bool:
    """Whether a list newer than the file may still come: a signer may have been revoked just before he signed."""
    from hocbaso_app.signing.evidence.gathering import next_due, unsettled

    assert file.moment is not None
    had, week = read_instant(convert.instant(file.moment)), timedelta(days=LATE_DAYS)
    due = next_due(data)
    expected = due is not None and due < at + week and at < had + week
    return expected and unsettled(verified, data, had) is not None


def _renew(stamps: Stamper, store: TrustStore, at: datetime) -> int:
    from hocbaso_app.signing.evidence.bundle import Bundle
    from hocbaso_app.signing.evidence.forecast import due
    from hocbaso_app.signing.evidence.gathering import Gatherer

    before = at + timedelta(days=AHEAD_DAYS)
    where = {"until": ("<", convert.desk_time(before))}
    gatherer = Gatherer(store, at)
    by_way: dict[str, list[tuple[Any, Bundle]]] = {"tree": [], "timestamps": []}
    for row in book.newest(where, MOST):
        bundle = book.read(row.content)
        way = due(bundle, store, at, before) if isinstance(bundle, Bundle) else None
        if way and isinstance(bundle, Bundle):
            by_way[way].append((row, bundle))
    made = [*_under_timestamp(by_way["timestamps"], stamps, gatherer), *_under_tree(by_way["tree"], stamps, gatherer)]
    later = [one for one in made if _ends_later(one, store, at)]
    _keep(later, store, at)
    return len(later)


def _ends_later(one: Made, store: TrustStore, at: datetime) -> bool:
    """Whether it ends later than what it renews: a service whose own end is near renews nothing."""
    until = book.ending(one.bundle, store, at)[0]
    known = frappe.db.get_value(book.DOCTYPE, {"kept_name": one.name, "newest": 1}, "until", order_by="name desc")
    return until is None or known is None or until > known


def _under_timestamp(rows: Sequence[tuple[Any, Bundle]], stamps: Stamper, gatherer: Gatherer) -> list[Made]:
    from hocbaso_app.signing.evidence.making import renew_timestamps

    if not rows:
        return []
    records = renew_timestamps([bundle.record for _row, bundle in rows], stamps, vouch=gatherer.vouch)
    return [
        _renewed(row, bundle.with_record(record), book.TIMESTAMP)
        for (row, bundle), record in zip(rows, records, strict=True)
    ]


def _under_tree(rows: Sequence[tuple[Any, Bundle]], stamps: Stamper, gatherer: Gatherer) -> list[Made]:
    from hocbaso_app.signing.evidence.making import renew_tree

    whole = [(row, bundle) for row, bundle in rows if frappe.db.exists(row.kept_doctype, row.kept_name)]
    if not whole:
        return []
    groups = (bundle.group(kept.load(row.kept_doctype, [row.kept_name])[0].data) for row, bundle in whole)
    records = renew_tree([bundle.record for _row, bundle in whole], groups, stamps, vouch=gatherer.vouch)
    return [
        _renewed(row, bundle.with_record(record), book.TREE)
        for (row, bundle), record in zip(whole, records, strict=True)
    ]


def _renewed(row: Any, bundle: Bundle, kind: str) -> Made:
    return Made(row.kept_doctype, row.kept_name, row.unit, row.sha256, bundle, kind, int(row.number) + 1)


def _keep(made: Sequence[Made], store: TrustStore, at: datetime) -> None:
    for start in range(0, len(made), AT_ONCE):
        book.keep(made[start : start + AT_ONCE], store, at)
        _commit()


def _commit() -> None:
    if not compat.in_test():
        frappe.db.commit()  # nosemgrep: nothing is open while the service is waited for; what is made stays


def warn_when_late(problem: str) -> int:
    """Who keeps the site hears, at most once in a week, that files wait too long for evidence; gives how many."""
    before = add_to_date(now_datetime(), days=-LATE_DAYS)
    late = sum(len(waiting(doctype, MOST, before)) for doctype in (kept.VERSION, kept.RECEIVED))
    if late:
        with states.in_vietnamese():
            subject = _("Released records wait for evidence of their time")
            text = _("{0} files have waited for more than {1} days. {2}").format(late, LATE_DAYS, problem)
        keepers.tell_once(subject, text, 7 * 24)
    return late
