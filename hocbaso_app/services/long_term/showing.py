"""Evidence on the desk: a line for the form, files to take away, and how many records would fail some day."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import format_date, format_datetime

from hocbaso_app.exceptions import HbsError
from hocbaso_app.permissions.scope import scope_of
from hocbaso_app.services import convert, files, handover, timestamps, trust
from hocbaso_app.services.long_term import book, making
from hocbaso_app.services.night_watch import judge, kept, state
from hocbaso_app.services.receiving import reading

if TYPE_CHECKING:
    from hocbaso_app.services.night_watch.kept import KeptFile
    from hocbaso_app.signing.evidence.forecast import Outlook

MONTHS, MOST_WITHOUT = 24, 20_000
README = """Học bạ số và bằng chứng thời gian (RFC 6283).
Kiểm tra không cần mạng:  hocbaso verify {name}.xml --trust tin-cay
Tệp .evidence nằm cạnh tệp .xml sẽ được dùng kèm. Hãy giữ hai tệp cùng nhau.
"""


def line(version: str | None) -> str | None:
    """“Evidence until …” for a form; what it waits for; None for a file that is not released."""
    if not version:
        return None
    row = frappe.db.get_value(
        book.DOCTYPE, {"kept_name": version, "newest": 1}, ["until", "proved_at", "number"], as_dict=True
    )
    if row:
        since = format_datetime(row.proved_at, "HH:mm d/M/yyyy")
        until = format_date(row.until, "d/M/yyyy") if row.until else "–"
        return _("Evidence until {0}; it proves that the file existed at {1}; it is renewed in time.").format(
            until, since
        )
    status = frappe.db.get_value(files.DOCTYPE, version, "status") or frappe.db.get_value(
        kept.RECEIVED, version, "status"
    )
    if not status or status in kept.UNSEALED:
        return None
    if not frappe.get_cached_doc(timestamps.SETTINGS).timestamp_address:
        return _("No evidence yet: no time-stamping service is set. The administrator enters one in HBS Settings.")
    return _("No evidence yet; it is made tonight.")


def of_record(name: str) -> dict[str, Any]:
    """What the form says of a record's current file: evidence, and the last look of the night watch; by its readers."""
    doc = frappe.get_doc("HBS Record", name)
    doc.check_permission("read")
    return _lines(doc.current_version)


def of_received(name: str) -> dict[str, Any]:
    """The same for a received record."""
    frappe.get_doc(kept.RECEIVED, name).check_permission("read")
    return _lines(name)


def _lines(file: str | None) -> dict[str, Any]:
    seen = state.of_file(file) if file else None
    watch = None
    if seen:
        day = format_datetime(seen["checked_at"], "HH:mm d/M/yyyy")
        watch = _("Verified again in full at {0}: {1}.").format(day, _(seen["verdict"]).lower())
        if seen["explanation"]:
            watch = f"{watch} {seen['explanation']}"
    return {"evidence": line(file), "watch": watch, "right": not seen or seen["verdict"] == judge.RIGHT}


def package(name: str) -> tuple[bytes, str]:
    """Original and evidence of a released record, by who may print it; noted as a reading of the original."""
    octets, file_name, stored = handover.original(name)
    return _zip(octets, file_name, stored.sha256)


def received_package(name: str) -> tuple[bytes, str]:
    """The same for a received record."""
    octets, file_name = reading.original(name)
    return _zip(octets, file_name, frappe.db.get_value(kept.RECEIVED, name, "sha256"))


def copy(name: str, level: str) -> tuple[bytes, str]:
    """A copy of a released record at level LT or LTA for other people's software; the original stays what counts."""
    octets, file_name, stored = handover.original(name)
    return _copy(octets, file_name, stored.sha256, level)


def received_copy(name: str, level: str) -> tuple[bytes, str]:
    """The same for a received record."""
    octets, file_name = reading.original(name)
    return _copy(octets, file_name, frappe.db.get_value(kept.RECEIVED, name, "sha256"), level)


def _copy(octets: bytes, file_name: str, sha256: str, level: str) -> tuple[bytes, str]:
    from hocbaso_app.record.document import Document
    from hocbaso_app.record.errors import HocBaSoError
    from hocbaso_app.signing.export import make_copy

    try:
        client = timestamps.client()
        stamps = client.stamp_digest if client is not None else None
        made = make_copy(Document.parse(octets), level, trust.store(), stamps, evidence=book.beside(sha256))
    except HocBaSoError as error:
        frappe.throw(error.message_vi, HbsError)
        raise AssertionError from error
    return made, f"{file_name.rpartition('.')[0]}-{level}.xml"


def _zip(octets: bytes, file_name: str, sha256: str) -> tuple[bytes, str]:
    evidence = book.octets_beside(sha256)
    if evidence is None:
        frappe.throw(_("There is no evidence beside this file yet."), HbsError)
        raise AssertionError
    stem = file_name.rpartition(".")[0]
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (
            (f"{stem}.xml", octets),
            (f"{stem}.evidence", evidence),
            ("DOC-TRUOC.txt", README.format(name=stem).encode()),
        ):
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), data)
    return made.getvalue(), f"{stem}-bang-chung.zip"


def forecast(user: str, months: int = MONTHS) -> list[dict[str, Any]]:
    """Unit and reason → how many files of the user's scope could not be verified any more in so many months.

    As if nothing were renewed: evidence by when it ends, files without any by their signers' certificates.
    """
    scope, until = scope_of(user), convert.now() + timedelta(days=round(months * 30.44))
    found: dict[tuple[str, str], dict[str, Any]] = {}

    def add(unit: str, reason: str, ends: Any, count: int = 1) -> None:
        row = found.setdefault((unit, reason), {"unit": unit, "reason": reason, "files": 0, "ends": ends})
        row["files"] += count
        row["ends"] = min(row["ends"], ends)

    ending = frappe.db.sql(
        f"select unit, because, min(until), count(*) from `tab{book.DOCTYPE}`"
        " where newest = 1 and until < %s group by unit, because order by unit, because",
        convert.desk_time(until),
    )
    for unit, because, ends, count in ending:
        if scope.everything or unit in scope.units:
            add(unit, because or "", ends, count)
    for file, outlook in _without_evidence(scope, until):
        if outlook.reason is not None:
            reason = outlook.message_vi.rpartition(",")[0] or outlook.message_vi
            add(file.unit, reason, convert.desk_time(outlook.ends or until))
    for row in found.values():
        row["unit_name"] = frappe.db.get_value("HBS Unit", row["unit"], "unit_name")
    return sorted(found.values(), key=lambda row: (row["ends"], row["unit"]))


def _without_evidence(scope: Any, until: Any) -> Iterator[tuple[KeptFile, Outlook]]:
    from hocbaso_app.record.document import Document
    from hocbaso_app.record.errors import HocBaSoError
    from hocbaso_app.signing.evidence.forecast import Outlook, Reason, outlook

    store, now = trust.store(), convert.now()
    for doctype in (kept.VERSION, kept.RECEIVED):
        names = making.waiting(doctype, MOST_WITHOUT)
        for start in range(0, len(names), making.AT_ONCE):
            for file in kept.load(doctype, names[start : start + making.AT_ONCE]):
                if not scope.everything and file.unit not in scope.units:
                    continue
                try:
                    found = outlook(file.name, Document.parse(file.data), None, store, now=now, until=until)
                except HocBaSoError as error:
                    found = Outlook(file.name, False, now, Reason.BROKEN, error.message_vi)
                yield file, found


def counted(user: str) -> dict[str, int]:
    """Complete files of the user's scope, and those of them with evidence."""
    scope, sums = scope_of(user), {"files": 0, "with_evidence": 0}
    for doctype in (kept.VERSION, kept.RECEIVED):
        for unit, files_, proved in frappe.db.sql(
            f"select f.unit, count(*), count(e.name) from `tab{doctype}` f left join `tab{book.DOCTYPE}` e"
            f" on e.kept_name = f.name and e.newest = 1 where f.`{kept.MOMENT[doctype]}` is not null"
            " and f.status not in %s group by f.unit",
            (kept.UNSEALED,),
        ):
            if scope.everything or unit in scope.units:
                sums["files"] += files_
                sums["with_evidence"] += proved
    return sums
