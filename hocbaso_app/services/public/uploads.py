"""A file that somebody hands in is verified by the core and compared with the books; nothing of it is kept.

Values of the file are shown only when its signatures prove them: who has the file has them
already. The books are asked only then too, so a made-up file tells nothing about a code.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from hocbaso_app.services import trust
from hocbaso_app.services.public import codes, guard
from hocbaso_app.signing.report import Check

if TYPE_CHECKING:
    from hocbaso_app.record.document import Document
    from hocbaso_app.signing.report import RecordReport

MOST_BYTES = 4 << 20
GENUINE, RECALLED, NOT_RECEIVED, OTHER_FILE = "genuine", "recalled", "not-received", "other-file"
OPEN, INVALID, UNREADABLE = "open", "invalid", "unreadable"
TITLES = {
    GENUINE: "Học bạ thật, đang lưu hành",
    RECALLED: "Học bạ này ĐÃ BỊ THU HỒI",
    NOT_RECEIVED: "Chữ ký đúng, nhưng cơ quan này chưa tiếp nhận học bạ",
    OTHER_FILE: "Chữ ký đúng, nhưng KHÔNG phải bản đã được tiếp nhận",
    OPEN: "Chưa kết luận được",
    INVALID: "KHÔNG phải học bạ số hợp lệ",
    UNREADABLE: "Không đọc được tệp này",
}
_EXPLAINED = {
    GENUINE: "Tệp này giống hệt bản mà cơ quan quản lý giáo dục đã tiếp nhận; mọi chữ ký số đều đúng. "
    "Hãy so bản giấy với các dòng dưới đây.",
    RECALLED: "Chữ ký số vẫn đúng nhưng học bạ không còn giá trị. Hãy hỏi nhà trường để nhận bản mới.",
    NOT_RECEIVED: "Nhà trường có thể chưa gửi, hoặc học bạ thuộc tỉnh, thành phố khác. Hãy hỏi nơi cấp.",
    OTHER_FILE: "Dưới mã này cơ quan quản lý giữ một tệp khác. Đừng dùng tệp này; hãy hỏi nhà trường.",
    OPEN: "Có chữ ký mà máy chủ chưa đủ căn cứ để xác nhận. Điều đó không có nghĩa là học bạ giả; hãy hỏi nhà trường.",
    INVALID: "Tệp đã bị sửa, thiếu chữ ký, hoặc không do một trường được phê duyệt phát hành. "
    "Đừng dùng tệp này; hãy xin lại tệp gốc từ nhà trường.",
    UNREADABLE: "Hãy chọn tệp gốc hoc-ba.xml, tệp JSON, hoặc bản in PDF lấy từ nhà trường.",
}
_FAILED = {
    Check.FORM.value: "Tệp không đúng thể thức của học bạ số.",
    Check.CONTENT.value: "Nội dung thiếu hoặc trái quy tắc đánh giá học sinh.",
    Check.PRESENCE.value: "Thiếu chữ ký của người phải ký.",
    Check.ENTITLEMENT.value: "Có chữ ký không phải của người phải ký, hoặc trường chưa được phê duyệt chứng thư số.",
    Check.VALIDITY.value: "Có chữ ký không khớp với nội dung, hoặc chứng thư số không xác minh được.",
    Check.ENVIRONMENT.value: "Học bạ thử nghiệm và học bạ thật bị lẫn với nhau.",
}


@dataclass(frozen=True)
class Report:
    """For who handed the file in. ``facts`` and ``signed``: label and value, only from verified bytes."""

    result: str
    title: str
    explained: str
    sha256: str = ""
    practice: bool = False
    facts: tuple[tuple[str, str], ...] = ()
    signed: tuple[tuple[str, str], ...] = ()
    reasons: tuple[str, ...] = ()
    received_at: str = ""
    recalled_at: str = ""
    replaced_by: str = ""

    def to_json(self) -> dict[str, Any]:
        """JSON-ready, without what is empty; ``facts`` and ``signed`` as objects."""
        found = {name: value for name, value in asdict(self).items() if value}
        for name in ("facts", "signed"):
            if name in found:
                found[name] = dict(found[name])
        return found


def look_at(address: str, data: bytes) -> Report:
    """The report on one file; :class:`guard.TooOften` when this address, or everybody, hands in too many."""
    guard.take_file(address)
    try:
        octets = original_of(data)
    except ValueError as error:
        return said(UNREADABLE, reasons=(str(error),))
    from hocbaso_app.services.long_term import book
    from hocbaso_app.signing.verify import verify

    result = verify(octets, trust.store(), evidence=book.beside(hashlib.sha256(octets).hexdigest()))
    if result.unreadable:
        return said(UNREADABLE, sha256=result.report.sha256, reasons=_reasons(result.report))
    if not result.valid:
        outcome = OPEN if result.report.conclusion.value == "INDETERMINATE" else INVALID
        return said(outcome, sha256=result.report.sha256, reasons=_reasons(result.report))
    return _against_books(result.document, result.report)


def original_of(data: bytes) -> bytes:
    """The record's own octets: of XML themselves, of our JSON converted back, of a printed PDF what is inside it."""
    if not data:
        raise ValueError("Tệp rỗng.")
    if len(data) > MOST_BYTES:
        raise ValueError("Tệp lớn hơn 4 MB; một học bạ số nhỏ hơn nhiều.")
    if data[:5] == b"%PDF-":
        return _inside(data)
    if data.lstrip()[:1] == b"{":
        from hocbaso_app.record.errors import HocBaSoError
        from hocbaso_app.record.json_codec import from_json

        try:
            return from_json(data.decode("utf-8", "replace"))
        except HocBaSoError as error:
            raise ValueError(error.message_vi) from error
    return data


def _inside(pdf: bytes) -> bytes:
    from pikepdf import PdfError

    from hocbaso_app.print_formats.pdfa import original

    try:
        found = original(pdf)
    except (KeyError, PdfError, ValueError, RuntimeError) as error:
        raise ValueError(
            "Tệp PDF này không có học bạ số bên trong (bản quét, bản chụp không kiểm tra được)."
        ) from error
    if len(found) > MOST_BYTES:
        raise ValueError("Tệp bên trong PDF lớn hơn 4 MB.")
    return found


def _against_books(document: Document, report: RecordReport) -> Report:
    general = document.record.general
    row = codes.row_of(general.record_code)
    shown = {
        "sha256": document.sha256,
        "practice": general.practice == "1",
        "facts": facts_of(document),
        "signed": tuple(
            (s.role, f"{s.signer or s.expected_signer}, {_day(s.claimed_time)}") for s in report.signatures
        ),
    }
    if row is None:
        return said(NOT_RECEIVED, **shown)
    if row.sha256 != document.sha256:
        return said(OTHER_FILE, **shown)
    found = codes.of_code(row.name)
    standing = {"received_at": codes.moment_of(row.received_at), "recalled_at": found.recalled_at}
    outcome = RECALLED if found.recalled_at else GENUINE
    return said(outcome, **shown, **standing, replaced_by=found.replaced_by)


def facts_of(document: Document) -> tuple[tuple[str, str], ...]:
    """What one compares with the paper in one's hand; no numbers of persons, no address, no marks."""
    record = document.record
    general, summary = record.general, record.summary
    page = "Giữa năm (chuyển trường)" if general.page_kind == "GIUA_NAM" else "Cả năm"
    rows = (
        ("Học sinh", general.full_name),
        ("Trường", general.school_name),
        ("Lớp", general.class_name),
        ("Năm học", general.school_year),
        ("Loại học bạ", page),
        ("Kết quả giáo dục", summary.overall_result or ""),
        ("Lần phát hành", general.issue_number),
        ("Mã tra cứu", general.record_code),
    )
    return tuple((label, value) for label, value in rows if value)


def _reasons(report: RecordReport) -> tuple[str, ...]:
    """Which checks failed, in plain words and without values of the file."""
    return tuple(_FAILED[check.value] for check in Check if not report.check_passed(check))


def _day(moment: str | None) -> str:
    from hocbaso_app.record.times import VIETNAM, read_instant

    return read_instant(moment).astimezone(VIETNAM).strftime("%d/%m/%Y") if moment else ""


def said(outcome: str, **more: Any) -> Report:
    """A report in the words of its outcome."""
    return Report(outcome, TITLES[outcome], _EXPLAINED[outcome], **more)
