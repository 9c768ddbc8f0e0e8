"""The sealed summary in a print's second QR code ("HBS1:…"): what the paper must say, checked against the books."""

from __future__ import annotations

from typing import Any

import frappe

from hocbaso_app.print_formats import summary
from hocbaso_app.services import trust
from hocbaso_app.services.public import codes, guard
from hocbaso_app.services.public.uploads import GENUINE, INVALID, NOT_RECEIVED, OTHER_FILE, RECALLED, Report

MOST_CHARACTERS = 4000
PAGES = {"CA_NAM": "Cả năm", "GIUA_NAM": "Giữa năm (chuyển trường)"}
SHOWN = {
    "n": "Học sinh",
    "s": "Mã trường",
    "l": "Lớp",
    "y": "Năm học",
    "p": "Loại học bạ",
    "k": "Kết quả giáo dục",
    "v": "Lần phát hành",
    "c": "Mã tra cứu",
}
"""Claim → label; marks and birthday stand on the paper and are not repeated."""


_WORDS = {
    GENUINE: (
        "Mã QR do trường đóng dấu, học bạ đang lưu hành",
        "Mã QR chỉ chứng thực các dòng dưới đây. Bản giấy phải ghi đúng như vậy; phần khác của bản giấy thì chưa.",
    ),
    RECALLED: (
        "Học bạ này ĐÃ BỊ THU HỒI",
        "Mã QR do trường đóng dấu, nhưng học bạ không còn giá trị. Hãy hỏi nhà trường để nhận bản mới.",
    ),
    NOT_RECEIVED: (
        "Mã QR do trường đóng dấu, nhưng cơ quan này chưa tiếp nhận học bạ",
        "Nhà trường có thể chưa gửi, hoặc học bạ thuộc nơi khác. Hãy hỏi nơi cấp.",
    ),
    OTHER_FILE: (
        "Mã QR KHÔNG thuộc bản đã được tiếp nhận",
        "Dưới mã này cơ quan quản lý giữ một tệp khác. Đừng dùng bản giấy này; hãy hỏi nhà trường.",
    ),
    INVALID: ("Mã QR này KHÔNG hợp lệ", "Mã đã hỏng, bị sửa, hoặc không do một trường được phê duyệt đóng dấu."),
}


def is_one(text: str) -> bool:
    """Whether somebody scanned that code."""
    return text.startswith(summary.PREFIX)


def look_at(address: str, text: str) -> Report:
    """Sealed by an approved school, and what the books say of its file; :class:`guard.TooOften`."""
    from hocbaso_app.signing.cose import SealError

    guard.take_file(address)
    try:
        sealed = summary.check(text[:MOST_CHARACTERS], _seals())
        claims = sealed.claims
        if not _is_the_schools(sealed.certificate, str(claims["s"])):
            return _said(INVALID, reasons=("Mã QR không do chính trường ghi trên đó đóng dấu.",))
        found = codes.row_of(str(claims["c"]))
        digest = bytes(claims["h"]).hex()
    except SealError as error:
        return _said(INVALID, reasons=(error.message_vi,))
    except (KeyError, TypeError, ValueError):
        return _said(INVALID, reasons=("Mã QR thiếu thông tin.",))
    shown = {"facts": _facts(claims), "sha256": digest, "practice": claims.get("x") == "1"}
    if found is None:
        return _said(NOT_RECEIVED, **shown)
    if found.sha256 != digest:
        return _said(OTHER_FILE, **shown)
    now = codes.of_code(found.name)
    standing = {"received_at": codes.moment_of(found.received_at), "recalled_at": now.recalled_at}
    return _said(RECALLED if now.recalled_at else GENUINE, **shown, **standing, replaced_by=now.replaced_by)


def _facts(claims: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    values = {**claims, "p": PAGES.get(claims.get("p", ""), claims.get("p"))}
    return tuple((label, str(values[name])) for name, label in SHOWN.items() if values.get(name) not in (None, ""))


def _seals() -> list[Any]:
    """Approved certificates of schools that this site knows."""
    from cryptography import x509

    own = frappe.get_all("HBS Certificate", {"holder_kind": "Unit"}, pluck="pem", order_by="name")
    asked = frappe.get_all("HBS Certificate Registration", {"status": "Approved"}, pluck="pem", order_by="name")
    return [x509.load_pem_x509_certificate(pem.encode()) for pem in dict.fromkeys((*own, *asked))]


def _is_the_schools(certificate: Any, school_code: str) -> bool:
    """The registry has approved this certificate for the school that the paper names."""
    from cryptography.hazmat.primitives import hashes

    school = trust.store().registry.school(school_code)
    digest = certificate.fingerprint(hashes.SHA256()).hex()
    return school is not None and any(c.sha256 == digest and c.withdrawn_at is None for c in school.certificates)


def _said(outcome: str, **more: Any) -> Report:
    return Report(outcome, *_WORDS[outcome], **more)
