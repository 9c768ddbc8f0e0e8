"""The audit trail: append-only, each entry carries the hash of the one before (QĐ Điều 3, Điều 20)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import frappe
from frappe.utils import get_datetime, now_datetime

from hocbaso_app.services import rows

DOCTYPE = "HBS Audit Entry"
START = "0" * 64
COLUMNS = (
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
AT_ONCE = 5000
"""Entries held in memory while the chain is followed."""


@dataclass(frozen=True)
class Entry:
    """What one line of the trail tells; time, actor and the hashes are put in when it is written."""

    action: str
    doctype: str
    name: str
    unit: str | None
    details: dict[str, Any] = field(default_factory=dict)


def write(
    action: str,
    doctype: str,
    name: str,
    unit: str | None,
    details: dict[str, Any] | None = None,
    *,
    actor: str | None = None,
) -> str:
    """One entry in the same transaction as what it tells; gives its hash."""
    return write_all([Entry(action, doctype, name, unit, details or {})], actor=actor)[-1]


def write_all(entries: Sequence[Entry], *, actor: str | None = None) -> list[str]:
    """Several entries, one after the other in the chain; gives their hashes.

    The chain is held from here until the transaction ends, so a step writes its entries last and a long
    run commits often. Entries are numbered without a gap.
    """
    if not entries:
        return []
    number, previous = _end_of_chain()
    at = now_datetime().replace(microsecond=0)
    documents = []
    for offset, entry in enumerate(entries, 1):
        document = frappe._dict(
            doctype=DOCTYPE,
            name=number + offset,
            at=at,
            actor=actor or frappe.session.user,
            action=entry.action,
            unit=entry.unit,
            reference_doctype=entry.doctype,
            reference_name=entry.name,
            details=json.dumps(entry.details, ensure_ascii=False, sort_keys=True),
            previous_hash=previous,
        )
        previous = document.entry_hash = entry_hash(document)
        documents.append(document)
    rows.insert(DOCTYPE, documents)
    return [document.entry_hash for document in documents]


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
    query = frappe.qb.from_(table).select(*COLUMNS).orderby(table.name).limit(AT_ONCE)
    expected, last, broken = START, 0, []
    while entries := query.where(table.name > last).run(as_dict=True):
        for entry in entries:
            if entry.previous_hash != expected or entry.entry_hash != entry_hash(entry):
                broken.append(str(entry.name))
                if len(broken) == limit:
                    return broken
            expected, last = entry.entry_hash, entry.name
    return broken


def _end_of_chain() -> tuple[int, str]:
    """Number and hash of the last entry, once no other transaction can add one.

    What is locked is the row of the DocType itself: it is always there and stands apart, while a lock on the
    last entry would also cover the gap behind it, in which two writers block each other.
    """
    frappe.db.sql("select name from `tabDocType` where name = %s for update", DOCTYPE)
    last = frappe.db.sql(f"select name, entry_hash from `tab{DOCTYPE}` order by name desc limit 1 for update")
    return (int(last[0][0]), str(last[0][1])) if last else (0, START)
