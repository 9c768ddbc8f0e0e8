"""What any value must be: present, NFC, without control characters (TCVN 6909:2001, CV 2088 II.1), a real date."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import MISSING, fields, replace
from datetime import datetime
from typing import Any

from ..diff import label
from ..model import Record, SubjectResult, elements_of, once_per_class
from .fault import Fault

CLAUSE = "CV 2088 II.1"
_FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\ue000-\uf8ff\ufeff\ufffe\uffff]")
_CITIZEN_ID = re.compile(r"[0-9]{12}")
_DATE_TAGS = ("NGAY_", "TU_NGAY", "DEN_NGAY")


def missing_values(record: Record) -> Iterator[Fault]:
    """A fault for each required value that is absent or empty (QĐ Đ4.k2); an optional one is absent, never empty."""
    for tag, value, required, subject in _values(record):
        if value == "" or (value is None and required):
            yield Fault(
                "VALUE_MISSING",
                tag,
                f"{label(tag)} đang trống; hãy {'bổ sung' if required else 'ghi, hoặc bỏ hẳn mục này'}.",
                f"{tag} is empty",
                "QĐ Đ4.k2" if required else CLAUSE,
                subject=subject,
            )


def text_faults(record: Record) -> Iterator[Fault]:
    """Faults of the spelling of every value, group by group."""
    for tag, value, _required, subject in _values(record):
        if value:
            for fault in _spelling(tag, value):
                yield replace(fault, subject=subject) if subject else fault


def _spelling(tag: str, value: str) -> Iterator[Fault]:
    yield from _text(tag, value)
    if tag.startswith(_DATE_TAGS) and not _is_date(value):
        yield Fault(
            "DATE_INVALID",
            tag,
            f"{label(tag)}: “{value}” không phải ngày có thật; hãy sửa.",
            f"{tag} is no date",
            CLAUSE,
        )
    if tag.startswith("SO_CCCD") and not _CITIZEN_ID.fullmatch(value):
        yield Fault(
            "CITIZEN_ID_INVALID",
            tag,
            f"{label(tag)}: số định danh cá nhân phải gồm đúng 12 chữ số; hãy kiểm tra lại.",
            f"{tag} is not 12 digits",
            "Từ điển dữ liệu 2025",
        )


def _values(value: Any, subject: str | None = None) -> Iterator[tuple[str, str | None, bool, str | None]]:
    """(element, value, required, code of the subject part) of every single value below a model object."""
    for name, tag, item, required in _plan(type(value)):
        content = getattr(value, name)
        if item is not None:
            for entry in content:
                yield from _values(entry, entry.subject_code if isinstance(entry, SubjectResult) else None)
        elif content is None or isinstance(content, str):
            yield tag, content, required, subject
        else:
            yield from _values(content, subject)


@once_per_class
def _plan(kind: type[Any]) -> tuple[tuple[str, str, str | None, bool], ...]:
    required = {f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING}
    return tuple((name, tag, item, name in required) for name, tag, item in elements_of(kind))


def _text(tag: str, value: str) -> Iterator[Fault]:
    if not value.isascii() and not unicodedata.is_normalized("NFC", value):
        yield Fault(
            "NOT_NFC",
            tag,
            f"{label(tag)}: chữ Việt phải ở dạng dựng sẵn (NFC); hãy gõ lại.",
            f"{tag} is not NFC",
            CLAUSE,
        )
    if _FORBIDDEN.search(value):
        yield Fault(
            "CONTROL_CHARACTER",
            tag,
            f"{label(tag)}: có kí tự điều khiển; hãy xóa và gõ lại.",
            f"{tag} holds a control character",
            CLAUSE,
        )
    if value != value.strip():
        yield Fault(
            "BLANK_ENDS",
            tag,
            f"{label(tag)}: thừa khoảng trắng ở đầu hoặc cuối; hãy xóa đi.",
            f"{tag} begins or ends with white space",
            CLAUSE,
        )


def _is_date(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T|$)", value) is not None
