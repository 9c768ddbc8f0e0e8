"""Function codes (``function``), paths and error codes of a portal (CV 2088 II.2), as data.

CV 2088's Phụ lục 3 is not public, so the shipped set is marked assumed; a
portal's own set is another JSON file of the same shape. The names below are how
our own portal calls the codes it answers with.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "profiles"
ASSUMED = "cv2088-assumed"

ACCEPTED, DUPLICATE, PENDING, ACCEPTED_LATE = "00", "01", "02", "03"
TOKEN_WRONG, ACCOUNT_WRONG, FUNCTION_WRONG, FIELD_WRONG = "10", "11", "12", "13"
MESSAGE_ID_USED, MESSAGE_UNKNOWN, CLOSED, TOO_LARGE, TOO_MANY = "14", "15", "16", "17", "18"
CONTENT_UNREADABLE, LIST_SIGNATURE_WRONG, CERTIFICATE_NOT_APPROVED, LIST_TIME_WRONG = "20", "21", "22", "23"
UNIT_CLOSED = "24"
RECORD_INVALID, OTHER_UNIT, CODE_USED, NOT_RECALLED, RECALLED, LATE = "30", "31", "32", "33", "34", "35"
RECALL_UNKNOWN, RECALL_REFUSED, RECALL_MISMATCH = "40", "41", "42"
OWN_REQUEST, REASON_MISSING, NOTHING_TO_DECIDE, RECALL_CLOSED = "43", "44", "45", "46"
CERTIFICATE_MISMATCH, CERTIFICATE_INVALID, CERTIFICATE_REFUSED = "50", "51", "52"


class Disposition(str, Enum):
    """What a code means for the sender."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    """Received before: success."""
    PENDING = "pending"
    AUTHENTICATE = "authenticate"
    """A new token is needed."""
    RETRY = "retry"
    """Not taken, try later."""
    ATTENTION = "attention"
    """Not taken, and will not be until a person acts."""
    REJECT = "reject"
    """This record is refused for good."""
    UNKNOWN = "unknown"
    """The portal has no such message."""


@dataclass(frozen=True, slots=True)
class Code:
    """One error code. ``field``: the field it speaks about, as CV 2088 names it."""

    code: str
    disposition: Disposition
    field: str | None
    message_vi: str
    message_en: str


@dataclass(frozen=True)
class CodeSet:
    """One portal's addresses and codes."""

    name: str
    assumed: bool
    source: str
    token_path: str
    functions: dict[str, str]
    """Transaction type → function code."""
    paths: dict[str, str]
    """Transaction type → path."""
    errors: dict[str, Code]

    @classmethod
    def from_json(cls, text: str) -> CodeSet:
        """Read a set; ``KeyError`` or ``ValueError`` for an incomplete one."""
        raw: dict[str, Any] = json.loads(text)
        errors = {
            code: Code(code, Disposition(e["disposition"]), e["field"], e["message_vi"], e["message_en"])
            for code, e in raw["errors"].items()
        }
        return cls(
            raw["name"],
            raw["assumed"],
            raw["source"],
            raw["token_path"],
            {kind: f["function"] for kind, f in raw["functions"].items()},
            {kind: f["path"] for kind, f in raw["functions"].items()},
            errors,
        )

    def code(self, code: str) -> Code:
        """A code by its name; a code that is not in the set needs a person."""
        return self.errors.get(code) or Code(
            code, Disposition.ATTENTION, None, f"Cổng trả về mã lỗi chưa biết: {code}.", f"unknown code {code}"
        )


@cache
def code_set(name: str = ASSUMED) -> CodeSet:
    """A shipped set."""
    return CodeSet.from_json((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
