"""Each kind of pattern, read off the confirmations of one school: when, from where, by whom. Nothing is judged here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import frappe
from frappe import _
from frappe.utils import format_datetime, getdate

DEVICE, SESSION = "Many signers on one device", "Many signers in one session"
UNREAD, QUICK = "Records not opened", "Whole classes within seconds"
NIGHT, REPLACED = "Signed at night", "Signed while replaced"
PLACES, PINS = "Two places at once", "Wrong PINs one after another"

CLOSE = timedelta(minutes=10)
"""Confirmations of several people on one device within this time."""
LEAST_SIGNERS = 3
SLOW = timedelta(minutes=2)
LEAST_UNREAD = 10
"""Pupils signed for of whom not one was opened."""
CLASS_PARTS = 15
"""A confirmation of so many parts is one of a whole class."""
BETWEEN_CLASSES = timedelta(seconds=30)
NIGHT_HOURS = (23, 0, 1, 2, 3, 4)
WRONG = ("PIN_WRONG", "PIN_LOCKED", "OTP_WRONG", "PKCS12_UNREADABLE")
CONFIRMED = ("Ready", "Running", "Done", "Partly done")


@dataclass(frozen=True)
class Pattern:
    """One thing noticed; ``weight`` 1 to 100 says how seldom it is where everybody signs for himself."""

    kind: str
    weight: int
    sentence: str
    users: tuple[str, ...]
    batches: tuple[str, ...]
    first_at: datetime
    last_at: datetime
    device_id: str | None = None
    ip_address: str | None = None


def look(batches: list[Any]) -> Iterator[Pattern]:
    """Everything that these batches of one school show, in order of time; each batch as :func:`.finding.batches`."""
    confirmed = [row for row in batches if row.status in CONFIRMED]
    yield from _of_device(confirmed)
    yield from _of_session(confirmed)
    for rows in _by(confirmed, "signer").values():
        yield from _of_signer(rows)
    yield from _of_pins(batches)


def _of_signer(rows: list[Any]) -> Iterator[Pattern]:
    for step in (_unread, _quick, _night, _replaced, _places):
        yield from step(rows)


def _by(rows: Iterable[Any], name: str) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row.consent_at, row.name)):
        if row.get(name):
            found[row[name]].append(row)
    return found


def _clusters(rows: list[Any], within: timedelta) -> Iterator[list[Any]]:
    """Rows (in order of time) cut where the next one is later than ``within`` after the one before."""
    cluster: list[Any] = []
    for row in rows:
        if cluster and row.consent_at - cluster[-1].consent_at > within:
            yield cluster
            cluster = []
        cluster.append(row)
    if cluster:
        yield cluster


def _signers(rows: Iterable[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(row.signer for row in rows))


def names(users: Iterable[str]) -> str:
    """Full names, for a sentence."""
    return ", ".join(str(frappe.db.get_value("User", user, "full_name") or user) for user in users)


def pattern(kind: str, weight: int, sentence: str, rows: list[Any], **more: Any) -> Pattern:
    """What these confirmations, in order of time, show."""
    return Pattern(
        kind,
        max(1, min(100, weight)),
        sentence,
        _signers(rows),
        tuple(dict.fromkeys(row.name for row in rows)),
        rows[0].consent_at,
        rows[-1].consent_at,
        **more,
    )


def _time(rows: list[Any]) -> tuple[str, str]:
    return format_datetime(rows[0].consent_at, "d/M/yyyy HH:mm"), format_datetime(rows[-1].consent_at, "HH:mm")


def _of_device(rows: list[Any]) -> Iterator[Pattern]:
    for device, own in _by(rows, "device_id").items():
        for cluster in _clusters(own, CLOSE):
            users = _signers(cluster)
            if len(users) < LEAST_SIGNERS:
                continue
            text = _(
                "{0} people confirmed on one device from {1} to {2}: {3}. It may be a computer that all use; ask"
                " whether each of them signed himself."
            ).format(len(users), *_time(cluster), names(users))
            more = {"device_id": device, "ip_address": cluster[0].ip_address}
            weight = 30 + 6 * len(users) if _pace(cluster) < SLOW else 10 + 2 * len(users)
            yield pattern(DEVICE, weight, text, cluster, **more)


def _pace(rows: list[Any]) -> timedelta:
    """Time from one person to the next; in a staff room with one computer it is minutes."""
    return (rows[-1].consent_at - rows[0].consent_at) / max(1, len(_signers(rows)) - 1)


def _of_session(rows: list[Any]) -> Iterator[Pattern]:
    for own in _by(rows, "session_hash").values():
        users = _signers(own)
        if len(users) > 1:
            text = _(
                "Within one log-in, {0} people confirmed from {1} to {2}: {3}. Each of them has a log-in of his own."
            )
            yield pattern(SESSION, 95, text.format(len(users), *_time(own), names(users)), own)


def _unread(rows: list[Any]) -> Iterator[Pattern]:
    for own in _by_day(rows).values():
        records = _records(own)
        if len(records) < LEAST_UNREAD or _opened(own[0].signer, records):
            continue
        text = _("{0} signed for {1} pupils on {2} and had opened none of them on the signing page before.")
        day = format_datetime(own[0].consent_at, "d/M/yyyy")
        yield pattern(UNREAD, 35, text.format(names(_signers(own)), len(records), day), own)


def _quick(rows: list[Any]) -> Iterator[Pattern]:
    whole = [row for row in rows if (row.total or 0) >= CLASS_PARTS]
    for cluster in _clusters(whole, BETWEEN_CLASSES):
        classes = dict.fromkeys(row.classes for row in cluster)
        if len(classes) < 2:
            continue
        seconds = round((cluster[-1].consent_at - cluster[0].consent_at).total_seconds())
        text = _("{0} confirmed {1} classes within {2} seconds ({3}): {4}.").format(
            names(_signers(cluster)), len(classes), seconds, _time(cluster)[0], ", ".join(classes)
        )
        yield pattern(QUICK, 20 + 10 * len(classes), text, cluster)


def _night(rows: list[Any]) -> Iterator[Pattern]:
    late = [row for row in rows if row.consent_at.hour in NIGHT_HOURS]
    for cluster in _clusters(late, timedelta(hours=6)):
        text = _("{0} confirmed at night, at {1}. Many work late; it counts only beside something else.")
        yield pattern(NIGHT, 10, text.format(names(_signers(cluster)), _time(cluster)[0]), cluster)


def _replaced(rows: list[Any]) -> Iterator[Pattern]:
    """Somebody signs while a decision says that another one does his work."""
    staff = [row.staff for row in rows if row.staff]
    where = {"replaces": ("in", staff or [""])}
    columns = ["replaces", "staff", "from_date", "to_date", "decision_number"]
    away = frappe.get_all("HBS Teaching Assignment", where, columns, order_by="from_date, name")
    for own in _by_day(rows).values():
        day = getdate(own[0].consent_at)
        held = next((a for a in away if a.from_date and a.from_date <= day <= (a.to_date or a.from_date)), None)
        if held is None:
            continue
        deputy = frappe.db.get_value("HBS Staff Member", held.staff, "full_name")
        text = _("{0} confirmed on {1}, while {2} stands in by decision {3}.").format(
            names(_signers(own)), format_datetime(own[0].consent_at, "d/M/yyyy"), deputy, held.decision_number
        )
        yield pattern(REPLACED, 55, text, own)


def _places(rows: list[Any]) -> Iterator[Pattern]:
    for first, second in pairwise(rows):
        if second.consent_at - first.consent_at > CLOSE:
            continue
        apart = [
            first.get(name) and second.get(name) and first[name] != second[name] for name in ("ip_address", "device_id")
        ]
        if all(apart):
            text = _("{0} confirmed from {1} and from {2} within {3} minutes, on two devices.").format(
                names([first.signer]),
                first.ip_address,
                second.ip_address,
                max(1, round((second.consent_at - first.consent_at).total_seconds() / 60)),
            )
            yield pattern(PLACES, 45, text, [first, second])


def _of_pins(rows: list[Any]) -> Iterator[Pattern]:
    wrong = [row for row in rows if row.fault_code in WRONG]
    for device, own in _by(wrong, "device_id").items():
        for cluster in _clusters(own, 2 * CLOSE):
            users = _signers(cluster)
            if len(users) > 1:
                text = _("On one device wrong PINs of {0} people were entered from {1} to {2}: {3}.")
                sentence = text.format(len(users), *_time(cluster), names(users))
                yield pattern(PINS, 60 + 5 * len(users), sentence, cluster, device_id=device)


def _by_day(rows: list[Any]) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.consent_at.date()].append(row)
    return found


def _records(rows: list[Any]) -> list[str]:
    where = {"parent": ("in", [row.name for row in rows]), "outcome": ("in", ("Signed", "Already signed", "Waiting"))}
    return list(frappe.get_all("HBS Signing Batch Item", where, pluck="record", distinct=True, order_by="record"))


def _opened(user: str, records: list[str]) -> bool:
    version, seen = frappe.qb.DocType("HBS Record Version"), frappe.qb.DocType("View Log")
    query = frappe.qb.from_(seen).join(version).on(seen.reference_name == version.name)
    query = query.where((seen.reference_doctype == "HBS Record Version") & (seen.viewed_by == user))
    return bool(query.where(version.record.isin(records)).select(seen.name).limit(1).run())
