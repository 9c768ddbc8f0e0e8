"""What any value must be: NFC, no control characters, no white space at its ends (TCVN 6909:2001, CV 2088 II.1.2)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from ..model import Record, elements_of
from .fault import Fault

CLAUSE = "CV 2088 II.1.2"
_FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\ue000-\uf8ff\ufeff\ufffe\uffff]")


def text_faults(record: Record) -> Iterator[Fault]:
    """Faults of every value, group by group."""
    yield from _walk(record)


def _walk(value: Any) -> Iterator[Fault]:
    for name, tag, item in elements_of(type(value)):
        content = getattr(value, name)
        if content is None:
            continue
        if isinstance(content, str):
            yield from _text(tag, content)
        elif item is None:
            yield from _walk(content)
        else:
            for entry in content:
                yield from _walk(entry)


def _text(tag: str, value: str) -> Iterator[Fault]:
    if not unicodedata.is_normalized("NFC", value):
        yield Fault("NOT_NFC", tag, f"{tag}: chữ Việt phải ở dạng dựng sẵn (NFC); hãy gõ lại.", "not NFC", CLAUSE)
    if _FORBIDDEN.search(value):
        yield Fault("CONTROL_CHARACTER", tag, f"{tag}: có kí tự điều khiển; hãy xóa và gõ lại.", "control character", CLAUSE)
    if value != value.strip() or not value:
        yield Fault("BLANK_ENDS", tag, f"{tag}: thừa khoảng trắng ở đầu hoặc cuối; hãy xóa đi.", "blank ends", CLAUSE)
