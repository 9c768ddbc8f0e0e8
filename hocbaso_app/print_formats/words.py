"""Values of a file in the words and dates of an official Vietnamese document."""

from __future__ import annotations

import re

from hocbaso_app.record.code_tables import table

_ISO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")
LEVEL_LEGEND = "T: Hoàn thành tốt; H: Hoàn thành; C: Chưa hoàn thành"
EXEMPT_LEGEND = "M: Được miễn"
QUALITY_LEGEND = "T: Tốt; Đ: Đạt; C: Cần cố gắng"


def label(table_name: str, code: str | None) -> str | None:
    """The Vietnamese word for a code; the code itself when the table does not know it."""
    return None if code is None else table(table_name).label(code)


def date(value: str | None) -> str | None:
    """``YYYY-MM-DD`` or an ISO time as dd/mm/yyyy; another text (a bare year) as it stands."""
    if value is None:
        return None
    parts = value[:10].split("-")
    return "/".join(reversed(parts)) if len(parts) == 3 and len(value) >= 10 else value


def moment(value: str | None) -> str | None:
    """An ISO time as dd/mm/yyyy hh:mm:ss; midnight is a date alone."""
    if value is None or len(value) < 19 or value[11:19] == "00:00:00":
        return date(value)
    return f"{date(value)} {value[11:19]}"


def readable(value: str) -> str:
    """A text of the caller's own: an ISO time in our words, everything else as it stands."""
    return moment(value) or value if _ISO_TIME.fullmatch(value) else value


def long_date(value: str) -> str:
    """``ngày 05 tháng 02 năm 2026``: a zero before days below 10 and months 1 and 2 (NĐ 30/2020)."""
    year, month, day = value[:10].split("-")
    return f"ngày {day} tháng {month if int(month) < 3 else int(month)} năm {year}"


def school_year(value: str) -> str:
    """``2025-2026`` with the dash of the official form."""
    return value.replace("-", "\u00a0–\u00a0")


def number(value: str | None) -> str | None:
    """A decimal comma instead of the file's dot."""
    return None if value is None else value.replace(".", ",")


def yes(value: str | None) -> str | None:
    """A boolean of the file."""
    return {"1": "Có", "0": "Không"}.get(value or "", value)


def grade(code: str) -> str:
    """``05`` as 5."""
    return code.lstrip("0") or code
