"""Recalls: transactions 5 and 6 (CV 2088 II.2.6, II.2.7) and the officer's decision, record by record (III.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from hocbaso_app.record import canonical
from hocbaso_app.record.code_tables import table
from hocbaso_app.record.document import Document
from hocbaso_app.record.errors import FormatError

from .. import codes
from ..transactions import Answer, Kind, RecallItem, RecallStatus, RecordAnswer, record_list, to_json
from .answers import taken
from .books import RecallRow, Record
from .office import Office

_NAMES = tuple(f.name for f in fields(RecallItem))


class Recalls:
    """The book of recall requests."""

    def __init__(self, office: Office) -> None:
        """At one authority's desk."""
        self._office = office

    def request(self, unit: str, message_id: str, content: str, user: str) -> Answer:
        """Transaction 5: a list of records of the unit itself, each received and not yet recalled; all or nothing."""
        office = self._office
        message = office.message(message_id, unit, Kind.RECALL, content)
        with office.books.transaction():
            if office.seen(message):
                return taken(office.codes, message_id, codes.DUPLICATE)
            items = [self._read(octets) for octets in office.open_list_of(unit, content).items]
            asked = [item.MA_TRA_CUU_UUID for item in items]
            for code in asked:
                if asked.count(code) > 1:
                    raise office.refusal(codes.FIELD_WRONG, f"Học bạ {code} có hai lần trong danh sách.", "twice")
            known = office.books.records(asked)
            self._require_open(known)
            rows = []
            for position, item in enumerate(items):
                held = self._held(unit, item, known.get(item.MA_TRA_CUU_UUID))
                who = (item.HO_VA_TEN, item.SO_CCCD, item.LY_DO, user)
                rows.append(RecallRow(message_id, position, unit, held.code, held.sha256, held.pupil, *who))
            office.books.add_recalls(rows)
        return taken(office.codes, message_id, codes.ACCEPTED)

    def _read(self, octets: bytes) -> RecallItem:
        try:
            root = canonical.parse(octets)
        except FormatError as error:
            raise self._office.refusal(codes.CONTENT_UNREADABLE, error.message_vi, error.message_en) from error
        given = {str(e.tag): e.text or "" for e in root}
        if len(given) != len(root) or set(given) != set(_NAMES) or any(len(e) or e.attrib for e in root):
            raise self._office.refusal(codes.FIELD_WRONG, "Mục thu hồi thiếu, thừa hoặc lặp thẻ.", "recall item shape")
        if not given["LY_DO"].strip():
            raise self._office.refusal(codes.REASON_MISSING)
        return RecallItem(**given)

    def _held(self, unit: str, item: RecallItem, row: Record | None) -> Record:
        """The record that an entry means; what the entry says of the pupil must be what the record says."""
        office = self._office
        if row is None or row.unit != unit:
            raise office.refusal(codes.RECALL_UNKNOWN, f"Mã: {item.MA_TRA_CUU_UUID}.", item.MA_TRA_CUU_UUID)
        if row.recalled_at is not None:
            raise office.refusal(codes.RECALLED, f"Mã: {item.MA_TRA_CUU_UUID}.", item.MA_TRA_CUU_UUID)
        g = Document.parse(office.books.data(row.code)).record.general
        expected = {
            "HO_VA_TEN": {g.full_name},
            "GIOI_TINH": {g.gender, table("genders").label(g.gender)},
            "NGAY_SINH": {g.birth_date, "/".join(reversed(g.birth_date.split("-")))},
            "SO_CCCD": {g.citizen_id or ""},
            "TEN_TRUONG": {g.school_name},
            "MA_TRUONG": {g.school_code},
            "TEN_NAM_HOC": {g.school_year},
        }
        different = [name for name, allowed in expected.items() if getattr(item, name) not in allowed]
        if different:
            raise office.refusal(codes.RECALL_MISMATCH, f"Khác: {', '.join(different)}.", ", ".join(different))
        return row

    def _require_open(self, known: Mapping[str, Record]) -> None:
        """Refuses records of a school year whose data are final by now."""
        for year in sorted({row.school_year for row in known.values()}):
            closed = self._office.recalls_closed(year)
            if closed:
                raise self._office.refusal(codes.RECALL_CLOSED, closed, year)

    def ask_more(self, message_id: str, code: str, *, by: str, question: str) -> None:
        """The officer wants to know more before he decides; transaction 6 carries the question (ours)."""
        office = self._office
        with office.books.transaction():
            row = self._undecided(message_id, code)
            if row.requested_by == by:
                raise office.refusal(codes.OWN_REQUEST)
            if not question.strip():
                raise office.refusal(codes.REASON_MISSING)
            office.books.decide_recall(replace(row, note=question.strip()))

    def _undecided(self, message_id: str, code: str) -> RecallRow:
        row = next((row for row in self._office.books.recalls(message_id) if row.code == code), None)
        if row is None or row.status is not RecallStatus.PENDING:
            raise self._office.refusal(codes.NOTHING_TO_DECIDE)
        return row

    def decide(self, message_id: str, code: str, *, approve: bool, by: str, note: str) -> None:
        """Approve or refuse one record of a recall list, with a note for a refusal; never by the requester."""
        office = self._office
        with office.books.transaction():
            row = self._undecided(message_id, code)
            if row.requested_by == by:
                raise office.refusal(codes.OWN_REQUEST)
            if not approve and not note.strip():
                raise office.refusal(codes.REASON_MISSING)
            if approve and office.books.records([code])[code].recalled_at is not None:
                raise office.refusal(codes.RECALLED)
            moment = office.now()
            status = RecallStatus.APPROVED if approve else RecallStatus.REFUSED
            office.books.decide_recall(replace(row, status=status, decided_by=by, decided_at=moment, note=note))
            if approve:
                office.books.recall(code, moment)

    def query(self, unit: str, message_id: str) -> dict[str, Any]:
        """Transaction 6."""
        office = self._office
        office.known(unit, message_id, Kind.RECALL)
        answers = [to_json(self._answer(row)) for row in office.books.recalls(message_id)]
        return record_list(message_id, answers, codes.ACCEPTED)

    def _answer(self, row: RecallRow) -> RecordAnswer:
        said = self._office.codes.code(
            {
                RecallStatus.PENDING: codes.PENDING,
                RecallStatus.APPROVED: codes.ACCEPTED,
                RecallStatus.REFUSED: codes.RECALL_REFUSED,
            }[row.status]
        )
        field = (said.field or "") if row.status is RecallStatus.REFUSED else ""
        description = f"{said.message_vi} {row.note}".strip()
        who = (row.pupil, row.name, row.citizen_id, row.code)
        return RecordAnswer(*who, row.status.value, said.code, field, description, row.sha256)
