"""Records of schools: transactions 1 and 2 (CV 2088 II.2.2, II.2.3), each record verified and answered for itself."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from typing import Any

from hocbaso_app.record.document import Document
from hocbaso_app.signing.report import Indication
from hocbaso_app.signing.verify import Verification, verify

from .. import codes, receipts
from ..transactions import Answer, Kind, RecordAnswer, RecordStatus, record_list, to_json
from .answers import taken
from .office import Office


class Submissions:
    """The book of records."""

    def __init__(self, office: Office) -> None:
        """At one authority's desk."""
        self._office = office

    def submit(self, unit: str, message_id: str, content: str) -> Answer:
        """Transaction 1: all outcomes are stored in one transaction; the same message again changes nothing."""
        office = self._office
        with office.store.transaction():
            if office.seen(message_id, unit, Kind.SUBMIT, content):
                return taken(office.codes, message_id, codes.DUPLICATE)
            for position, data in enumerate(office.open_list_of(unit, content).items):
                answer = replace(self._receive(unit, data), sha256=hashlib.sha256(data).hexdigest())
                outcome = json.dumps(to_json(answer), ensure_ascii=False)
                office.store.run("INSERT INTO outcome VALUES (?, ?, ?)", message_id, position, outcome)
        return taken(office.codes, message_id, codes.ACCEPTED)

    def query(self, unit: str, message_id: str) -> dict[str, Any]:
        """Transaction 2: answers in the order of the package."""
        office = self._office
        if not office.knows(unit, message_id, Kind.SUBMIT):
            raise office.refusal(codes.MESSAGE_UNKNOWN)
        rows = office.store.all("SELECT answer FROM outcome WHERE message_id = ? ORDER BY position", message_id)
        return record_list(message_id, [json.loads(row["answer"]) for row in rows], codes.ACCEPTED)

    def _receive(self, unit: str, data: bytes) -> RecordAnswer:
        office = self._office
        verification = verify(data, office.trust, at=office.clock())
        if verification.parsed is None:
            return self._refused(None, codes.RECORD_INVALID, _first_problem(verification))
        document = verification.parsed
        general = document.record.general
        if not verification.valid:
            return self._refused(document, codes.RECORD_INVALID, _first_problem(verification))
        if general.school_code != unit:
            return self._refused(document, codes.OTHER_UNIT)
        known = office.store.one("SELECT * FROM record WHERE code = ?", general.record_code)
        if known is not None and known["sha256"] != document.sha256:
            return self._refused(document, codes.CODE_USED)
        if known is not None and known["recalled_at"] is not None:
            return self._refused(document, codes.RECALLED)
        if known is not None:
            return self._approved(document, known, codes.DUPLICATE)
        page = f"{general.page_kind} {general.from_date}"
        active = office.store.one(
            "SELECT code FROM record WHERE pupil = ? AND year = ? AND page = ? AND recalled_at IS NULL",
            general.pupil_code,
            general.school_year,
            page,
        )
        if active is not None:
            return replace(self._refused(document, codes.NOT_RECALLED), ma_da_tiep_nhan=active["code"])
        if general.replaces_code is not None:
            replaced = office.store.one("SELECT * FROM record WHERE code = ?", general.replaces_code)
            if replaced is None or replaced["recalled_at"] is None or replaced["pupil"] != general.pupil_code:
                return self._refused(document, codes.NOT_RECALLED, "Bản bị thay thế chưa được thu hồi.")
        return self._approved(document, self._keep(document, page), codes.ACCEPTED)

    def _keep(self, document: Document, page: str) -> dict[str, Any]:
        office, general = self._office, document.record.general
        moment = office.now()
        count = office.store.all("SELECT COUNT(*) AS n FROM record")[0]["n"]
        number = f"HP-{general.start_year}-{count + 1:07d}"
        link = f"{office.base_url}/tra-cuu/{general.record_code}"
        code, issue = general.record_code, general.issue_number
        receipt = receipts.Receipt(
            number, code, issue, document.sha256, general.school_code, moment, link, receipts.APPROVED
        )
        row = {
            "code": code,
            "sha256": document.sha256,
            "data": document.data,
            "school": general.school_code,
            "pupil": general.pupil_code,
            "year": general.school_year,
            "page": page,
            "issue": issue,
            "received_at": moment,
            "number": number,
            "receipt": receipts.issue(receipt, office.key),
            "link": link,
        }
        office.store.run(f"INSERT INTO record ({','.join(row)}) VALUES ({','.join('?' * len(row))})", *row.values())
        if general.replaces_code:
            office.store.run("UPDATE record SET replaced_by = ? WHERE code = ?", code, general.replaces_code)
        return row

    def _refused(self, document: Document | None, code: str, detail: str = "") -> RecordAnswer:
        return self._answer(document, RecordStatus.REFUSED, code, detail)

    def _approved(self, document: Document, row: dict[str, Any], code: str) -> RecordAnswer:
        token = base64.b64encode(row["receipt"]).decode()
        return replace(self._answer(document, RecordStatus.APPROVED, code), bien_nhan=token, link_tra_cuu=row["link"])

    def _answer(self, document: Document | None, status: RecordStatus, code: str, detail: str = "") -> RecordAnswer:
        said = self._office.codes.code(code)
        who = ("", "", "", "")
        if document is not None:
            g = document.record.general
            who = (g.pupil_code, g.full_name, g.citizen_id or "", g.record_code)
        field = said.field if status is RecordStatus.REFUSED else None
        return RecordAnswer(*who, status.value, code, field or "", f"{said.message_vi} {detail}".strip())


def _first_problem(verification: Verification) -> str:
    for finding in verification.report.findings:
        return f"{finding.code} {finding.where or ''}: {finding.message_vi}"
    worst = next(s for s in verification.report.signatures if s.indication is not Indication.PASSED)
    return f"{worst.sub_indication or worst.indication.value} {worst.slot}: {worst.message_vi}"
