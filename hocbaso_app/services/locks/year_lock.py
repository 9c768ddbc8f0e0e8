"""HBS Year Lock (QĐ Điều 12.k4): the board proposes with a check list, the principal decides and signs.

Open points don't forbid the decision: the principal sees every name behind them and says why. From then on nothing of
that year is written but the correction of a record whose recall was approved.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import now_datetime, time_diff_in_hours

from hocbaso_app.exceptions import EvidenceError, HbsError, NotYoursError
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.services import audit, convert, duty, guarded, keys, trust
from hocbaso_app.services.locks import points, windows
from hocbaso_app.services.locks.year_closings import DECIDED

if TYPE_CHECKING:
    from hocbaso_app.exchange.year_lock import YearDecision

DOCTYPE = "HBS Year Lock"
HOURS_FOR_VALUE = 24
"""A decision that was prepared longer ago is not signed any more: its check list is old."""

PROPOSED, REFUSED, LIFTED = "Proposed", "Refused", "Lifted"
SERVER_FIELDS = (
    "decision_number",
    "reason",
    "decided_by",
    "decided_by_name",
    "decided_at",
    "certificate",
    "lift_number",
    "lift_reason",
    "lifted_by",
    "lifted_at",
    "lock_key",
    "prepared",
    "statement",
    "lift_statement",
)


# ── proposing ───────────────────────────────────────────────────────────────
def check(doc: Any) -> None:
    """What the controller asks at every save: proposed by a member of the board, never changed by hand."""
    if doc.flags.hbs_service:
        return
    if not doc.is_new():
        frappe.throw(_("A proposal is not changed. Propose again."), EvidenceError)
    staff = _member_of_board(doc.unit)
    _require_none(doc.unit, doc.academic_year)
    doc.update({"status": PROPOSED, "proposed_by": frappe.session.user, "proposed_by_name": staff.full_name})
    doc.proposed_at = now_datetime()
    for name in SERVER_FIELDS:
        doc.set(name, None)
    _count(doc)


def after_insert(doc: Any) -> None:
    """The trail."""
    audit.write("propose year lock", DOCTYPE, doc.name, doc.unit, {"year": doc.academic_year, **_numbers(doc)})


def count_again(name: str) -> None:
    """The check list as of now."""
    doc = _locked(name, PROPOSED)
    if not duty.staff_of(frappe.session.user, doc.unit).is_principal:
        _member_of_board(doc.unit)
    _count(doc)
    _save(doc, "count year lock", _numbers(doc))


def _count(doc: Any) -> None:
    found = points.of_year(doc.unit, doc.academic_year)
    doc.points = []
    for point, names in found.items():
        doc.append("points", {"point": point, "count": len(names), "names": "\n".join(names) or None})
    doc.counted_at = now_datetime()
    doc.records = frappe.db.count("HBS Record", {"unit": doc.unit, "academic_year": doc.academic_year})
    doc.open_points = sum(bool(names) for names in found.values())


def _numbers(doc: Any) -> dict[str, Any]:
    return {"records": doc.records, "points": {row.point: row.count for row in doc.points if row.count}}


def _member_of_board(unit: str) -> Any:
    staff = duty.staff_of(frappe.session.user, unit)
    boards = frappe.get_all("HBS Board", {"unit": unit}, ["name", "from_date", "to_date"], order_by="name")
    in_force = [board.name for board in boards if duty.in_force(board)]
    rows = frappe.get_all(
        "HBS Board Member",
        {"parent": ("in", in_force or [""]), "staff": staff.name},
        ["from_date", "to_date"],
        order_by="idx",
    )
    if not any(duty.in_force(row) for row in rows) and not (staff.is_principal and not boards):
        frappe.throw(_("Only a member of the school's board proposes to lock a school year."), NotYoursError)
    return staff


def _require_none(unit: str, academic_year: str) -> None:
    known = frappe.db.get_value(DOCTYPE, {"unit": unit, "academic_year": academic_year, "status": DECIDED})
    if known:
        frappe.throw(_("This school year is locked already ({0}).").format(known), HbsError)


# ── deciding ────────────────────────────────────────────────────────────────
def decide(name: str, decision_number: str, reason: str | None, password: str) -> None:
    """Both steps at once with the principal's demo key."""
    to_be_signed = prepare(name, decision_number, reason)
    certificate = frappe.db.get_value(DOCTYPE, name, "certificate")
    sha256 = frappe.db.get_value("HBS Certificate", certificate, "sha256")
    finish(name, keys.sign_by_pin(sha256, password, [to_be_signed])[0])


def prepare(name: str, decision_number: str, reason: str | None) -> bytes:
    """First step: the decision as it will be signed, with the check list counted now; the bytes for the key."""
    from hocbaso_app.exchange.year_lock import LOCK

    doc = _locked(name, PROPOSED)
    staff = _principal(doc.unit)
    _require_none(doc.unit, doc.academic_year)
    _count(doc)
    doc.decision_number, doc.reason = (decision_number or "").strip(), (reason or "").strip()
    if not doc.decision_number:
        frappe.throw(_("Enter the number of the decision."), HbsError)
    if doc.open_points and not doc.reason:
        frappe.throw(
            _("{0} points of the check list are open. Say why the year is locked all the same.").format(
                doc.open_points
            ),
            HbsError,
        )
    to_be_signed = _prepare(doc, staff, LOCK, doc.decision_number, doc.reason)
    _save(doc, "prepare year lock", _numbers(doc))
    return to_be_signed


def finish(name: str, value: bytes) -> None:
    """Second step: the key's value makes the decision; from now on the year is locked."""
    doc = _locked(name, PROPOSED)
    staff = _principal(doc.unit)
    _require_none(doc.unit, doc.academic_year)
    token, decision = _sealed(doc, staff, value)
    hours = time_diff_in_hours(now_datetime(), _desk_time(decision.decided_at))
    if hours > HOURS_FOR_VALUE:
        frappe.throw(_("The signature came too late. Nothing was decided; begin again."), HbsError)
    doc.statement, doc.prepared = token, None
    doc.update({"status": DECIDED, "lock_key": f"{doc.unit}:{doc.academic_year}"})
    doc.update({"decided_by": frappe.session.user, "decided_by_name": staff.full_name})
    doc.decided_at = _desk_time(decision.decided_at)
    facts = {"sha256": hashlib.sha256(base64.b64decode(token)).hexdigest(), "decision": doc.decision_number}
    _save(doc, "lock year", {**facts, "reason": doc.reason, **_numbers(doc)})


def refuse(name: str, reason: str) -> None:
    """The principal does not follow the proposal."""
    doc = _locked(name, PROPOSED)
    staff = _principal(doc.unit)
    if not (reason or "").strip():
        frappe.throw(_("Say why, so that it can be understood later."), HbsError)
    doc.update({"status": REFUSED, "reason": reason, "decided_by": frappe.session.user})
    doc.update({"decided_by_name": staff.full_name, "decided_at": now_datetime(), "prepared": None})
    _save(doc, "refuse year lock", {"reason": reason})


def lift(name: str, decision_number: str, reason: str, password: str) -> None:
    """A lock made by mistake: the principal's second signed decision ends it, and both are kept."""
    from hocbaso_app.exchange.year_lock import LIFT

    doc = _locked(name, DECIDED)
    staff = _principal(doc.unit)
    if not (decision_number or "").strip() or not (reason or "").strip():
        frappe.throw(_("To lift a year lock needs the number of a decision and the reason."), HbsError)
    to_be_signed = _prepare(doc, staff, LIFT, decision_number.strip(), reason.strip())
    sha256 = frappe.db.get_value("HBS Certificate", json.loads(doc.prepared)["certificate"], "sha256")
    token, decision = _sealed(doc, staff, keys.sign_by_pin(sha256, password, [to_be_signed])[0])
    doc.lift_statement, doc.prepared, doc.lock_key = token, None, None
    doc.update({"status": LIFTED, "lift_number": decision.decision_number, "lift_reason": decision.reason})
    doc.update({"lifted_by": frappe.session.user, "lifted_at": _desk_time(decision.decided_at)})
    facts = {"sha256": hashlib.sha256(base64.b64decode(token)).hexdigest(), "decision": doc.lift_number}
    _save(doc, "lift year lock", {**facts, "reason": doc.lift_reason})


def verified(name: str) -> dict[str, Any]:
    """The decision as it was signed; refused when seal, signer or what the form says is not what was signed."""
    doc = frappe.get_doc(DOCTYPE, name)
    doc.check_permission("read")
    if not doc.statement:
        frappe.throw(_("This school year is not locked: there is no signed decision yet."), HbsError)
    decision = read(doc.statement)
    said = (decision.school_code, decision.school_year, decision.decision_number, decision.reason)
    if said != (doc.unit, _school_year(doc), doc.decision_number or "", doc.reason or ""):
        frappe.throw(_("The signed decision says something else than this form."), EvidenceError)
    found = {"decision": asdict(decision), "sha256": hashlib.sha256(base64.b64decode(doc.statement)).hexdigest()}
    if doc.lift_statement:
        found["lifted"] = asdict(read(doc.lift_statement))
    return found


def read(token_base64: str) -> YearDecision:
    """A stored decision, verified with the site's trust folder."""
    from hocbaso_app.exchange import year_lock as statements

    try:
        return statements.read(base64.b64decode(token_base64), trust.store())
    except HocBaSoError as error:
        frappe.throw(error.message_vi, EvidenceError)
        raise AssertionError from error


# ── common ──────────────────────────────────────────────────────────────────
def _prepare(doc: Any, staff: Any, decision: str, number: str, reason: str) -> bytes:
    from hocbaso_app.exchange import year_lock as statements
    from hocbaso_app.services.signing import ways

    moment = convert.now()
    way = ways.choose("cbql", staff, moment)
    name, certificate = way.certificate, way.x509
    files = points.released_files(doc.unit, doc.academic_year)
    listed = "".join(f"{code} {sha256}\n" for code, sha256 in files)
    statement = statements.YearDecision(
        decision=decision,
        school_code=doc.unit,
        school_name=frappe.db.get_value("HBS Unit", doc.unit, "unit_name"),
        school_year=_school_year(doc),
        decision_number=number,
        minutes_number=doc.minutes_number,
        reason=reason,
        points={row.point: row.count for row in doc.points},
        records=len(files),
        records_sha256=hashlib.sha256(listed.encode()).hexdigest(),
        decided_at=convert.instant(convert.desk_time(moment)),
        decided_by=staff.full_name,
        citizen_id=staff.citizen_id,
    )
    waiting = statements.prepare(statement, certificate)
    parts = {"protected": waiting.protected.hex(), "payload": waiting.payload.hex(), "certificate": name}
    doc.prepared = json.dumps(parts)
    if decision == statements.LOCK:
        doc.certificate = name
    return waiting.to_be_signed


def _sealed(doc: Any, staff: Any, value: bytes) -> tuple[str, YearDecision]:
    """The statement with its value (base64), verified as a reader would before anything counts."""
    from cryptography.x509 import load_pem_x509_certificate

    from hocbaso_app.signing.cose import Unsealed

    if not doc.prepared:
        frappe.throw(_("This decision was not prepared for signing. Begin again."), HbsError)
    parts = json.loads(doc.prepared)
    pem, status = frappe.db.get_value("HBS Certificate", parts["certificate"], ["pem", "status"])
    if status != "Approved":
        frappe.throw(_("There is no approved certificate to sign with. Ask the school's administrator."), NotYoursError)
    certificate = load_pem_x509_certificate(pem.encode())
    waiting = Unsealed(bytes.fromhex(parts["protected"]), bytes.fromhex(parts["payload"]), certificate)
    try:
        token = base64.b64encode(waiting.seal(value)).decode()
    except HocBaSoError as error:
        frappe.throw(error.message_vi, HbsError)
    decision = read(token)
    if decision.citizen_id != staff.citizen_id:
        frappe.throw(_("Only the principal decides on the lock of a school year."), NotYoursError)
    return token, decision


def _school_year(doc: Any) -> str:
    """As the files name it."""
    filters = {"unit": doc.unit, "academic_year": doc.academic_year}
    return str(frappe.db.get_value("HBS Record", filters, "school_year") or doc.academic_year)


def _desk_time(instant: str) -> Any:
    from hocbaso_app.record.times import read_instant

    return convert.desk_time(read_instant(instant))


def _principal(unit: str) -> Any:
    staff = duty.staff_of(frappe.session.user, unit)
    if not staff.is_principal:
        frappe.throw(_("Only the principal decides on the lock of a school year."), NotYoursError)
    return staff


def _locked(name: str, status: str) -> Any:
    doc = frappe.get_doc(DOCTYPE, name, for_update=True)
    doc.check_permission("read")
    if doc.status != status:
        frappe.throw(_("This proposal is “{0}”.").format(_(doc.status)), HbsError)
    return doc


def _save(doc: Any, action: str, details: dict[str, Any]) -> None:
    windows.forget()
    guarded.save(doc, action, details)
