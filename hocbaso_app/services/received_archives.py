"""HBS Received Archive: a school's year archive at the authority, put together, verified, compared with what it holds.

Taken only when every file is as the school sealed it and its records are exactly those of this site's books. Officers
then note that it was forwarded to the Ministry and confirmed by it; the school hears of both.
"""

from __future__ import annotations

import base64
import shutil
from pathlib import Path
from typing import Any

import frappe
from frappe import _
from frappe.utils import getdate, now_datetime

from hocbaso_app.exceptions import EvidenceError, HbsError, NotYoursError
from hocbaso_app.exchange import archive, archive_parts
from hocbaso_app.exchange.archive_parts import Parcel, Tray
from hocbaso_app.exchange.receiving.accounts import Account
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.services import archive_files, audit, convert, guarded, trust
from hocbaso_app.services.locks import who

DOCTYPE = "HBS Received Archive"
RECEIVING, TAKEN, NOT_TAKEN, FORWARDED, CONFIRMED = "Receiving", "Taken", "Not Taken", "Forwarded", "Confirmed"
MOST_OPEN = 3
"""Archives of one school that may be half here; an older one is forgotten."""


def answer(account: Account, body: dict[str, Any]) -> dict[str, Any]:
    """Extension ``luu-tru``; see :mod:`hocbaso_app.exchange.archive_parts`."""
    step = body.get("buoc")
    if step == archive_parts.BEGIN:
        return _said(_begin(archive_parts.read_begin(body, account.unit)))
    doc = _of(account.unit, str(body.get("sha256") or ""))
    if step == archive_parts.PART:
        if doc.status == RECEIVING:
            _put(doc, body)
        return _said(doc)
    if step == archive_parts.FINISH:
        return _said(_finish(doc))
    if step == archive_parts.STATE:
        return _said(doc)
    raise archive_parts.refused("ARCHIVE_REQUEST", "Yêu cầu nộp gói lưu trữ sai thể thức.", f"step {step}")


def _begin(parcel: Parcel) -> Any:
    """A new archive, or the same again: one that was not taken may be sent once more."""
    key = f"{parcel.unit}:{parcel.sha256}"
    known = frappe.db.get_value(DOCTYPE, {"archive_key": key}, for_update=True)
    if known:
        doc = frappe.get_doc(DOCTYPE, known)
        if doc.status == NOT_TAKEN:
            doc.update({"status": RECEIVING, "error": None, "part_size": parcel.part_size})
            guarded.save(doc, "year archive again", {})
        return doc
    _forget_old(parcel.unit)
    doc = frappe.get_doc({"doctype": DOCTYPE, "unit": parcel.unit, "school_year": parcel.school_year})
    doc.update({"status": RECEIVING, "began_at": now_datetime(), "archive_key": key, "sha256": parcel.sha256})
    doc.update({"size": parcel.size, "parts": parcel.parts, "part_size": parcel.part_size})
    doc.office = frappe.db.get_value("HBS Unit", parcel.unit, "parent_hbs_unit")
    doc.flags.hbs_service = True
    doc.insert(ignore_permissions=True)
    return doc


def _forget_old(unit: str) -> None:
    """Parts of archives that were begun and never finished."""
    names = frappe.get_all(DOCTYPE, {"unit": unit, "status": RECEIVING}, pluck="name", order_by="creation desc")
    for name in names[MOST_OPEN - 1 :]:
        doc = frappe.get_doc(DOCTYPE, name)
        _tray(doc).clear()
        doc.update({"status": NOT_TAKEN, "error": _("Not finished; another archive was begun.")})
        guarded.save(doc, "year archive given up", {})


def _put(doc: Any, body: dict[str, Any]) -> None:
    number, data = archive_parts.read_part(body, _parcel(doc))
    tray = _tray(doc)
    if shutil.disk_usage(archive_files.folder(archive_files.TRAYS)).free < 2 * int(doc.size):
        raise archive_parts.refused("ARCHIVE_NO_SPACE", "Nơi nhận hết chỗ lưu; hãy gửi lại sau.", "disk full")
    tray.put(number, data)
    frappe.db.set_value(DOCTYPE, doc.name, "received_parts", int(doc.parts) - len(tray.missing()))


def _finish(doc: Any) -> Any:
    if doc.status != RECEIVING:
        return doc
    tray, target = _tray(doc), archive_files.path(archive_files.RECEIVED, doc.name)
    missing = tray.missing()
    if missing:
        raise archive_parts.refused("ARCHIVE_INCOMPLETE", f"Còn thiếu {len(missing)} phần.", f"{len(missing)} missing")
    tray.join(target)
    try:
        found = _verified(doc, target)
    except HocBaSoError as error:
        target.unlink()
        doc.update({"status": NOT_TAKEN, "error": error.message_vi[:1000], "received_parts": 0})
        guarded.save(doc, "year archive not taken", {"code": error.code, "why": doc.error})
        return doc
    _take(doc, target, found)
    return doc


def _verified(doc: Any, path: Path) -> archive.Verified:
    """As a reader would, and against the books of this site."""
    found = archive.verify(path, trust.store())
    facts = found.manifest.facts
    if (facts.school_code, facts.school_year) != (doc.unit, doc.school_year):
        raise archive.ArchiveError(
            "ARCHIVE_UNIT", "Gói lưu trữ là của trường hoặc năm học khác.", f"{facts.school_code} {facts.school_year}"
        )
    archive.compare(found.manifest, held(doc.unit, doc.school_year))
    return found


def held(unit: str, school_year: str) -> dict[str, str]:
    """Record code → SHA-256 of everything this site has received of a school's year, recalled ones too."""
    filters = {"unit": unit, "school_year": school_year}
    rows = frappe.get_all("HBS Received Record", filters, ["name", "sha256"], order_by="name")
    return {row.name: row.sha256 for row in rows}


def _take(doc: Any, path: Path, found: archive.Verified) -> None:
    from hocbaso_app.signing.identity import common_name

    doc.update({"status": TAKEN, "error": None, "file": path.name, "received_parts": doc.parts})
    doc.update({"records": len(found.manifest.records), "files": len(found.manifest.files)})
    doc.update(
        {"signed_by": common_name(found.certificate)[:250], "taken_at": now_datetime(), "taken_number": doc.name}
    )
    doc.manifest = base64.b64encode(found.token).decode()
    guarded.save(doc, "take year archive", {"sha256": doc.sha256, "records": doc.records})


# ── what officers do ────────────────────────────────────────────────────────
def forward(name: str, number: str, day: Any = None) -> None:
    """It went to the Ministry, with which letter and when."""
    _step(name, TAKEN, FORWARDED, "forward", number, day)


def confirm(name: str, number: str, day: Any = None) -> None:
    """The Ministry has confirmed it."""
    _step(name, FORWARDED, CONFIRMED, "confirm", number, day)


def _step(name: str, before: str, after: str, kind: str, number: str, day: Any) -> None:
    doc = frappe.get_doc(DOCTYPE, name, for_update=True)
    doc.check_permission("read")
    power = who.best_over(frappe.session.user, doc.unit)
    if power is None or power.level == "School":
        frappe.throw(_("Only an officer of the office or the department notes this."), NotYoursError)
    if doc.status != before:
        frappe.throw(_("This archive is “{0}”.").format(_(doc.status)), HbsError)
    if not (number or "").strip():
        frappe.throw(_("Enter the number of the letter."), HbsError)
    when = getdate(day) if day else getdate()
    if when > getdate():
        frappe.throw(_("The day lies in the future."), HbsError)
    _require_file(doc)
    fields = {"forward": ("forward_number", "forwarded_on"), "confirm": ("confirm_number", "confirmed_on")}[kind]
    doc.update({"status": after, fields[0]: number.strip(), fields[1]: when, "decided_by": frappe.session.user})
    guarded.save(doc, f"{kind} year archive", {"number": number.strip(), "day": str(when)})


def check_again(name: str) -> str:
    """Verified once more as on the day it came: the file, the seal, and against the books; a sentence."""
    doc = frappe.get_doc(DOCTYPE, name)
    doc.check_permission("read")
    path = _require_file(doc)
    try:
        found = _verified(doc, path)
    except HocBaSoError as error:
        frappe.throw(error.message_vi, EvidenceError)
        raise AssertionError from error
    return _("Right: {0} records, every file as the school sealed it and as it is held here.").format(
        len(found.manifest.records)
    )


def download(name: str) -> tuple[Path, str]:
    """The file and its name, for officers; noted in the trail."""
    doc = frappe.get_doc(DOCTYPE, name)
    doc.check_permission("export")
    path = _require_file(doc)
    audit.write("download received archive", DOCTYPE, doc.name, doc.unit, {"sha256": doc.sha256})
    return path, f"luu-tru-{doc.unit}-{doc.school_year}.zip"


# ── common ──────────────────────────────────────────────────────────────────
def _said(doc: Any) -> dict[str, Any]:
    said: dict[str, Any] = {"trang_thai": doc.status}
    if doc.status == RECEIVING:
        said["con_thieu"] = _tray(doc).missing()
    texts = {"loi": doc.error, "so_tiep_nhan": doc.taken_number, "so_chuyen_bo": doc.forward_number}
    texts |= {"so_bo_xac_nhan": doc.confirm_number}
    days = {"ngay_chuyen_bo": doc.forwarded_on, "ngay_bo_xac_nhan": doc.confirmed_on}
    said |= {name: str(value) for name, value in {**texts, **days}.items() if value}
    if doc.taken_at:
        said["luc_tiep_nhan"] = convert.instant(frappe.utils.get_datetime(doc.taken_at))
    return said


def _of(unit: str, sha256: str) -> Any:
    name = frappe.db.get_value(DOCTYPE, {"archive_key": f"{unit}:{sha256}"}, for_update=True)
    if not name:
        raise archive_parts.refused("ARCHIVE_UNKNOWN", "Chưa khai báo gói lưu trữ này; hãy gửi lại từ đầu.", sha256)
    return frappe.get_doc(DOCTYPE, name)


def _parcel(doc: Any) -> Parcel:
    return Parcel(doc.unit, doc.school_year, doc.sha256, int(doc.size), int(doc.part_size))


def _tray(doc: Any) -> Tray:
    return Tray(archive_files.folder(archive_files.TRAYS) / doc.name, _parcel(doc))


def _require_file(doc: Any) -> Path:
    path = archive_files.path(archive_files.RECEIVED, doc.name)
    if not path.exists() or archive_parts.hash_of(path) != doc.sha256:
        frappe.throw(_("The file of this archive is gone or was changed."), EvidenceError)
    return path
