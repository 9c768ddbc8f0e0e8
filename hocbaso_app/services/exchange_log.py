"""Every request of the connector and its answer, kept without secrets and without pupils' personal data."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

import frappe
import requests
from frappe.utils import now_datetime

DOCTYPE = "HBS Exchange Log"
SECRETS = frozenset({"password", "token", "pin"})
PERSONAL = frozenset({"ten_hoc_sinh", "so_cccd", "ma_hoc_sinh"})
LARGE = frozenset({"content", "bien_nhan", "chung_thu", "bulletin", "figures", "seal", "noi_dung", "bang_chung"})
"""Kept as size and hash: the records themselves lie in HBS Record Version, receipts in HBS Submission."""

MAX_BODY = 60_000


class LoggedSession(requests.Session):
    """A session whose requests are written down before they leave and completed when something comes back.

    Each writing is a transaction of its own, so none is open while the network is waited for.
    """

    def __init__(self, unit: str) -> None:
        """Of one school."""
        super().__init__()
        self._unit = unit

    def request(self, method: str, url: str, *args: Any, **more: Any) -> requests.Response:  # type: ignore[override]
        """As ever, with its log row around it."""
        entry = _begin(self._unit, method, url, more.get("data") or b"")
        started = time.monotonic()
        try:
            response = super().request(method, url, *args, **more)
        except requests.RequestException as error:
            _complete(entry, started, failure=f"{type(error).__name__}: {error}"[:250])
            raise
        _complete(entry, started, response)
        return response


def _begin(unit: str, method: str, url: str, body: bytes) -> Any:
    raw = _parsed(body)
    entry = frappe.get_doc(
        {
            "doctype": DOCTYPE,
            "at": now_datetime(),
            "unit": unit,
            "method": method,
            "url": url[:250],
            "message_id": _message_id(raw),
            "request_sha256": hashlib.sha256(body).hexdigest(),
            "request_size": len(body),
            "request_body": _kept(raw, body),
        }
    )
    entry.flags.hbs_service = True
    entry.insert(ignore_permissions=True)
    frappe.db.commit()  # nosemgrep: written down before it leaves
    return entry


def _complete(entry: Any, started: float, response: Any = None, failure: str | None = None) -> None:
    entry.duration_ms = int((time.monotonic() - started) * 1000)
    entry.failure = failure
    if response is not None:
        body = response.content
        entry.status_code = response.status_code
        entry.answer_sha256 = hashlib.sha256(body).hexdigest()
        entry.answer_size = len(body)
        entry.answer_body = _kept(_parsed(body), body)
    entry.flags.hbs_service = True
    entry.save(ignore_permissions=True)
    frappe.db.commit()  # nosemgrep: the network is waited for between the two


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _kept(raw: Any, body: bytes) -> str | None:
    if raw is None:
        return f"({len(body)} bytes, no JSON)" if body else None
    return json.dumps(without_secrets(raw), ensure_ascii=False, indent=1)[:MAX_BODY]


def without_secrets(raw: Any) -> Any:
    """The same JSON; secrets and personal data starred, large values as size and hash."""
    if isinstance(raw, list):
        return [without_secrets(item) for item in raw]
    if not isinstance(raw, dict):
        return raw
    return {name: _value(name, value) for name, value in raw.items()}


def _value(name: str, value: Any) -> Any:
    if name in SECRETS | PERSONAL:
        return "***" if value else value
    if name in LARGE and isinstance(value, str) and value:
        return f"({len(value)} characters, sha256 {hashlib.sha256(value.encode()).hexdigest()})"
    return without_secrets(value)


def _message_id(raw: Any) -> str | None:
    if not isinstance(raw, dict):
        return None
    inner = raw.get("authenticationRequest")
    given = (inner if isinstance(inner, dict) else raw).get("messageid")
    return given[:36] if isinstance(given, str) else None
