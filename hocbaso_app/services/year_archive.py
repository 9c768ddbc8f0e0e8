"""HBS Year Archive: the accepted records of a locked school year, sealed, sent in parts, followed to the Ministry."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import cint, getdate, now_datetime

from hocbaso_app.exceptions import EvidenceError, HbsError, NotYoursError
from hocbaso_app.exchange.archive_parts import PART_SIZE
from hocbaso_app.exchange.outbox import OPEN
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.services import archive_files, audit, connector, convert, duty, files, guarded, outbox
from hocbaso_app.services.locks.year_closings import DECIDED
from hocbaso_app.services.locks.year_closings import DOCTYPE as YEAR_LOCK

if TYPE_CHECKING:
    from hocbaso_app.exchange.archive import Entry

DOCTYPE = "HBS Year Archive"
MAKING, MADE, SENDING, TAKEN, NOT_TAKEN = "Being Made", "Made", "Being Sent", "Taken", "Not Taken"
FORWARDED, CONFIRMED, FAILED = "Forwarded", "Confirmed", "Failed"
FOLLOWED = (TAKEN, FORWARDED)
AT_ONCE = 50
"""Files in memory at the same time."""

ANSWERED = {
    "so_tiep_nhan": "taken_number",
    "luc_tiep_nhan": "taken_at",
    "ngay_chuyen_bo": "forwarded_on",
    "so_chuyen_bo": "forward_number",
    "ngay_bo_xac_nhan": "confirmed_on",
    "so_bo_xac_nhan": "confirm_number",
}
"""The authority's answer → field."""


# ── asking ──────────────────────────────────────────────────────────────────
def start(unit: str, academic_year: str) -> str:
    """Principal or clerk, once the year is locked and the city has answered about every file; the job makes it."""
    _require_own(unit)
    lock = frappe.db.get_value(YEAR_LOCK, {"unit": unit, "academic_year": academic_year, "status": DECIDED})
    if not lock:
        frappe.throw(
            _("The school year is not locked yet. The board proposes it, the principal decides; then it is archived."),
            HbsError,
        )
    waiting = _unanswered(unit, academic_year)
    if waiting:
        frappe.throw(
            _("{0} released records have no answer of the city database yet. Wait for it, then archive.").format(
                waiting
            ),
            HbsError,
        )
    if not _versions(unit, academic_year):
        frappe.throw(_("The city database has accepted no record of this school year."), HbsError)
    busy = frappe.db.get_value(
        DOCTYPE, {"unit": unit, "academic_year": academic_year, "status": ("in", (MAKING, SENDING))}
    )
    if busy:
        frappe.throw(_("An archive of this school year is in work already ({0}).").format(busy), HbsError)
    doc = frappe.get_doc({"doctype": DOCTYPE, "unit": unit, "academic_year": academic_year, "year_lock": lock})
    doc.update({"status": MAKING, "requested_by": frappe.session.user})
    doc.flags.hbs_service = True
    doc.insert(ignore_permissions=True)
    audit.write("start year archive", DOCTYPE, doc.name, unit, {"year": academic_year, "lock": lock})
    return str(doc.name)


def _require_own(unit: str) -> None:
    staff = duty.staff_of(frappe.session.user, unit)
    if not (staff.is_principal or staff.is_clerk):
        frappe.throw(_("Only the principal or the clerk makes and sends the archive of a school year."), NotYoursError)


def _unanswered(unit: str, academic_year: str) -> int:
    names = frappe.get_all("HBS Record", {"unit": unit, "academic_year": academic_year}, pluck="name", order_by="name")
    wanted = {"record": ("in", names or [""]), "state": ("in", outbox.labels(OPEN))}
    return int(frappe.db.count(outbox.DOCTYPE, wanted))


# ── making ──────────────────────────────────────────────────────────────────
def make(name: str, progress: Callable[[int, int], None] | None = None) -> None:
    """The job: write the archive file by file, seal it, verify it as a reader would, and keep it."""
    from hocbaso_app.exchange import archive

    doc = frappe.get_doc(DOCTYPE, name)
    if doc.status != MAKING:
        return
    target = archive_files.path(archive_files.OWN, name)
    waiting = target.with_suffix(".part")
    codes = _versions(doc.unit, doc.academic_year)
    facts = archive.Facts(
        school_code=doc.unit,
        school_name=str(frappe.db.get_value("HBS Unit", doc.unit, "unit_name")),
        school_year=_school_year(doc),
        made_at=convert.instant(convert.desk_time(convert.now())),
        left_out=_left_out(doc, len(codes)),
    )
    with waiting.open("wb") as out:
        sealed = archive.write(out, facts, _entries(codes, progress), connector.key(doc.unit), _others(doc))
    from hocbaso_app.services import trust

    archive.verify(waiting, trust.store())
    archive.compare(sealed.manifest, {code: sha256 for code, _name, sha256, _issue, _status in codes})
    waiting.replace(target)
    _note_made(doc, target, sealed)


def _note_made(doc: Any, target: Path, sealed: Any) -> None:
    from hocbaso_app.exchange import archive_parts

    doc.reload()
    parcel = archive_parts.Parcel.of(target, doc.unit, sealed.manifest.facts.school_year, PART_SIZE)
    doc.update({"status": MADE, "made_at": now_datetime(), "file": target.name, "sha256": parcel.sha256})
    doc.update({"size": parcel.size, "parts": parcel.parts, "records": len(sealed.manifest.records)})
    doc.update({"files": len(sealed.manifest.files), "left_out": sealed.manifest.facts.left_out, "error": None})
    doc.manifest = base64.b64encode(sealed.token).decode()
    guarded.save(doc, "make year archive", {"sha256": parcel.sha256, "records": doc.records, "files": doc.files})


def fail(name: str, message: str) -> None:
    """The job ended without an archive."""
    doc = frappe.get_doc(DOCTYPE, name)
    doc.update({"status": FAILED, "error": message[:500]})
    guarded.save(doc, "year archive failed", {"why": doc.error})


def _versions(unit: str, academic_year: str) -> list[tuple[str, str, str, int, str]]:
    """Record code, version, SHA-256, issue and status of every file that the city has accepted, by code."""
    record, version = frappe.qb.DocType("HBS Record"), frappe.qb.DocType(files.DOCTYPE)
    row = frappe.qb.DocType(outbox.DOCTYPE)
    query = (
        frappe.qb.from_(version)
        .join(record)
        .on(record.name == version.record)
        .join(row)
        .on(row.version == version.name)
        .where((record.unit == unit) & (record.academic_year == academic_year) & (row.state == "Acknowledged"))
        .where(version.status.isin(("Released", "Recalled")))
        .select(version.record_code, version.name, version.sha256, version.issue_number, version.status)
        .orderby(version.record_code)
    )
    return [tuple(found) for found in query.run()]


def _entries(
    codes: list[tuple[str, str, str, int, str]], progress: Callable[[int, int], None] | None
) -> Iterator[Entry]:
    from hocbaso_app.exchange import archive

    for start_ in range(0, len(codes), AT_ONCE):
        chunk = codes[start_ : start_ + AT_ONCE]
        names = [name for _code, name, _sha256, _issue, _status in chunk]
        contents = _contents(names)
        receipts = _receipts(names)
        for code, name, _sha256, issue, status in chunk:
            state = archive.RECALLED if status == "Recalled" else archive.ACTIVE
            yield archive.Entry(code, int(issue), state, contents.pop(name), receipts.get(name))
        if progress:
            progress(start_ + len(chunk), len(codes))


def _contents(names: list[str]) -> dict[str, bytes]:
    columns = ["name", "record", "content", "sha256"]
    rows = frappe.get_all(files.DOCTYPE, {"name": ("in", names)}, columns, order_by="name")
    return {row.name: files.read(row) for row in rows}


def _receipts(names: list[str]) -> dict[str, bytes]:
    wanted = {"version": ("in", names), "receipt": ("is", "set")}
    rows = frappe.get_all(outbox.DOCTYPE, wanted, ["version", "receipt"], order_by="name")
    return {row.version: base64.b64decode(row.receipt) for row in rows}


def _others(doc: Any) -> dict[str, bytes]:
    """The principal's decision, and the authority's status list: as it is now, else the newest that is kept here."""
    from hocbaso_app.exchange import archive

    found = {archive.DECISION: base64.b64decode(frappe.db.get_value(YEAR_LOCK, doc.year_lock, "statement"))}
    token = _status_list(doc)
    return {**found, archive.STATUS_LIST: token} if token else found


def _status_list(doc: Any) -> bytes | None:
    from hocbaso_app.exchange import status_list
    from hocbaso_app.exchange.recalls import STATUS_LIST_PATH
    from hocbaso_app.services import trust

    try:
        token = _client(doc).get(STATUS_LIST_PATH)
        status_list.read(token, trust.store())
        return token
    except (HocBaSoError, HbsError):
        kept = frappe.get_all(
            "HBS Recall Request",
            {"unit": doc.unit, "status_list": ("is", "set")},
            pluck="status_list",
            order_by="answered_at desc, name desc",
            limit=1,
        )
        return base64.b64decode(kept[0]) if kept else None


def _left_out(doc: Any, archived: int) -> int:
    """Records of the year of which no file is in the archive."""
    year = {"unit": doc.unit, "academic_year": doc.academic_year}
    names = set(frappe.get_all("HBS Record", year, pluck="name", order_by="name"))
    versions = [name for _code, name, _sha256, _issue, _status in _versions(doc.unit, doc.academic_year)]
    held = frappe.get_all(files.DOCTYPE, {"name": ("in", versions or [""])}, pluck="record", order_by="name")
    return len(names - set(held))


# ── sending and following ───────────────────────────────────────────────────
def ask_to_send(name: str) -> None:
    """Principal or clerk; the job sends what the authority does not have yet."""
    doc = frappe.get_doc(DOCTYPE, name, for_update=True)
    doc.check_permission("read")
    _require_own(doc.unit)
    if doc.status not in (MADE, SENDING, NOT_TAKEN):
        frappe.throw(_("This archive is “{0}”.").format(_(doc.status)), HbsError)
    if not connector.is_on():
        frappe.throw(
            _("Sending is switched off in HBS Settings. Records wait safely until it is switched on."), HbsError
        )
    _require_file(doc)
    doc.update({"status": SENDING, "error": None})
    guarded.save(doc, "send year archive", {"sha256": doc.sha256})


def send(name: str) -> None:
    """The job: part by part, going on where a broken one ended; each part that arrived is noted."""
    from hocbaso_app.exchange import archive_parts

    doc = frappe.get_doc(DOCTYPE, name)
    if doc.status != SENDING:
        return
    path = _require_file(doc)
    parcel = archive_parts.Parcel(doc.unit, _school_year(doc), doc.sha256, cint(doc.size), PART_SIZE)
    last: dict[str, Any] = {}
    for done, answer in archive_parts.send(path, parcel, _ask(doc)):
        frappe.db.set_value(DOCTYPE, name, "sent_parts", done)
        frappe.db.commit()  # nosemgrep: a part that arrived is not sent again
        last = answer
    _follow(name, last)


def follow(name: str) -> None:
    """Ask how far the authority is with it."""
    from hocbaso_app.exchange import archive_parts

    doc = frappe.get_doc(DOCTYPE, name)
    if doc.status in FOLLOWED:
        _follow(name, archive_parts.state(doc.sha256, _ask(doc)))


def follow_all() -> list[str]:
    """Every hour: archives on their way go on, those that were taken are asked about; sentences of what went wrong."""
    if not connector.is_on():
        return []
    problems = []
    names = frappe.get_all(DOCTYPE, {"status": ("in", (SENDING, *FOLLOWED))}, ["name", "status"], order_by="name")
    for row in names:
        try:
            (send if row.status == SENDING else follow)(row.name)
        except (HocBaSoError, HbsError) as error:
            frappe.db.rollback()
            problems.append(note_problem(row.name, error))
        frappe.db.commit()  # nosemgrep: one archive's trouble is not another's
    return problems


def note_problem(name: str, error: Exception) -> str:
    """Why it does not go on for now."""
    text = sentence_of(error)
    frappe.db.set_value(DOCTYPE, name, "error", text[:500])
    return text


def sentence_of(error: Exception) -> str:
    """What a person reads."""
    return error.message_vi if isinstance(error, HocBaSoError) else frappe.utils.strip_html(str(error))


def _follow(name: str, answer: dict[str, Any]) -> None:
    """The authority's word becomes the archive's state; what it does not say stays."""
    doc = frappe.get_doc(DOCTYPE, name, for_update=True)
    said = str(answer.get("trang_thai") or "")
    if said not in (TAKEN, NOT_TAKEN, FORWARDED, CONFIRMED):
        return
    before = doc.status
    doc.status, doc.error = said, str(answer.get("loi") or "")[:500] or None
    for key, field in ANSWERED.items():
        if answer.get(key):
            doc.set(field, _value(doc, field, str(answer[key])))
    if before == SENDING:
        doc.sent_at = now_datetime()
    if before != said:
        guarded.save(doc, "year archive answered", {"state": said, "why": doc.error})


def _value(doc: Any, field: str, text: str) -> Any:
    kind = doc.meta.get_field(field).fieldtype
    if kind == "Date":
        return getdate(text)
    if kind == "Datetime":
        from hocbaso_app.record.times import read_instant

        return convert.desk_time(read_instant(text))
    return text[:60]


def _client(doc: Any) -> Any:
    return connector.client(doc.unit, _school_year(doc))


def _ask(doc: Any) -> Any:
    from hocbaso_app.exchange.archive_parts import NAME

    client = _client(doc)
    return lambda body: client.extension(NAME, body)


# ── common ──────────────────────────────────────────────────────────────────
def download(name: str) -> tuple[Path, str]:
    """The file and its name, for somebody of the school or above it; noted in the trail."""
    doc = frappe.get_doc(DOCTYPE, name)
    doc.check_permission("export")
    path = _require_file(doc)
    audit.write("download year archive", DOCTYPE, doc.name, doc.unit, {"sha256": doc.sha256})
    return path, f"luu-tru-{doc.unit}-{doc.academic_year}-{doc.name}.zip"


def _require_file(doc: Any) -> Path:
    from hocbaso_app.exchange.archive_parts import hash_of

    path = archive_files.path(archive_files.OWN, doc.name)
    if not path.exists() or hash_of(path) != doc.sha256:
        frappe.throw(_("The file of this archive is gone or was changed. Make a new archive."), EvidenceError)
    return path


def _school_year(doc: Any) -> str:
    filters = {"unit": doc.unit, "academic_year": doc.academic_year}
    return str(frappe.db.get_value("HBS Record", filters, "school_year") or doc.academic_year)
