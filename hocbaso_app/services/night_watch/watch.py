"""A run of the watch: file after file until tonight's share is done or the time is over; kept after every few.

Which files come next stands in the database alone, so a run that is killed is gone on with by the next one.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import frappe
from frappe import _
from frappe.utils import now, now_datetime

from hocbaso_app import compat
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.services import evidence, rows, states, trust
from hocbaso_app.services.night_watch import judge, kept, queue
from hocbaso_app.services.night_watch.judge import BROKEN, RIGHT, TRUST_MISSING, Judgement
from hocbaso_app.services.night_watch.kept import KeptFile
from hocbaso_app.services.night_watch.queue import DOCTYPE, Turn

if TYPE_CHECKING:
    from hocbaso_app.signing.trust import TrustStore

AT_ONCE = 20
"""Files between two commits."""


@dataclass
class Run:
    """What one run did. ``done``: tonight's share is done; else the time was over first."""

    seen: int = 0
    right: int = 0
    done: bool = False
    found: list[evidence.Finding] = field(default_factory=list)


def run(seconds: float | None = None, *, most: int | None = None, beat: Callable[[], None] = lambda: None) -> Run:
    """Tonight's share, as far as the time reaches; ``most``: so many files, whatever it is. New findings are told."""
    end = time.monotonic() + (queue.seconds() if seconds is None else seconds)
    left = max(0, queue.share() - queue.seen_tonight()) if most is None else most
    outcome = Run()
    with states.in_vietnamese():
        store, missing = _trust()
        while left > 0 and time.monotonic() < end:
            turns = list(queue.turns(min(AT_ONCE, left)))
            if not turns:
                break
            _look(turns, store, missing, outcome)
            left -= len(turns)
            beat()
            if not compat.in_test():
                frappe.db.commit()  # nosemgrep: a long run in the scheduler
        outcome.done = left <= 0 or time.monotonic() < end
        evidence.tell(outcome.found)
    return outcome


def _trust() -> tuple[TrustStore | None, str]:
    try:
        return trust.store(), ""
    except HocBaSoError as error:
        return None, error.message_vi


def _look(turns: Sequence[Turn], store: TrustStore | None, missing: str, outcome: Run) -> None:
    by_kind: dict[str, list[str]] = defaultdict(list)
    for doctype, name in turns:
        by_kind[doctype].append(name)
    judged: list[tuple[KeptFile, Judgement]] = []
    for doctype, names in by_kind.items():
        files = kept.load(doctype, names)
        for name in sorted({*names} - {file.name for file in files}):
            _lost(doctype, name, outcome)
        judged += [(file, _judged(file, store, missing)) for file in files]
    _keep(judged)
    for file, judgement in judged:
        outcome.right += judgement.verdict == RIGHT
        for finding in findings(file, judgement):
            if evidence.note(finding):
                outcome.found.append(finding)
    outcome.seen += len(turns)


def _judged(file: KeptFile, store: TrustStore | None, missing: str) -> Judgement:
    if store is None and not file.changed:
        step = _("Put the trust folder of the site in order; then everything is looked at again by itself.")
        return Judgement(TRUST_MISSING, None, f"{missing} {step}", "trust folder")
    return judge.judge(file, store)  # type: ignore[arg-type]


def findings(file: KeptFile, judgement: Judgement) -> Iterator[evidence.Finding]:
    """A broken file is told by its name; missing trust data once per school, month and cause."""
    if judgement.verdict == BROKEN:
        if file.changed and file.doctype == kept.VERSION:
            yield evidence.file_finding(file.name)
        else:
            text = judgement.explanation
            yield evidence.Finding(evidence.NOT_VALID, file.doctype, file.name, file.unit, text[:1000])
    elif judgement.verdict == TRUST_MISSING:
        text = _("Since {0}: {1}").format(f"{now_datetime():%m/%Y}", judgement.explanation)
        if judgement.about:
            text = f"{text} ({judgement.about})"
        yield evidence.Finding(evidence.TRUST_MISSING, "HBS Unit", file.unit, file.unit, text[:1000])


def _lost(doctype: str, name: str, outcome: Run) -> None:
    unit = frappe.db.get_value(DOCTYPE, name, "unit")
    text = _("The file was seen by the night watch before and is gone now.")
    finding = evidence.Finding(evidence.FILE_MISSING, doctype, name, unit, text)
    if doctype == kept.VERSION:
        finding = evidence.file_finding(name)
    rows.update(DOCTYPE, [name], {"verdict": BROKEN, "explanation": text, "checked_at": now_datetime()})
    if evidence.note(finding):
        outcome.found.append(finding)


def _keep(judged: Sequence[tuple[KeptFile, Judgement]]) -> None:
    """The state beside each file, in one statement; the file itself is not touched."""
    if not judged:
        return
    moment, at = now(), now_datetime()
    fixed = ["name", "creation", "modified", "modified_by", "owner", "docstatus", "idx", "kept_doctype", "kept_name"]
    renewed = ["unit", "verdict", "explanation", "checked_at", "as_of", "sha256"]
    columns = [*fixed, *renewed, "right_at"]
    values: list[object] = []
    for file, judgement in judged:
        user = frappe.session.user
        right_at = at if judgement.verdict == RIGHT else None
        values += [file.name, moment, moment, user, user, 0, 0, file.doctype, file.name, file.unit, judgement.verdict]
        values += [judgement.explanation or None, at, judgement.as_of, file.sha256, right_at]
    row = f"({', '.join(['%s'] * len(columns))})"
    changes = ", ".join(f"`{c}` = values(`{c}`)" for c in ("modified", *renewed))
    frappe.db.sql(
        f"insert into `tab{DOCTYPE}` ({', '.join(f'`{c}`' for c in columns)}) values {', '.join([row] * len(judged))}"
        f" on duplicate key update {changes}, `right_at` = coalesce(values(`right_at`), `right_at`)",
        values,
    )
