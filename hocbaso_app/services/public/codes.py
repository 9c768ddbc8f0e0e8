"""What this site says to anyone about a record code."""

from __future__ import annotations

import re
from typing import Any

import frappe

from hocbaso_app.exchange.look_up import GENUINE, LOOK_UP_PATH, RECALLED, UNKNOWN, LookUp
from hocbaso_app.services import convert
from hocbaso_app.services.public import guard
from hocbaso_app.services.receiving import settings

DOCTYPE = "HBS Received Record"
_CODE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def look_up(address: str, text: str) -> LookUp:
    """The answer about a code (or a link with one in it), for who asks from ``address``; :class:`guard.TooOften`."""
    code = code_in(text)
    return guard.ask(address, lambda: of_code(code), lambda answer: answer.status != UNKNOWN)


def of_code(code: str) -> LookUp:
    """From the books; an empty code is asked for like any other, so that it takes as long."""
    row = row_of(code)
    if row is None:
        return LookUp(UNKNOWN)
    if row.status == "Recalled":
        return LookUp(RECALLED, recalled_at=moment_of(row.recalled_at), replaced_by=row.replaced_by or "")
    return LookUp(GENUINE, row.sha256, str(row.issue_number), moment_of(row.received_at))


def row_of(code: str) -> Any:
    """What the books have of a code, or ``None``."""
    wanted = ["name", "status", "sha256", "issue_number", "received_at", "recalled_at", "replaced_by", "unit"]
    return frappe.db.get_value(DOCTYPE, code, wanted, as_dict=True)


def code_in(text: str) -> str:
    """The first record code in what somebody typed or scanned, in lower case; empty for none."""
    found = _CODE.search(text[:500].lower())
    return found[0] if found else ""


def is_served() -> bool:
    """Whether this site is one of the authority, where look-up links lead."""
    return settings.is_on()


def link_of(code: str) -> str:
    """Where the page of a code is."""
    return f"{settings.get().public_address}{LOOK_UP_PATH}/{code}"


def moment_of(value: Any) -> str:
    """A desk time as in a record file; empty for none."""
    return convert.instant(value) if value else ""
