"""What a school tells the authority (our extension ``bao-cao``): where it stands, what is held, what it has read.

A report tells a state as of a moment. It may come twice, late or in the wrong order: the newest moment counts, and
readings of notices only ever grow. So a school that was cut off for days just reports again.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, TypeVar

from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.record.times import read_instant

from .bulletin import canonical

EXTENSION = "bao-cao"
MOST_ROWS, MOST_RECORDS, LONGEST_TEXT = 5000, 1_000_000, 2000
LONGEST_FIGURES = 4_000_000

Row = TypeVar("Row")


class ReportError(HocBaSoError):
    """A report that can't be read; nothing of it is taken."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Records of a class in one state. ``waiting_since``: of the one that has waited longest."""

    academic_year: str
    student_group: str
    grade: str
    state: str
    count: int
    complete: int = 0
    waiting_since: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """Somebody stopped the sending (QĐ Điều 5.k1): who, why, since when."""

    what: str
    by: str
    reason: str
    since: str
    until: str = ""


@dataclass(frozen=True, slots=True)
class Unsent:
    """Released records that the authority does not hold yet; ``overdue`` of them for longer than the alarm allows."""

    waiting: int = 0
    overdue: int = 0
    attention: int = 0
    oldest: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of a notice at the school: read by whom and when, done by whom and when."""

    uid: str
    read_by: str = ""
    read_at: str = ""
    done_by: str = ""
    done_at: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Frozen:
    """A report that was frozen at the school: its figures, their hash, the seal (base64 COSE) where there is one."""

    uid: str
    kind: str
    title: str
    as_of: str
    figures: str
    sha256: str
    made_by: str
    made_at: str
    window: str = ""
    seal: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All of it, as of ``at``."""

    school_code: str
    at: str
    progress: tuple[Progress, ...] = ()
    holds: tuple[Hold, ...] = ()
    unsent: Unsent = Unsent()
    reconciliation: dict[str, int] | None = None
    readings: tuple[Reading, ...] = ()
    frozen: tuple[Frozen, ...] = ()

    @property
    def moment(self) -> datetime:
        """When the school's numbers were read."""
        return read_instant(self.at)

    def says(self) -> str:
        """SHA-256 (hex) of the state it tells, whenever it is told."""
        told = {name: value for name, value in asdict(self).items() if name not in ("at", "readings", "frozen")}
        return hashlib.sha256(canonical(told)).hexdigest()


def to_json(report: Report) -> dict[str, Any]:
    """As it travels."""
    return asdict(report)


def read(body: Any) -> Report:
    """The inverse of :func:`to_json`; :class:`ReportError` for anything else."""
    try:
        wanted = dict(body)
        report = Report(
            school_code=_text(wanted.pop("school_code"), 20),
            at=_instant(wanted.pop("at")),
            progress=_rows(Progress, wanted.pop("progress", ())),
            holds=_rows(Hold, wanted.pop("holds", ())),
            unsent=_row(Unsent, wanted.pop("unsent", {})),
            reconciliation=_numbers(wanted.pop("reconciliation", None)),
            readings=_rows(Reading, wanted.pop("readings", ())),
            frozen=_rows(Frozen, wanted.pop("frozen", ())),
        )
        if wanted:
            raise ValueError(f"unknown: {', '.join(sorted(map(str, wanted)))}")
        _check_times(report)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ReportError("REPORT_WRONG", "Báo cáo của trường sai thể thức nên chưa được nhận.", str(error)) from error
    return report


def merge(known: Reading, told: Reading) -> Reading:
    """Two tellings of one notice, in any order, as often as you like: the first reading and the first doing stay."""
    if known.uid != told.uid:
        raise ValueError("two notices")
    read = min((row for row in (known, told) if row.read_at), key=_reading_order, default=Reading(known.uid))
    done = min((row for row in (known, told) if row.done_at), key=_doing_order, default=Reading(known.uid))
    return Reading(known.uid, read.read_by, read.read_at, done.done_by, done.done_at, done.remark)


def _reading_order(row: Reading) -> tuple[datetime, str, str]:
    return read_instant(row.read_at), row.read_at, row.read_by


def _doing_order(row: Reading) -> tuple[datetime, str, str, str]:
    return read_instant(row.done_at), row.done_at, row.done_by, row.remark


def _check_times(report: Report) -> None:
    for row in report.readings:
        for value in (row.read_at, row.done_at):
            if value:
                _instant(value)
    for frozen in report.frozen:
        _instant(frozen.as_of)
        _instant(frozen.made_at)
        if hashlib.sha256(frozen.figures.encode()).hexdigest() != frozen.sha256:
            raise ValueError("the figures are not those of the hash")
    for value in (report.unsent.oldest, *(row.waiting_since for row in report.progress)):
        if value:
            _instant(value)


def _rows(kind: type[Row], given: Any) -> tuple[Row, ...]:
    if not isinstance(given, list | tuple) or len(given) > MOST_ROWS:
        raise TypeError(f"at most {MOST_ROWS} rows")
    return tuple(_row(kind, row) for row in given)


def _row(kind: type[Row], given: Any) -> Row:
    row = kind(**given)
    for field in fields(kind):  # type: ignore[arg-type]
        value = getattr(row, field.name)
        if field.type == "int":
            _number(value)
        else:
            _text(value, LONGEST_FIGURES if field.name in ("figures", "seal") else LONGEST_TEXT)
    return row


def _numbers(given: Any) -> dict[str, int] | None:
    return None if given is None else {_text(name, 60): _number(value) for name, value in given.items()}


def _number(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= MOST_RECORDS:
        raise ValueError("a number of records")
    return value


def _text(value: Any, most: int) -> str:
    if not isinstance(value, str) or len(value) > most:
        raise ValueError(f"a text of at most {most} characters")
    return value


def _instant(value: Any) -> str:
    if read_instant(_text(value, 40)).tzinfo is None:
        raise ValueError("a time needs its zone")
    return str(value)
