"""What the city's answers mean for a record: its state follows the outbox row, never the other way round."""

from __future__ import annotations

from typing import Any

import frappe

from hocbaso_app.services import attention, field_owners, records, states

DOCTYPE = "HBS Submission"
FOLLOWING = frozenset({states.RELEASED, states.SUBMITTED})
"""States that a row may still change; a recall has its own answers."""

_STATE_OF = {
    "Queued": states.RELEASED,
    "Claimed": states.RELEASED,
    "Sent": states.SUBMITTED,
    "Uncertain": states.SUBMITTED,
    "Acknowledged": states.ACCEPTED,
    "Rejected": states.REJECTED,
}
_FACTS = (
    "name",
    "record",
    "version",
    "state",
    "message_id",
    "error",
    "error_code",
    "error_field",
    "receipt_number",
    "received_at",
    "lookup_link",
)


def state_of(row: Any) -> str:
    """The record's state that a row says; what may have left counts as submitted."""
    if row.state == "Needs Attention":
        return states.SUBMITTED if row.message_id else states.RELEASED
    return _STATE_OF[row.state]


def follow(name: str) -> None:
    """Bring the record of a row to where the row says it is; what needs a person gets one."""
    _follow(name)
    attention.follow(name)


def _follow(name: str) -> None:
    row = frappe.db.get_value(DOCTYPE, name, _FACTS, as_dict=True)
    if row.state == "Taken Back":
        return
    known = frappe.db.get_value("HBS Record", row.record, ["state", "current_version"], as_dict=True)
    wanted = state_of(row)
    if known.current_version != row.version or known.state not in FOLLOWING or known.state == wanted:
        return
    doc = records.locked(row.record)
    facts: dict[str, Any] = {"submission": name, "message": row.message_id}
    if doc.state == states.RELEASED and wanted != states.SUBMITTED:
        records.move(doc, states.SUBMITTED, "submit", facts)
    if wanted == states.ACCEPTED:
        doc.update({n: row[n] for n in ("receipt_number", "received_at", "lookup_link")})
        facts["receipt"] = row.receipt_number
    elif wanted == states.REJECTED:
        facts["error"] = row.error
        frappe.db.set_value(DOCTYPE, name, "error_owner", owner_of(doc, row.error_field))
    if doc.state != wanted:
        action = {states.SUBMITTED: "submit", states.RELEASED: "not taken"}.get(wanted, "answer")
        records.move(doc, wanted, action, facts)


def follow_all(unit: str) -> int:
    """Rows and records that were parted (a killed worker, a changed workflow) are brought together again."""
    table, record = frappe.qb.DocType(DOCTYPE), frappe.qb.DocType("HBS Record")
    query = (
        frappe.qb.from_(table)
        .join(record)
        .on((record.name == table.record) & (record.current_version == table.version))
        .select(table.name, table.state, table.message_id, record.state.as_("record_state"))
        .where((table.unit == unit) & record.state.isin(list(FOLLOWING)) & (table.state != "Taken Back"))
    )
    parted = [row.name for row in query.run(as_dict=True) if state_of(row) != row.record_state]
    for name in parted:
        follow(name)
    return len(parted)


def owner_of(doc: Any, element: str | None) -> str:
    """Who mends what a refusal speaks about: the names of the field's owners in this record."""
    return ", ".join(owner.name for owner in field_owners.owners_of(doc, element))
