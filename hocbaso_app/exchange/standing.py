"""Whether a record counts today: its signatures, and what the authority's status list says of its code.

A recall breaks no signature: by EN 319 102-1 they stay TOTAL-PASSED. What ends
is the record's force, which only the authority's list tells. So the two answers
stand side by side and the worse one is the conclusion: signatures that fail
decide first, then a recall, then a list that is too old to know.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from hocbaso_app.record.times import VIETNAM, read_instant
from hocbaso_app.signing.report import Indication, RecordReport, worst

from .status_list import StatusList

MAX_AGE = timedelta(days=7)
"""Of a list, unless the verifier says otherwise."""

AHEAD = timedelta(minutes=5)
"""Clocks may differ by so much."""


class Force(str, Enum):
    """What the list says of a record."""

    IN_FORCE = "in-force"
    RECALLED = "recalled"
    UNKNOWN = "unknown"
    """The list is too old, or was made after the moment asked about."""

    @property
    def indication(self) -> Indication:
        """How it counts for the record, in the words of EN 319 102-1."""
        return {
            Force.IN_FORCE: Indication.PASSED,
            Force.RECALLED: Indication.FAILED,
            Force.UNKNOWN: Indication.INDETERMINATE,
        }[self]


@dataclass(frozen=True, slots=True)
class Standing:
    """One record against one list. ``conclusion`` is about the record, not about its signatures."""

    force: Force
    conclusion: Indication
    issued_at: str
    age_hours: int
    recalled_at: str | None
    replaced_by: str | None
    message_vi: str
    message_en: str

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {**asdict(self), "force": self.force.value, "conclusion": self.conclusion.value}


def standing(
    report: RecordReport, listed: StatusList, *, at: datetime | None = None, max_age: timedelta = MAX_AGE
) -> Standing:
    """A report and a list as of ``at``, by default the report's own moment.

    A recall is never taken back, so an old list that names the record is enough; one that does not says nothing about
    what came after it.
    """
    moment = at or read_instant(report.validation_time)
    code = report.record_code or ""
    recalled_at, replaced_by = listed.recalled.get(code), listed.replaced.get(code)
    age = moment - listed.moment
    if recalled_at is not None and read_instant(recalled_at) <= moment:
        force, vi, en = Force.RECALLED, *_recalled(report, recalled_at, replaced_by)
    elif recalled_at is not None:
        force, vi, en = Force.IN_FORCE, *_recalled_later(recalled_at, replaced_by)
    elif age > max_age:
        force, vi, en = Force.UNKNOWN, *_too_old(listed, age, max_age)
    elif age < -AHEAD:
        force = Force.IN_FORCE
        vi = f"Danh sách trạng thái lập lúc {_shown(listed.issued_at)}, sau thời điểm kiểm tra, chưa ghi thu hồi."
        en = f"not recalled up to {listed.issued_at}, which is after the moment asked about"
    else:
        force = Force.IN_FORCE
        vi = f"Chưa bị thu hồi, theo danh sách trạng thái lập lúc {_shown(listed.issued_at)}."
        en = f"not recalled according to the status list of {listed.issued_at}"
    conclusion = worst((report.conclusion, force.indication))
    hours = int(age.total_seconds() // 3600)
    return Standing(force, conclusion, listed.issued_at, hours, recalled_at, replaced_by, vi, en)


def _recalled(report: RecordReport, recalled_at: str, replaced_by: str | None) -> tuple[str, str]:
    vi = f"ĐÃ BỊ THU HỒI lúc {_shown(recalled_at)}"
    vi += f", được thay bằng học bạ có mã {replaced_by}." if replaced_by else "; chưa có bản thay thế."
    en = f"recalled at {recalled_at}, " + (f"replaced by {replaced_by}" if replaced_by else "not replaced yet")
    if report.conclusion is Indication.PASSED:
        vi += " Chữ ký số vẫn nguyên vẹn, nhưng học bạ này không còn giá trị sử dụng."
        en += "; the signatures are right, the record is no longer in force"
    return vi, en


def _recalled_later(recalled_at: str, replaced_by: str | None) -> tuple[str, str]:
    vi = f"Tại thời điểm kiểm tra chưa bị thu hồi; sau đó đã bị thu hồi lúc {_shown(recalled_at)}"
    vi += f", thay bằng {replaced_by}." if replaced_by else "."
    return vi, f"in force at the moment asked about; recalled later, at {recalled_at}"


def _too_old(listed: StatusList, age: timedelta, max_age: timedelta) -> tuple[str, str]:
    hours, allowed = int(age.total_seconds() // 3600), int(max_age.total_seconds() // 3600)
    vi = (
        f"Danh sách trạng thái lập lúc {_shown(listed.issued_at)} đã quá cũ ({hours} giờ, cho phép {allowed} giờ): "
        "chưa biết học bạ có bị thu hồi sau đó hay không. Hãy lấy danh sách mới của cơ quan tiếp nhận."
    )
    return vi, f"the status list of {listed.issued_at} is {hours} hours old, {allowed} are allowed"


def _shown(moment: str) -> str:
    return read_instant(moment).astimezone(VIETNAM).strftime("%H:%M ngày %d/%m/%Y")


def as_text(found: Standing, language: str = "vi") -> str:
    """Lines to put under a report for people."""
    heads = {Force.IN_FORCE: "CÒN HIỆU LỰC", Force.RECALLED: "ĐÃ THU HỒI", Force.UNKNOWN: "CHƯA RÕ HIỆU LỰC"}
    if language == "vi":
        return f"  {heads[found.force]}: {found.message_vi}"
    return f"  {found.force.value}: {found.message_en}"
