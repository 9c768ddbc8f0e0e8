"""After release: into the outbox, to the city database and back with a receipt; or taken back by the principal."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import asdict
from random import Random
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError, NotYoursError
from hocbaso_app.exchange.outbox import OPEN, BackOff, MoveError, State
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.services import (
    alarm,
    answers,
    attention,
    audit,
    connector,
    convert,
    duty,
    field_owners,
    files,
    holds,
    locks,
    outbox,
    portal_guard,
    records,
    rows,
    states,
    trust,
)

if TYPE_CHECKING:
    from hocbaso_app.exchange.dispatcher import Dispatcher

DOCTYPE = outbox.DOCTYPE
SERIES, DIGITS = "HBS-NOP-", 6
BACK_OFF = BackOff()
PACKAGE_SIZE = 40
"""Records in one package, about a class (CV 2088 allows 10 MB)."""


def enter_all(versions: Sequence[Any]) -> int:
    """Released files wait to be sent; in the transaction of their release, each once for ever. Gives the new rows."""
    from hocbaso_app.jobs import exchange

    keys = {f"{v.record_code}:{v.issue_number}:{v.sha256}": v for v in versions}
    for known in frappe.get_all(DOCTYPE, {"idempotency_key": ("in", list(keys))}, pluck="idempotency_key"):
        keys.pop(known)
    of = {"name": ("in", [v.record for v in keys.values()] or [""])}
    facts = {r.name: r for r in frappe.get_all("HBS Record", of, ["name", "full_name", "school_year"], order_by="name")}
    made = []
    for name, (key, version) in zip(rows.names(SERIES, DIGITS, len(keys)), keys.items(), strict=True):
        row = frappe.new_doc(DOCTYPE)
        row.name, row.state, row.idempotency_key = name, outbox.label(State.READY), key
        row.version, record = version.name, facts[version.record]
        row.update({n: version.get(n) for n in ("record", "record_code", "issue_number", "unit", "student_group")})
        row.update({"full_name": record.full_name, "school_year": record.school_year})
        made.append(row)
    rows.insert(DOCTYPE, made)
    if made:
        exchange.wake()
    return len(made)


def enter_missing() -> int:
    """Released files that are in no row: those of a site that was released on before it had an outbox."""
    version, row = frappe.qb.DocType(files.DOCTYPE), frappe.qb.DocType(DOCTYPE)
    names = ("name", "record", "record_code", "issue_number", "sha256", "unit", "student_group")
    query = frappe.qb.from_(version).left_join(row).on(row.version == version.name)
    query = query.where((version.status == "Released") & row.name.isnull()).select(*(version[n] for n in names))
    return enter_all(query.orderby(version.name).run(as_dict=True))


def send_all() -> int:
    """One round for every school with open rows; gives how many rows are open afterwards."""
    if not connector.is_on():
        return 0
    enter_missing()
    frappe.db.commit()  # nosemgrep: nothing is open while the network is waited for
    left = 0
    for unit, school_year in _open_groups():
        error = None
        try:
            answers.follow_all(unit)
            attention.close_corrected()
            frappe.db.commit()  # nosemgrep: nothing is open while the network is waited for
            worker = dispatcher(unit, school_year)
            left += worker.run_once()
            error = portal_guard.why(unit, worker.client.endpoint.address)
        except (HbsError, HocBaSoError) as problem:
            error = problem.message_vi if isinstance(problem, HocBaSoError) else str(problem)
        connector.note_run(unit, error)
        frappe.db.commit()  # nosemgrep: one school's trouble is not another's
    return left


def dispatcher(unit: str, school_year: str) -> Dispatcher:
    """The core's worker over this site's rows."""
    from hocbaso_app.exchange.dispatcher import Dispatcher

    client, key = connector.client(unit, school_year), connector.key(unit)
    own = outbox.SiteOutbox(unit, school_year)
    return Dispatcher(own, client, key, trust.store(), convert.now, BACK_OFF, Random(), PACKAGE_SIZE)


def _open_groups() -> list[tuple[str, str]]:
    table = frappe.qb.DocType(DOCTYPE)
    query = frappe.qb.from_(table).where(table.state.isin(outbox.labels(OPEN))).distinct()
    return list(query.select(table.unit, table.school_year).orderby(table.unit, table.school_year).run())


def now(names: list[str]) -> dict[str, int]:
    """Clerk or principal: these are due at once; what needs attention goes on. The worker is woken by the caller."""
    if not connector.is_on():
        frappe.throw(
            _("Sending is switched off in HBS Settings. Records wait safely until it is switched on."), HbsError
        )
    woken = 0
    for name in names:
        doc = records.locked(name)
        _require_not_held(doc.unit)
        staff = duty.staff_of(frappe.session.user, doc.unit)
        if not (staff.is_clerk or staff.is_principal):
            frappe.throw(_("Only the clerk or the principal submits records."), NotYoursError)
        row = row_of(doc)
        if row is None or outbox.state_named(row.state) not in OPEN:
            continue
        if row.state == State.NEEDS_ATTENTION.value:
            outbox.resume(row.idempotency_key)
            audit.write("resume", DOCTYPE, row.name, doc.unit, {"record": doc.name})
        else:
            frappe.db.set_value(DOCTYPE, row.name, "next_attempt_at", None)
        woken += 1
    return {"woken": woken}


def _require_not_held(unit: str) -> None:
    """Said at once instead of a waking that does nothing."""
    held = holds.in_force(unit)
    if held:
        frappe.throw(_("{0}. Let the sending go on first.").format(holds.sentence(held).rstrip(".")), HbsError)


def row_of(doc: Any, *columns: str) -> Any:
    """The outbox row of a record's current file; None before release."""
    fields = ["name", "state", "message_id", "idempotency_key", *columns]
    return frappe.db.get_value(DOCTYPE, {"version": doc.current_version}, fields, as_dict=True)


def receipt(name: str) -> dict[str, Any]:
    """The receipt of a record's current file, verified again now; what is known of the sending without one."""
    from hocbaso_app.services import receipt as kept

    doc = frappe.get_doc("HBS Record", name)
    doc.check_permission("read")
    columns = ("error", "error_owner", "attempts", "next_attempt_at", "receipt", "lookup_link")
    row = row_of(doc, *columns)
    if row is None:
        frappe.throw(_("This record was not released yet."), HbsError)
    shown: dict[str, Any] = {
        n: row[n] for n in ("name", "state", "error", "error_owner", "attempts", "next_attempt_at", "lookup_link")
    }
    if row.receipt:
        shown["receipt"] = asdict(verified(row.receipt, doc.current_version))
        shown["qr"] = kept.qr(row.lookup_link) if row.lookup_link else None
    elif outbox.state_named(row.state) in OPEN:
        shown["held_up"] = " ".join(alarm.why(doc.unit))
    return shown


def verified(receipt_base64: str, version: str) -> Any:
    """The receipt as the authority sealed it; refused when seal, code or hash are not those of the file."""
    from hocbaso_app.exchange import receipts

    try:
        found = receipts.read(base64.b64decode(receipt_base64), trust.store())
    except HocBaSoError as error:
        frappe.throw(error.message_vi, HbsError)
    held = frappe.db.get_value(files.DOCTYPE, version, ["record_code", "sha256"])
    if (found.record_code, found.sha256) != held:
        frappe.throw(_("This receipt belongs to another file."), HbsError)
    return found


def withdraw(name: str, reason: str) -> None:
    """The principal takes back what the city does not hold: the file stays as evidence, a new code starts."""
    if not (reason or "").strip():
        frappe.throw(_("Say why, so that it can be understood later."), HbsError)
    version = frappe.db.get_value("HBS Record", name, "current_version")
    row = frappe.db.get_value(
        DOCTYPE, {"version": version}, ["state", "idempotency_key", "error_field"], as_dict=True, for_update=True
    )
    doc = records.locked(name)
    records.require_state(doc, states.RELEASED, states.REJECTED)
    if not duty.staff_of(frappe.session.user, doc.unit).is_principal:
        frappe.throw(_("Only the principal withdraws a released record."), NotYoursError)
    locks.require_open(doc)
    if row and row.state != State.REJECTED.value:
        try:
            outbox.withdraw(row.idempotency_key)
        except MoveError:
            frappe.throw(
                _("This record may have been sent already. Wait for the answer of the city database."), HbsError
            )
    files.set_status(frappe.get_doc(files.DOCTYPE, doc.current_version, for_update=True), "Taken Back")
    doc.record_code = doc.created_at = None
    subject = field_owners.field_of(doc, row.error_field).subject if row and row.error_field else None
    doc.returned_remark, doc.returned_subject, doc.returned_mended = reason, subject or None, 0
    attention.withdrawn(name)
    records.move(doc, states.DRAFT, "withdraw", {"reason": reason, "file": doc.current_version})
