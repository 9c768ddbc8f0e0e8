"""The compact summary of a record in a QR code, sealed by the school: checked on paper, offline.

The claims bind the paper to the file (record code, version, SHA-256) and carry
the values a forger would change. Keys are one or two letters: a QR code is small.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cryptography import x509

from hocbaso_app.record.document import Document
from hocbaso_app.record.model import Qualities, Record, elements_of
from hocbaso_app.signing.cose import Sealed, SealError, open_seal, seal
from hocbaso_app.signing.keys import KeySource

from . import base45

KIND = "summary"
PREFIX = "HBS1:"
CLAIM_NAMES = {
    "c": "Mã số HBS",
    "v": "Lần phát hành",
    "h": "SHA-256 của tệp",
    "n": "Họ và tên",
    "b": "Ngày sinh",
    "s": "Mã trường",
    "y": "Năm học",
    "l": "Lớp",
    "p": "Loại trang",
    "k": "Kết quả giáo dục",
    "u": "Được lên lớp",
    "f": "Hoàn thành chương trình tiểu học",
    "m": "Môn học",
    "q": "Phẩm chất, năng lực",
    "x": "Thử nghiệm",
}
"""Claim → what it is. ``m`` is subject code → level and mark; ``q`` the 15 levels in file order, - when absent."""


def claims(document: Document) -> dict[str, Any]:
    """The claims about one file; absent values are left out."""
    record = document.record
    general, result = record.general, record.summary
    found = {
        "c": general.record_code,
        "v": int(general.issue_number),
        "h": bytes.fromhex(document.sha256),
        "n": general.full_name,
        "b": general.birth_date,
        "s": general.school_code,
        "y": general.school_year,
        "l": general.class_name,
        "p": general.page_kind,
        "k": result.overall_result,
        "u": result.promoted,
        "f": result.primary_completed,
        "m": {s.subject_code: f"{s.level or '-'}{s.score or ''}" for s in record.subjects},
        "q": _quality_levels(record),
        "x": general.practice,
    }
    return {name: value for name, value in found.items() if value is not None}


def _quality_levels(record: Record) -> str:
    names = [name for name, tag, _ in elements_of(Qualities) if not tag.startswith("NHAN_XET")]
    return "".join(getattr(record.qualities, name) or "-" for name in names)


def make(document: Document, key: KeySource) -> bytes:
    """The summary of a released file, sealed with the school's key; the certificate stays out to save space."""
    return seal(claims(document), key, kind=KIND, embed_certificate=False)


def to_text(token: bytes) -> str:
    """What the QR code holds."""
    return PREFIX + base45.encode(token)


def from_text(text: str) -> bytes:
    """The token in a scanned text; :class:`SealError` for another QR code."""
    if text.startswith(PREFIX):
        try:
            return base45.decode(text[len(PREFIX) :])
        except ValueError:
            pass
    raise SealError("NOT_A_SUMMARY", "Mã QR này không phải mã xác nhận của học bạ số.", "not an HBS summary QR code")


def check(text: str, candidates: Iterable[x509.Certificate]) -> Sealed:
    """Claims and signer of a scanned text, offline; :class:`SealError` when damaged, altered or by nobody known.

    ``candidates`` are the approved certificates of schools. Whether the signer is
    the school of claim ``s`` is for the caller's registry to say.
    """
    known = tuple(candidates)
    sealed = open_seal(from_text(text), kind=KIND, candidates=known)
    if sealed.certificate not in known:
        raise SealError(
            "SEAL_CERTIFICATE_UNKNOWN",
            "Mã QR được ký bằng chứng thư số không có trong danh sách đã phê duyệt.",
            "the summary's certificate is not an approved one",
        )
    return sealed


def differences(sealed: Sealed, document: Document) -> tuple[str, ...]:
    """Names of the claims that do not agree with a file; empty when it is the file the paper was printed from."""
    now = claims(document)
    return tuple(
        CLAIM_NAMES.get(name, name)
        for name in sorted(now.keys() | sealed.claims.keys())
        if now.get(name) != sealed.claims.get(name)
    )
