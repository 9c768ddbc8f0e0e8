"""What the portal does with each transaction, apart from HTTP."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from lxml import etree

from hocbaso_app.record.document import Document
from hocbaso_app.signing.certificate import SigningCertificate
from hocbaso_app.signing.keys import KeySource
from hocbaso_app.signing.report import Indication
from hocbaso_app.signing.times import write_instant
from hocbaso_app.signing.trust import RegisteredSchool, TrustStore, approved, write_registry
from hocbaso_app.signing.verify import Verification, verify

from .. import receipts, status_list
from ..client import NOT_KNOWN
from ..errors import PackageError, RefusedError
from ..package import Package, unpack
from ..transactions import Answer, CertificateAnswer, Kind, RecallStatus, RecordAnswer, RecordStatus, to_json
from .store import Store


class Portal:
    """The receiving side of one authority. ``schools``: unit code → (name, tax code) of those it may take from."""

    def __init__(
        self,
        store: Store,
        trust_folder: Path,
        key: KeySource,
        schools: dict[str, tuple[str, str]],
        clock: Callable[[], datetime],
        base_url: str = "",
    ) -> None:
        """``key`` is the authority's own: it seals receipts, status list and registry."""
        self.store = store
        self.base_url = base_url
        self._folder = trust_folder
        self._key = key
        self._schools = schools
        self._clock = clock
        self.trust = TrustStore.load(trust_folder, at=clock())

    def register_certificate(self, unit: str, message_id: str, body: dict[str, Any]) -> Answer:
        """Transaction 3: the content must be signed by the certificate's own key."""
        if unit not in self._schools:
            raise RefusedError("DON_VI_LA", "Đơn vị không có trong danh sách.", "unknown unit")
        try:
            certificate = SigningCertificate.of(x509.load_pem_x509_certificate(str(body["chung_thu"]).encode()))
            package = unpack(str(body["content"]))
        except (KeyError, ValueError) as error:
            raise RefusedError("CHUNG_THU_HONG", "Không đọc được chứng thư số.", str(error)) from error
        if package.signer.sha256 != certificate.sha256:
            raise RefusedError("CHUNG_THU_KHAC", "Yêu cầu không được ký bằng chính chứng thư số đó.", "no possession")
        with self.store.transaction():
            self.store.run(
                "INSERT OR IGNORE INTO certificate (message_id, unit, serial, sha256, pem, kind, issuer)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                message_id,
                unit,
                certificate.info.serial,
                certificate.sha256,
                body["chung_thu"],
                str(body.get("ma_kieu_chu_ky", "")),
                str(body.get("nha_phat_hanh", "")),
            )
        return _taken(message_id)

    def decide_certificate(self, message_id: str, *, approve: bool, note: str = "") -> None:
        """Approve (checks chain and tax code first) or refuse; an approval goes into the signed registry at once."""
        row = self.store.one("SELECT * FROM certificate WHERE message_id = ?", message_id)
        if row is None:
            raise RefusedError(NOT_KNOWN, "Không có yêu cầu đăng ký này.", "unknown registration")
        now = self._clock()
        certificate = x509.load_pem_x509_certificate(row["pem"].encode())
        name, tax = self._schools[row["unit"]]
        if approve:
            path = self.trust.paths.check(certificate, now)
            if not path.ok or SigningCertificate.of(certificate).tax_code != tax:
                approve, note = (
                    False,
                    note or f"Chứng thư số không phải của đơn vị hoặc không tin cậy. {path.message_vi}",
                )
        with self.store.transaction():
            self.store.run(
                "UPDATE certificate SET status = ?, note = ? WHERE message_id = ?", int(approve), note, message_id
            )
            if approve:
                self._put_in_registry(RegisteredSchool(row["unit"], name, tax, (approved(certificate, now),)))

    def _put_in_registry(self, school: RegisteredSchool) -> None:
        registry = self.trust.registry
        known = registry.school(school.school_code)
        if known is not None:
            school = replace(school, certificates=(*known.certificates, *school.certificates))
        others = tuple(s for s in registry.schools if s.school_code != school.school_code)
        issued_at = write_instant(self._clock())
        write_registry(self._folder, replace(registry, schools=(*others, school), issued_at=issued_at), self._key)
        self.trust = TrustStore.load(self._folder, at=self._clock())

    def query_certificate(self, unit: str, message_id: str) -> dict[str, Any]:
        """Transaction 4. ``trang_thai_phe_duyet`` is 2 (ours) while undecided."""
        row = self.store.one("SELECT * FROM certificate WHERE message_id = ? AND unit = ?", message_id, unit)
        if row is None:
            return to_json(CertificateAnswer(message_id, unit, "", 0, NOT_KNOWN, "", "Không có yêu cầu này."))
        status = 2 if row["status"] is None else row["status"]
        return to_json(CertificateAnswer(message_id, unit, row["serial"], status, "", "", row["note"]))

    def submit(self, unit: str, message_id: str, content: str) -> Answer:
        """Transaction 1: all outcomes are stored in one transaction; the same message again changes nothing."""
        if self.store.one("SELECT 1 FROM message WHERE message_id = ?", message_id):
            return _taken(message_id)
        package = self._open(unit, content)
        with self.store.transaction():
            self._remember(message_id, unit, Kind.SUBMIT)
            for position, data in enumerate(package.items):
                answer = json.dumps(to_json(self._receive(unit, data)), ensure_ascii=False)
                self.store.run("INSERT INTO outcome VALUES (?, ?, ?)", message_id, position, answer)
        return _taken(message_id)

    def _open(self, unit: str, content: str) -> Package:
        try:
            package = unpack(content)
        except PackageError as error:
            raise RefusedError(error.code, error.message_vi, error.message_en) from error
        school = self.trust.registry.school(unit)
        allowed = {c.sha256 for c in school.certificates if c.approved_for(self._clock())} if school else set()
        if package.signer.sha256 not in allowed:
            raise RefusedError(
                "CHUNG_THU_CHUA_DUYET",
                "Chứng thư số ký gói dữ liệu chưa được Sở/Phòng phê duyệt cho đơn vị này.",
                "the list signer's certificate is not approved for the unit",
            )
        path = self.trust.paths.check(package.signer.x509, self._clock())
        if not path.ok:
            raise RefusedError("CHUNG_THU_KHONG_HOP_LE", path.message_vi, path.message_en)
        return package

    def _remember(self, message_id: str, unit: str, kind: Kind) -> None:
        moment = write_instant(self._clock())
        self.store.run("INSERT INTO message VALUES (?, ?, ?, ?)", message_id, unit, kind.value, moment)

    def _receive(self, unit: str, data: bytes) -> RecordAnswer:
        verification = verify(data, self.trust, at=self._clock())
        if verification.parsed is None:
            finding = verification.report.findings[0]
            return RecordAnswer("", "", "", "", RecordStatus.REFUSED, finding.code, "", finding.message_vi)
        document = verification.parsed
        general = document.record.general
        if not verification.valid:
            return _refused(document, *_first_problem(verification))
        if general.school_code != unit:
            return _refused(document, "SAI_DON_VI", "MA_TRUONG", "Học bạ của trường khác.")
        known = self.store.one("SELECT * FROM record WHERE code = ?", general.record_code)
        if known is not None:
            if known["sha256"] == document.sha256 and known["recalled_at"] is None:
                return _approved(document, known)
            return _refused(document, "TRUNG_MA", "MA_TRA_CUU_UUID", "Mã học bạ đã được dùng cho bản khác.")
        page = f"{general.page_kind} {general.from_date}"
        active = self.store.one(
            "SELECT code FROM record WHERE pupil = ? AND year = ? AND page = ? AND recalled_at IS NULL",
            general.pupil_code,
            general.school_year,
            page,
        )
        if active is not None:
            refusal = _refused(document, "TRUNG_HOC_SINH", "MA_HOC_SINH", "Học sinh đã có học bạ đang lưu hành.")
            return replace(refusal, ma_da_tiep_nhan=active["code"])
        if general.replaces_code is not None:
            replaced = self.store.one("SELECT * FROM record WHERE code = ?", general.replaces_code)
            if replaced is None or replaced["recalled_at"] is None or replaced["pupil"] != general.pupil_code:
                return _refused(document, "CHUA_THU_HOI", "MA_BI_THAY_THE", "Bản bị thay thế chưa được thu hồi.")
        return _approved(document, self._keep(document, page))

    def _keep(self, document: Document, page: str) -> dict[str, Any]:
        general = document.record.general
        moment = write_instant(self._clock())
        count = self.store.all("SELECT COUNT(*) AS n FROM record")[0]["n"]
        number = f"HP-{general.start_year}-{count + 1:07d}"
        link = f"{self.base_url}/tra-cuu/{general.record_code}"
        code, issue = general.record_code, general.issue_number
        receipt = receipts.Receipt(number, code, issue, document.sha256, general.school_code, moment, link)
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
            "receipt": receipts.issue(receipt, self._key),
            "link": link,
        }
        self.store.run(f"INSERT INTO record ({','.join(row)}) VALUES ({','.join('?' * len(row))})", *row.values())
        if general.replaces_code:
            self.store.run("UPDATE record SET replaced_by = ? WHERE code = ?", code, general.replaces_code)
        return row

    def query_submission(self, unit: str, message_id: str) -> dict[str, Any]:
        """Transaction 2."""
        if not self._knows(unit, message_id, Kind.SUBMIT):
            return _unknown(message_id)
        rows = self.store.all("SELECT answer FROM outcome WHERE message_id = ? ORDER BY position", message_id)
        return {"MessageId": message_id, "Error": "0", "danh_sach": [json.loads(row["answer"]) for row in rows]}

    def request_recall(self, unit: str, message_id: str, content: str, user: str) -> Answer:
        """Transaction 5: a list of records of the unit itself, each received and not yet recalled."""
        if self.store.one("SELECT 1 FROM message WHERE message_id = ?", message_id):
            return _taken(message_id)
        package = self._open(unit, content)
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        with self.store.transaction():
            self._remember(message_id, unit, Kind.RECALL)
            for position, octets in enumerate(package.items):
                item = {str(e.tag): e.text or "" for e in etree.fromstring(octets, parser)}
                code = item.get("MA_TRA_CUU_UUID", "")
                row = self.store.one("SELECT * FROM record WHERE code = ? AND school = ?", code, unit)
                if row is None or row["recalled_at"] is not None or not item.get("LY_DO"):
                    raise RefusedError(
                        "KHONG_THU_HOI_DUOC",
                        f"Học bạ {code} không phải của trường, chưa được tiếp nhận, đã thu hồi, hoặc thiếu lí do.",
                        "a recall list may hold only received records of the unit, with a reason",
                    )
                self.store.run(
                    "INSERT INTO recall"
                    " (message_id, position, code, pupil, name, citizen_id, reason, requested_by, status)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    message_id,
                    position,
                    code,
                    row["pupil"],
                    item.get("HO_VA_TEN", ""),
                    item.get("SO_CCCD", ""),
                    item["LY_DO"],
                    user,
                    RecallStatus.PENDING.value,
                )
        return _taken(message_id)

    def decide_recall(self, message_id: str, code: str, *, approve: bool, by: str, note: str = "") -> None:
        """Approve or refuse one record of a recall list, with a note for a refusal; never by the requester."""
        with self.store.transaction():
            row = self.store.one("SELECT * FROM recall WHERE message_id = ? AND code = ?", message_id, code)
            if row is None or row["status"] != RecallStatus.PENDING:
                raise RefusedError(NOT_KNOWN, "Không có yêu cầu thu hồi đang chờ cho học bạ này.", "nothing to decide")
            if row["requested_by"] == by:
                raise RefusedError("TU_DUYET", "Người đề nghị không được tự phê duyệt.", "requester may not decide")
            if not approve and not note:
                raise RefusedError("THIEU_LI_DO", "Từ chối thu hồi phải nêu lí do.", "a refusal needs a reason")
            moment = write_instant(self._clock())
            status = RecallStatus.APPROVED if approve else RecallStatus.REFUSED
            self.store.run(
                "UPDATE recall SET status = ?, decided_by = ?, decided_at = ?, note = ?"
                " WHERE message_id = ? AND code = ?",
                status.value,
                by,
                moment,
                note,
                message_id,
                code,
            )
            if approve:
                self.store.run("UPDATE record SET recalled_at = ? WHERE code = ?", moment, code)

    def query_recall(self, unit: str, message_id: str) -> dict[str, Any]:
        """Transaction 6."""
        if not self._knows(unit, message_id, Kind.RECALL):
            return _unknown(message_id)
        rows = self.store.all("SELECT * FROM recall WHERE message_id = ? ORDER BY position", message_id)
        answers = [
            to_json(RecordAnswer(r["pupil"], r["name"], r["citizen_id"], r["code"], r["status"], "", "", r["note"]))
            for r in rows
        ]
        return {"MessageId": message_id, "Error": "0", "danh_sach": answers}

    def look_up(self, code: str) -> dict[str, str]:
        """What anyone may know of a code: genuine, recalled or unknown; no personal data."""
        row = self.store.one("SELECT * FROM record WHERE code = ?", code)
        if row is None:
            return {"status": "unknown"}
        if row["recalled_at"]:
            return {"status": "recalled", "recalled_at": row["recalled_at"], "replaced_by": row["replaced_by"] or ""}
        return {"status": "genuine", "sha256": row["sha256"], "issue": row["issue"], "received_at": row["received_at"]}

    def status_list(self) -> bytes:
        """The signed public list of recalled codes."""
        rows = self.store.all("SELECT code, recalled_at FROM record WHERE recalled_at IS NOT NULL")
        return status_list.issue({r["code"]: r["recalled_at"] for r in rows}, self._key, self._clock())

    def _knows(self, unit: str, message_id: str, kind: Kind) -> bool:
        query = "SELECT 1 FROM message WHERE message_id = ? AND unit = ? AND kind = ?"
        return self.store.one(query, message_id, unit, kind.value) is not None


def _taken(message_id: str) -> Answer:
    return Answer(message_id, "0", "Thành công", "DA_NHAN", "Đã nhận gói tin; hãy truy vấn kết quả.")


def _unknown(message_id: str) -> dict[str, Any]:
    return {"MessageId": message_id, "Error": NOT_KNOWN, "ErrorDescription": "Chưa nhận gói tin này.", "danh_sach": []}


def _answer(document: Document, status: RecordStatus, **more: str) -> RecordAnswer:
    g = document.record.general
    return RecordAnswer(g.pupil_code, g.full_name, g.citizen_id or "", g.record_code, status.value, **more)


def _refused(document: Document, code: str, where: str, why: str) -> RecordAnswer:
    return _answer(document, RecordStatus.REFUSED, error=code, error_field_title=where, error_description=why)


def _approved(document: Document, row: dict[str, Any]) -> RecordAnswer:
    token = base64.b64encode(row["receipt"]).decode()
    return _answer(document, RecordStatus.APPROVED, bien_nhan=token, link_tra_cuu=row["link"])


def _first_problem(verification: Verification) -> tuple[str, str, str]:
    for finding in verification.report.findings:
        return finding.code, finding.where or "", finding.message_vi
    worst = next(s for s in verification.report.signatures if s.indication is not Indication.PASSED)
    return worst.sub_indication or worst.indication.value, worst.slot, worst.message_vi
