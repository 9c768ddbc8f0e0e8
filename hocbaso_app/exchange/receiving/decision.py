"""What becomes of the valid records of one message, beside all that was received before."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from hocbaso_app.record.document import Document
from hocbaso_app.record.model import General
from hocbaso_app.record.times import VIETNAM, read_instant

from .. import codes, receipts
from ..codes import CodeSet
from ..transactions import RecordAnswer, RecordStatus
from .books import Message, PageKey, Record
from .office import Office


class Decisions:
    """Reads the books once for the whole message, decides record by record, writes once."""

    def __init__(self, office: Office, message: Message, documents: Sequence[Document]) -> None:
        """``documents``: the valid ones, in the order of the package."""
        self._office = office
        self._message = message
        generals = [document.record.general for document in documents]
        asked = {g.record_code for g in generals} | {g.replaces_code for g in generals if g.replaces_code}
        self._known = office.books.records(asked)
        self._in_force = office.books.in_force({page_key(g) for g in generals})
        self._numbers = iter(office.books.next_numbers(len(documents)))
        self._deadlines: dict[str, datetime | None] = {}
        self._new: list[tuple[Record, Document]] = []

    def decide(self, document: Document) -> RecordAnswer:
        """The answer for one valid record of the unit; an accepted one is remembered."""
        general = document.record.general
        known = self._known.get(general.record_code)
        if known is not None:
            return self._again(document, known)
        late = self._late(general)
        if late and self._office.refuse_late:
            return self._refused(document, codes.LATE, late)
        page = page_key(general)
        if page in self._in_force:
            return replace(self._refused(document, codes.NOT_RECALLED), ma_da_tiep_nhan=self._in_force[page])
        if general.replaces_code is not None:
            obstacle = self._obstacle(general, self._known.get(general.replaces_code))
            if obstacle:
                return self._refused(document, codes.NOT_RECALLED, obstacle)
        record = self._record(document, late=bool(late))
        self._new.append((record, document))
        self._known[record.code] = record
        self._in_force[page] = record.code
        return self._approved(document, record, codes.ACCEPTED_LATE if late else codes.ACCEPTED, late)

    def keep(self) -> None:
        """Write what was accepted."""
        if self._new:
            self._office.books.add_records(self._message, self._new)

    def _again(self, document: Document, known: Record) -> RecordAnswer:
        if known.sha256 != document.sha256:
            return self._refused(document, codes.CODE_USED)
        if known.recalled_at is not None:
            return self._refused(document, codes.RECALLED)
        return self._approved(document, known, codes.DUPLICATE, "Nộp muộn so với hạn." if known.late else "")

    def _obstacle(self, general: General, replaced: Record | None) -> str:
        """Why a record can't stand in the place of another one, which may come too early or out of order."""
        if replaced is None or replaced.pupil != general.pupil_code:
            return "Chưa tiếp nhận bản bị thay thế của học sinh này; hãy gửi các lần phát hành theo thứ tự."
        if replaced.recalled_at is None:
            return "Bản bị thay thế chưa được thu hồi."
        if replaced.replaced_by:
            return f"Bản bị thay thế đã được thay bằng {replaced.replaced_by}; hãy thu hồi bản đó trước."
        return ""

    def _late(self, general: General) -> str:
        """A sentence for a record that came after its deadline, else nothing."""
        year = general.school_year
        if year not in self._deadlines:
            self._deadlines[year] = self._office.deadline(self._message.unit, year)
        deadline, received = self._deadlines[year], read_instant(self._message.received_at)
        if deadline is None or received <= deadline:
            return ""
        return f"Hạn nộp: {_written(deadline)}; nhận lúc {_written(received)}."

    def _record(self, document: Document, *, late: bool) -> Record:
        office, general, moment = self._office, document.record.general, self._message.received_at
        code, digest = general.record_code, document.sha256
        number = f"HP-{general.start_year}-{next(self._numbers):07d}"
        link = f"{office.base_url}/tra-cuu/{code}"
        receipt = receipts.Receipt(
            number, code, general.issue_number, digest, general.school_code, moment, link, receipts.APPROVED
        )
        token = receipts.issue(receipt, office.key)
        pupil, year, page = page_key(general)
        unit, issue = general.school_code, general.issue_number
        return Record(code, digest, unit, pupil, year, page, issue, moment, number, token, link, late)

    def _refused(self, document: Document, code: str, detail: str = "") -> RecordAnswer:
        return answer_for(self._office.codes, document, RecordStatus.REFUSED, code, detail)

    def _approved(self, document: Document, record: Record, code: str, detail: str = "") -> RecordAnswer:
        answer = answer_for(self._office.codes, document, RecordStatus.APPROVED, code, detail)
        return replace(answer, bien_nhan=base64.b64encode(record.receipt).decode(), link_tra_cuu=record.link)


def page_key(general: General) -> PageKey:
    """Of this pupil, year and page only one record may be in force."""
    return (general.pupil_code, general.school_year, f"{general.page_kind} {general.from_date}")


def answer_for(
    known: CodeSet, document: Document | None, status: RecordStatus, code: str, detail: str = ""
) -> RecordAnswer:
    """One record's answer; whose it is can be said only when it could be read."""
    said = known.code(code)
    who = ("", "", "", "")
    if document is not None:
        g = document.record.general
        who = (g.pupil_code, g.full_name, g.citizen_id or "", g.record_code)
    field = said.field if status is RecordStatus.REFUSED else None
    return RecordAnswer(*who, status.value, code, field or "", f"{said.message_vi} {detail}".strip())


def _written(moment: datetime) -> str:
    return moment.astimezone(VIETNAM).strftime("%H:%M ngày %d/%m/%Y")
