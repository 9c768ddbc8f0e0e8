"""What this site offers beside CV 2088 (``POST /mo-rong/<name>``): name → function of account and body.

A function raises :class:`~hocbaso_app.exchange.errors.RefusedError` for what the asking unit did wrong. It runs in
a transaction that is kept when it returns and taken back when it raises.
"""

from __future__ import annotations

from typing import Any

import frappe

from hocbaso_app.exchange.receiving.accounts import Account
from hocbaso_app.exchange.receiving.app import Extension

EXTENSIONS: dict[str, str] = {
    "ban-tin": "hocbaso_app.services.channel.bulletins.answer",
    "bao-cao": "hocbaso_app.services.channel.reports.answer",
    "goc-ngay": "hocbaso_app.services.roots.desk.answer",
    "luu-tru": "hocbaso_app.services.received_archives.answer",
    "mo-khoa": "hocbaso_app.services.locks.remote.answer",
    "doi-chieu": "hocbaso_app.services.reconciliation.answer.inventory",
    "khoi-phuc-thu-hoi": "hocbaso_app.services.reconciliation.answer.recalls",
    "tai-lai": "hocbaso_app.services.reconciliation.answer.fetch",
    "bo-sung-thu-hoi": "hocbaso_app.services.recall_cases.extension.handle",
    "so-theo-doi": "hocbaso_app.services.public.class_book.answer",
}


def table() -> dict[str, Extension]:
    """Loaded when asked for."""
    return {name: _kept(path) for name, path in EXTENSIONS.items()}


def _kept(path: str) -> Extension:
    def run(account: Account, body: dict[str, Any]) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = frappe.get_attr(path)(account, body)
        except BaseException:
            frappe.db.rollback()
            raise
        frappe.db.commit()  # nosemgrep: the answer may be lost, what it says may not
        return answer

    return run
