"""What a print may be used for (QĐ Đ4.k3), and the watermarks that say what it is not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from hocbaso_app.record.document import Document
from hocbaso_app.record.errors import HocBaSoError

if TYPE_CHECKING:
    from hocbaso_app.signing.verify import Verification

NOT_A_REPLACEMENT = "Bản in/bản thể hiện này không có giá trị thay thế bản điện tử gốc của học bạ số."
"""The line of QĐ Đ4.k4 on every page."""

PRACTICE = "THỬ NGHIỆM – KHÔNG CÓ GIÁ TRỊ"
UNVERIFIED = "CHƯA XÁC THỰC CHỮ KÝ"
INVALID = "CHỮ KÝ KHÔNG HỢP LỆ"
UNDECIDED = "CHƯA KẾT LUẬN ĐƯỢC CHỮ KÝ"
NOT_RELEASED = "CHƯA PHÁT HÀNH"
STATE_MARKS = {"draft": "BẢN NHÁP", "recalled": "ĐÃ THU HỒI", "replaced": "ĐÃ ĐƯỢC THAY THẾ"}


class PrintRefused(HocBaSoError):  # noqa: N818  (says what happened)
    """This print may not carry the mark that was asked for."""


class PrintKind(str, Enum):
    """Kinds of QĐ Đ4.k3; the text leaves open whether a and b are both needed, hence ``BOTH``."""

    WITH_ORIGINAL = "a"
    CONFIRMED = "b"
    BOTH = "ab"
    INFORMATION = "information"

    @property
    def needs_confirmation(self) -> bool:
        """Whether the principal's paper confirmation must exist."""
        return self in (PrintKind.CONFIRMED, PrintKind.BOTH)


KIND_TEXTS = {
    PrintKind.WITH_ORIGINAL: "Bản in kèm theo bản gốc học bạ số có ký số (điểm a khoản 3 Điều 4 Quy chế)",
    PrintKind.CONFIRMED: "Bản in được Hiệu trưởng xác nhận nội dung (điểm b khoản 3 Điều 4 Quy chế)",
    PrintKind.BOTH: "Bản in kèm theo bản gốc có ký số và được Hiệu trưởng xác nhận (điểm a, b khoản 3 Điều 4 Quy chế)",
    PrintKind.INFORMATION: "Bản in để theo dõi, tham khảo; không dùng để thực hiện giao dịch",
}


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The principal's paper confirmation in the register of confirmed prints (QĐ Đ4.k3.b); ``date`` is YYYY-MM-DD."""

    serial: str
    date: str
    principal_name: str
    principal_title: str = "Hiệu trưởng"


def is_verified(document: Document, verification: Verification | None) -> bool:
    """Whether exactly these octets passed verification up to release."""
    return (
        verification is not None
        and verification.valid
        and verification.report.stage == "release"
        and verification.document.data == document.data
    )


def watermarks(document: Document, verification: Verification | None, mark: str | None) -> tuple[str, ...]:
    """Every watermark this print must carry; none for a real, released, verified record in force.

    ``mark`` is a key of :data:`STATE_MARKS` or a text of the caller's own.
    """
    found = [STATE_MARKS.get(mark, mark)] if mark else []
    if document.record.general.practice == "1":
        found.append(PRACTICE)
    if not is_verified(document, verification):
        found.append(_doubt(document, verification))
    return tuple(found)


def _doubt(document: Document, verification: Verification | None) -> str:
    if verification is None or verification.report.sha256 != document.sha256:
        return UNVERIFIED
    if verification.valid:
        return NOT_RELEASED
    return INVALID if verification.report.conclusion.value == "TOTAL-FAILED" else UNDECIDED


def require_kind(
    kind: PrintKind,
    document: Document,
    verification: Verification | None,
    mark: str | None,
    confirmation: Confirmation | None,
) -> None:
    """:class:`PrintRefused` unless the print may carry ``kind``."""
    if kind is PrintKind.INFORMATION:
        return
    if mark or not is_verified(document, verification):
        raise PrintRefused(
            "PRINT_NOT_VALID",
            "Chỉ in được loại này khi học bạ đã phát hành, còn hiệu lực và đã được xác thực hợp lệ. "
            "Hãy kiểm tra học bạ hoặc in bản tham khảo.",
            f"print kind {kind.value} needs a verified record in force",
        )
    if kind.needs_confirmation and confirmation is None:
        raise PrintRefused(
            "PRINT_NOT_CONFIRMED",
            "Bản in này cần số xác nhận của Hiệu trưởng. Hãy lập xác nhận trong sổ bản in rồi in lại.",
            f"print kind {kind.value} needs the principal's confirmation",
        )
