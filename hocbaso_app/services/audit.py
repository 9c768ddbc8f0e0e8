"""The audit trail: append-only, each entry carries the hash of the one before (QĐ Điều 3, Điều 20)."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import frappe
from frappe.utils import get_datetime, now_datetime

DOCTYPE = "HBS Audit Entry"
START = "0" * 64


def write(
    action: str,
    doctype: str,
    name: str,
    unit: str | None,
    details: dict[str, Any] | None = None,
    *,
    actor: str | None = None,
) -> str:
    """One entry in the same transaction as what it tells; gives its hash.

    The last entry is read for update, so two writers can't build on the same one.
    """
    entry = frappe.get_doc(
        {
            "doctype": DOCTYPE,
            "at": now_datetime().replace(microsecond=0),
            "actor": actor or frappe.session.user,
            "action": action,
            "unit": unit,
            "reference_doctype": doctype,
            "reference_name": name,
            "details": json.dumps(details or {}, ensure_ascii=False, sort_keys=True),
            "previous_hash": _last_hash(),
        }
    )
    entry.entry_hash = entry_hash(entry)
    entry.flags.hbs_service = True
    entry.insert(ignore_permissions=True, ignore_links=True)
    return str(entry.entry_hash)


def entry_hash(entry: Any) -> str:
    """SHA-256 (hex) over the entry's values and the hash before it."""
    at = get_datetime(entry.at).replace(microsecond=0).isoformat()
    values = [
        entry.previous_hash,
        at,
        entry.actor,
        entry.action,
        entry.unit or "",
        entry.reference_doctype or "",
        str(entry.reference_name or ""),
        entry.details or "",
    ]
    return hashlib.sha256(json.dumps(values, ensure_ascii=False).encode()).hexdigest()


def broken_entries(limit: int = 20) -> list[str]:
    """Names of entries that were changed, or whose predecessor is gone; empty for a whole chain."""
    table = frappe.qb.DocType(DOCTYPE)
    columns = (
        "name",
        "at",
        "actor",
        "action",
        "unit",
        "reference_doctype",
        "reference_name",
        "details",
        "previous_hash",
        "entry_hash",
    )
    expected, broken = START, []
    for row in frappe.qb.from_(table).select(*columns).orderby(table.name).run(as_dict=True):
        if row.previous_hash != expected or row.entry_hash != entry_hash(row):
            broken.append(str(row.name))
            if len(broken) == limit:
                break
        expected = row.entry_hash
    return broken


def _last_hash() -> str:
    table = frappe.qb.DocType(DOCTYPE)
    query = frappe.qb.from_(table).select(table.entry_hash).orderby(table.name, order=frappe.qb.desc).limit(1)
    rows = query.for_update().run()
    return str(rows[0][0]) if rows else START
