"""The books of the receiving half as DocTypes: :class:`~hocbaso_app.exchange.receiving.books.Books` over MariaDB.

A message costs the same few statements however many records are in it. What
two workers may not both do is left to unique keys: the record's code, its
receipt's number, and one record in force per pupil, year and page.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import frappe
from frappe.utils import get_datetime, now_datetime

from hocbaso_app.exchange import codes
from hocbaso_app.exchange.receiving.books import Message, PageKey, RecallRow, Record, Registration
from hocbaso_app.exchange.transactions import CertificateStatus, Kind, RecallStatus, RecordAnswer, RecordStatus
from hocbaso_app.record.times import read_instant
from hocbaso_app.services import audit, convert, rows
from hocbaso_app.services.receiving import published
from hocbaso_app.services.statistics import kept

if TYPE_CHECKING:
    from hocbaso_app.record.document import Document

MESSAGE, ITEM, RECORD = "HBS Incoming Message", "HBS Incoming Item", "HBS Received Record"
REGISTRATION, CASE = "HBS Certificate Registration", "HBS Recall Case"
WAITING, SETTLED, ACTIVE, RECALLED = "Waiting", "Settled", "Active", "Recalled"
KINDS = {Kind.SUBMIT: "Records", Kind.REGISTER_CERTIFICATE: "Certificate", Kind.RECALL: "Recall"}
NUMBERS = "_number_seq"
"""Slug of the sequence of receipt numbers; what a transaction took and did not keep is left out."""

HEAP = 4_000_000
"""Octets of files that go to the database in one statement."""

_DECISIONS = {
    CertificateStatus.PENDING: WAITING,
    CertificateStatus.APPROVED: "Approved",
    CertificateStatus.REFUSED: "Refused",
}
_CASES = {
    "Waiting": RecallStatus.PENDING,
    "More Asked": RecallStatus.PENDING,
    "Approved": RecallStatus.APPROVED,
    "Refused": RecallStatus.REFUSED,
    "Withdrawn": RecallStatus.REFUSED,
}
_RECORD_COLUMNS = (
    "name, sha256, unit, pupil_code, school_year, page, issue_number, received_at, receipt_number, receipt,"
    " lookup_link, late, recalled_at, replaced_by"
)


class SiteBooks:
    """Of this site; for one request or job."""

    def __init__(self) -> None:
        """Nothing is open yet."""
        self._inside = False

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Committed when it ends: what an answer says is kept before it is given."""
        if self._inside:
            yield
            return
        self._inside = True
        try:
            yield
        except BaseException:
            frappe.db.rollback()
            raise
        else:
            frappe.db.commit()  # nosemgrep: the answer may be lost, what it says may not
        finally:
            self._inside = False

    def message(self, message_id: str) -> Message | None:
        """Without its content."""
        columns = ["unit", "kind", "content_sha256", "received_at", "status"]
        row = frappe.db.get_value(MESSAGE, message_id, columns, as_dict=True)
        return _message(message_id, row) if row else None

    def claim(self, message_id: str) -> Message | None:
        """Locks the row and reads what is committed now; no snapshot begins here."""
        found = frappe.db.sql(
            f"select unit, kind, content_sha256, received_at, status, content from `tab{MESSAGE}`"
            " where name = %s and status = %s for update skip locked",
            (message_id, WAITING),
            as_dict=True,
        )
        return replace(_message(message_id, found[0]), content=found[0].content or "") if found else None

    def content(self, message_id: str) -> str:
        """Of a waiting message."""
        return str(frappe.db.get_value(MESSAGE, message_id, "content") or "")

    def add_message(self, message: Message) -> None:
        """It waits, unless there is nothing to settle."""
        m = message
        values = {"unit": m.unit, "kind": KINDS[m.kind], "content_sha256": m.content_sha256}
        values["status"] = SETTLED if m.settled else WAITING
        values["received_at"] = _desk(m.received_at)
        rows.insert(MESSAGE, [frappe._dict(name=m.message_id, content=m.content or None, **values)])

    def settle(self, message: Message, answers: Sequence[RecordAnswer]) -> None:
        """The content is let go when every file of it stands in the books."""
        items = [_item(message, place, answer) for place, answer in enumerate(answers)]
        rows.insert(ITEM, items)
        accepted = sum(item.accepted for item in items)
        refused, late, moment = len(items) - accepted, sum(item.late for item in items), now_datetime()
        values = {"status": SETTLED, "settled_at": moment, "modified": moment, "error": None, "items": len(items)}
        values |= {"accepted": accepted, "refused": refused, "late": late}
        if accepted == len(items):
            values["content"] = None
        rows.update(MESSAGE, [message.message_id], values)
        files = {item.record_code: item.sha256 for item in items if item.accepted}
        facts = {"accepted": accepted, "refused": refused, "files": files}
        audit.write("Receive", MESSAGE, message.message_id, message.unit, facts, actor="Administrator")

    def answers(self, message_id: str) -> list[RecordAnswer]:
        """Receipts and links stand with the records."""
        found = frappe.db.sql(
            f"select i.*, r.receipt, r.lookup_link from `tab{ITEM}` i left join `tab{RECORD}` r"
            " on i.accepted = 1 and r.name = i.record_code and r.sha256 = i.sha256"
            " where i.message = %s order by i.position",
            message_id,
            as_dict=True,
        )
        return [_answer(row) for row in found]

    def records(self, record_codes: Collection[str]) -> dict[str, Record]:
        """In one statement."""
        if not record_codes:
            return {}
        found = frappe.db.sql(
            f"select {_RECORD_COLUMNS} from `tab{RECORD}` where name in %s", (tuple(record_codes),), as_dict=True
        )
        return {row.name: _record(row) for row in found}

    def in_force(self, keys: Collection[PageKey]) -> dict[PageKey, str]:
        """In one statement."""
        wanted = {active_key(key): key for key in keys}
        if not wanted:
            return {}
        found = frappe.db.sql(
            f"select active_key, name from `tab{RECORD}` where active_key in %s", (tuple(wanted),), as_dict=True
        )
        return {wanted[row.active_key]: row.name for row in found}

    def held(self, unit: str, school_year: str, after: str, limit: int) -> list[Record]:
        """By the index over unit, year and code."""
        found = frappe.db.sql(
            f"select {_RECORD_COLUMNS} from `tab{RECORD}` where unit = %s and school_year = %s and name > %s"
            " order by name limit %s",
            (unit, school_year, after, limit),
            as_dict=True,
        )
        return [_record(row) for row in found]

    def count_held(self, unit: str, school_year: str) -> int:
        """Recalled ones too."""
        return int(frappe.db.count(RECORD, {"unit": unit, "school_year": school_year}))

    def data(self, code: str) -> bytes:
        """The octets, compared with their hash."""
        from hocbaso_app.services.receiving import files

        return files.data(code)

    def next_numbers(self, count: int) -> Sequence[int]:
        """From a sequence, which no transaction holds up."""
        if not count:
            return []
        sequence = frappe.scrub(RECORD + NUMBERS)
        asked = " union all ".join([f"select nextval(`{sequence}`)"] * count)
        return [int(row[0]) for row in frappe.db.sql(asked)]

    def add_records(self, message: Message, records: Sequence[tuple[Record, Document]]) -> None:
        """In heaps that one statement carries."""
        office = office_above(message.unit, message.received_at)
        heap: list[Any] = []
        size = 0
        for record, document in records:
            row = _row_of(message, record, document, office)
            if heap and size + len(row.content) > HEAP:
                rows.insert(RECORD, heap)
                heap, size = [], 0
            heap.append(row)
            size += len(row.content)
        rows.insert(RECORD, heap)
        kept.keep((record.code, record.unit, office, document) for record, document in records)
        replaced = {d.record.general.replaces_code: r.code for r, d in records if d.record.general.replaces_code}
        rows.update_each(RECORD, "replaced_by", replaced)
        if replaced:
            published.forget()

    def recall(self, code: str, moment: str) -> None:
        """Its page is free for a successor."""
        values = {"status": RECALLED, "recalled_at": _desk(moment), "active_key": None}
        rows.update(RECORD, [code], {**values, "modified": now_datetime()})
        rows.forget([frappe._dict(doctype=RECORD, name=code)])
        published.forget()

    def recalled(self) -> dict[str, str]:
        """Code → moment."""
        found = frappe.db.sql(f"select name, recalled_at from `tab{RECORD}` where recalled_at is not null")
        return {name: convert.instant(get_datetime(moment)) for name, moment in found}

    def add_registration(self, row: Registration) -> None:
        """With what stands in the certificate, for the officer."""
        from hocbaso_app.services.receiving import registrations

        registrations.add(row)

    def registration(self, message_id: str) -> Registration | None:
        """Decided or not."""
        columns = ["unit", "serial_number", "sha256", "pem", "kind", "issuer", "status"]
        columns += ["decided_by", "decided_at", "note"]
        row = frappe.db.get_value(REGISTRATION, message_id, columns, as_dict=True)
        if row is None:
            return None
        status = next((s for s, label in _DECISIONS.items() if label == row.status), CertificateStatus.REFUSED)
        facts = (row.unit, row.serial_number, row.sha256, row.pem, row.kind, row.issuer, status)
        return Registration(message_id, *facts, row.decided_by or "", _instant(row.decided_at), row.note or "")

    def decide_registration(self, row: Registration) -> None:
        """With its entry in the trail."""
        doc = frappe.get_doc(REGISTRATION, row.message_id, for_update=True)
        doc.update({"status": _DECISIONS[row.status], "decided_by": row.decided_by, "note": row.note})
        doc.decided_at = _desk(row.decided_at)
        doc.flags.hbs_service = True
        doc.save(ignore_permissions=True)
        facts = {"status": doc.status, "serial": row.serial, "sha256": row.sha256, "note": row.note}
        audit.write("Decide about certificate", REGISTRATION, doc.name, row.unit, facts)

    def add_recalls(self, rows: Sequence[RecallRow]) -> None:
        """A case each."""
        for row in rows:
            values = {"message": row.message_id, "position": row.position, "unit": row.unit, "record_code": row.code}
            values |= {"received_record": row.code, "pupil_code": row.pupil, "full_name": row.name}
            values |= {"reason": row.reason, "requested_by": row.requested_by}
            doc = frappe.get_doc({"doctype": CASE, **values})
            doc.flags.hbs_service = True
            doc.insert(ignore_permissions=True)

    def recalls(self, message_id: str) -> list[RecallRow]:
        """In the order of the list."""
        found = frappe.db.sql(
            f"select c.*, r.sha256, r.citizen_id from `tab{CASE}` c join `tab{RECORD}` r on r.name = c.received_record"
            " where c.message = %s order by c.position",
            message_id,
            as_dict=True,
        )
        return [_recall(row) for row in found]

    def decide_recall(self, row: RecallRow) -> None:
        """A question to the school leaves the case undecided."""
        name = frappe.db.get_value(CASE, {"message": row.message_id, "position": row.position})
        doc = frappe.get_doc(CASE, name, for_update=True)
        status = {
            RecallStatus.PENDING: "More Asked",
            RecallStatus.APPROVED: "Approved",
            RecallStatus.REFUSED: "Refused",
        }
        doc.update({"status": status[row.status], "note": row.note, "decided_by": row.decided_by or None})
        doc.decided_at = _desk(row.decided_at) if row.decided_at else None
        doc.flags.hbs_service = True
        doc.save(ignore_permissions=True)


def active_key(key: PageKey) -> str:
    """Unique while the record is in force."""
    return "|".join(key)


def office_above(unit: str, moment: str) -> str | None:
    """The unit above a school on the day of a moment."""
    from hocbaso_app.services.units import history

    return history.parent_on(unit, read_instant(moment).date())


def _message(message_id: str, row: Any) -> Message:
    kind = next(kind for kind, label in KINDS.items() if label == row.kind)
    settled = row.status == SETTLED
    return Message(message_id, row.unit, kind, row.content_sha256, convert.instant(row.received_at), settled)


def _record(row: Any) -> Record:
    return Record(
        row.name,
        row.sha256,
        row.unit,
        row.pupil_code,
        row.school_year,
        row.page,
        str(row.issue_number),
        convert.instant(row.received_at),
        row.receipt_number,
        base64.b64decode(row.receipt),
        row.lookup_link,
        bool(row.late),
        _instant(row.recalled_at) or None,
        row.replaced_by or None,
    )


def _row_of(message: Message, record: Record, document: Document, office: str | None) -> Any:
    general = document.record.general
    return frappe._dict(
        name=record.code,
        unit=record.unit,
        office=office,
        message=message.message_id,
        school_year=record.school_year,
        grade=general.grade,
        class_name=general.class_name,
        pupil_code=record.pupil,
        citizen_id=general.citizen_id,
        full_name=general.full_name,
        page=record.page,
        issue_number=int(record.issue),
        sha256=record.sha256,
        size=len(document.data),
        content=base64.b64encode(document.data).decode(),
        received_at=_desk(record.received_at),
        receipt_number=record.number,
        receipt=base64.b64encode(record.receipt).decode(),
        lookup_link=record.link,
        late=int(record.late),
        status=ACTIVE,
        active_key=active_key(record.page_key),
    )


def _item(message: Message, place: int, answer: RecordAnswer) -> Any:
    accepted = int(answer.trang_thai == RecordStatus.APPROVED)
    return frappe._dict(
        name=f"{message.message_id}-{place}",
        message=message.message_id,
        position=place,
        unit=message.unit,
        record_code=answer.ma_tra_cuu_uuid,
        sha256=answer.sha256,
        accepted=accepted,
        late=int(accepted and answer.error == codes.ACCEPTED_LATE),
        code=answer.error,
        field=answer.error_field_title,
        description=answer.error_description,
        full_name=answer.ten_hoc_sinh,
        pupil_code=answer.ma_hoc_sinh,
        citizen_id=answer.so_cccd,
        already_received=answer.ma_da_tiep_nhan,
    )


def _answer(row: Any) -> RecordAnswer:
    status = RecordStatus.APPROVED if row.accepted else RecordStatus.REFUSED
    return RecordAnswer(
        row.pupil_code or "",
        row.full_name or "",
        row.citizen_id or "",
        row.record_code or "",
        status.value,
        row.code,
        row.field or "",
        row.description or "",
        row.sha256,
        row.receipt or "",
        row.lookup_link or "",
        row.already_received or "",
    )


def _recall(row: Any) -> RecallRow:
    return RecallRow(
        row.message,
        row.position,
        row.unit,
        row.record_code,
        row.sha256,
        row.pupil_code,
        row.full_name,
        row.citizen_id or "",
        row.reason,
        row.requested_by,
        _CASES[row.status],
        row.decided_by or "",
        _instant(row.decided_at),
        row.note or "",
    )


def _desk(moment: str) -> Any:
    return convert.desk_time(read_instant(moment))


def _instant(moment: Any) -> str:
    return convert.instant(get_datetime(moment)) if moment else ""
