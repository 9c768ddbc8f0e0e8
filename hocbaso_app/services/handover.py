"""What is handed over: print, original file and receipt of each pupil, with a list of SHA-256 (QĐ Điều 4.k3.a)."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError
from hocbaso_app.services import access, files, prints, receipt, trust
from hocbaso_app.services.long_term import book

MANIFEST = "SHA256SUMS.txt"
READ_ME = "DOC-TRUOC.txt"
ORIGINAL_NAME, EVIDENCE_NAME, RECEIPT_NAME, TRUST_FOLDER = "hoc-ba.xml", "hoc-ba.evidence", "bien-nhan.cose", "tin-cay"
RECEIPT_LABEL = "Biên nhận có ký (COSE, base64)"
MOST_TRUST = 4 << 20
"""Octets of trust material in a package; revocation lists of large authorities stay out then."""

READ_ME_TEXT = """Gói bàn giao học bạ số

hoc-ba.xml    tệp gốc có chữ ký số; đây mới là học bạ số
hoc-ba.evidence  bằng chứng thời gian của tệp gốc, nếu đã có; giữ cạnh tệp gốc thì nhiều năm sau vẫn kiểm tra được
ban-in.pdf    bản in từ tệp gốc, bên trong có kèm tệp gốc
bien-nhan.json, bien-nhan.cose  biên nhận của cơ sở dữ liệu thành phố, nếu đã có; tệp .cose có chữ ký
tin-cay/      chứng thư gốc, danh sách thu hồi chứng thư, danh bạ trường được phê duyệt, như trường phát hành đang dùng

Trường khác trong thành phố nhận học sinh: mở "Học bạ chuyển đến", đưa cả gói này vào; không cần hỏi trường cũ.
Nơi không có phần mềm, không có tài khoản: tải công cụ hocbaso rồi kiểm tra ngay trên máy, không cần mạng.

Kiểm tra tệp còn nguyên vẹn:   sha256sum -c SHA256SUMS.txt
                   (Windows:   certutil -hashfile hoc-ba.xml SHA256, rồi so với SHA256SUMS.txt)
Kiểm tra chữ ký số:            hocbaso verify hoc-ba.xml --trust tin-cay
Kiểm tra biên nhận:            hocbaso receipt bien-nhan.cose --trust tin-cay
Thư mục tin-cay trong gói chỉ để tiện; khi việc hệ trọng, hãy lấy chứng thư gốc và danh bạ từ chính cơ quan quản lý.
"""


@dataclass(frozen=True)
class Entry:
    """One pupil's part of a package."""

    folder: str
    print_: bytes
    original: bytes | None
    receipt: bytes | None
    sealed: bytes | None = None
    evidence: bytes | None = None


def original(name: str, version: str | None = None) -> tuple[bytes, str, Any]:
    """The exact bytes of a released file, its name and its stored document."""
    doc = prints.printable(name)
    stored, document = _released(doc, version)
    access.note(doc, access.ORIGINAL, access.PRINT, version=stored.name)
    return files.read(stored), prints.file_name(document, "xml"), stored


def package(name: str, purpose: str | None = None) -> tuple[bytes, str]:
    """The hand-over package of one pupil, and its file name."""
    doc = prints.printable(name)
    _stored, document = _released(doc)
    data = pack([entry_of(doc, "", "With the original")], trust_files())
    access.note(doc, access.HANDED_OVER, access.PRINT, purpose=purpose)
    return data, prints.file_name(document, "zip")


def entry_of(doc: Any, folder: str, kind: str) -> Entry:
    """Print, and for a released record original, evidence and receipt."""
    made = prints.pdf(doc, kind)
    stored: Any = frappe.get_doc(files.DOCTYPE, made.version) if made.version else None
    released = prints.status_of(stored) is not None
    found = receipt.of(stored.name) if released else None
    facts: dict[str, str] = receipt.lines(stored.name) if found else {}
    if found:
        facts |= {"Tra cứu": found.lookup_link or "", RECEIPT_LABEL: found.receipt or ""}
    return Entry(
        folder,
        made.data,
        files.read(stored) if released else None,
        json.dumps(facts, ensure_ascii=False, indent=1).encode() if facts else None,
        base64.b64decode(found.receipt) if found and found.receipt else None,
        book.octets_beside(stored.sha256) if released else None,
    )


def trust_files() -> dict[str, bytes]:
    """The site's trust folder as it goes into a package, without what makes it too large."""
    folder = trust.folder()
    paths = [p for p in folder.rglob("*") if p.is_file() and p.suffix in (".pem", ".crl", ".ors", ".cose", ".json")]
    found: dict[str, bytes] = {}
    for path in sorted(paths, key=lambda p: p.stat().st_size):
        if sum(map(len, found.values())) + path.stat().st_size <= MOST_TRUST:
            found[f"{TRUST_FOLDER}/{path.relative_to(folder).as_posix()}"] = path.read_bytes()
    return found


def pack(entries: Sequence[Entry], more: dict[str, bytes] | None = None) -> bytes:
    """A zip with everything, a list of hashes that common tools check, and a page that says how."""
    contents: dict[str, bytes] = {}
    for entry in entries:
        start = f"{entry.folder}/" if entry.folder else ""
        contents[f"{start}ban-in.pdf"] = entry.print_
        if entry.original is not None:
            contents[f"{start}{ORIGINAL_NAME}"] = entry.original
        if entry.evidence is not None:
            contents[f"{start}{EVIDENCE_NAME}"] = entry.evidence
        if entry.receipt is not None:
            contents[f"{start}bien-nhan.json"] = entry.receipt
        if entry.sealed is not None:
            contents[f"{start}{RECEIPT_NAME}"] = entry.sealed
    contents |= more or {}
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {path}\n" for path, data in contents.items())
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for path, data in contents.items():
            made.writestr(path, data)
        made.writestr(MANIFEST, sums)
        made.writestr(READ_ME, "\ufeff" + READ_ME_TEXT.replace("\n", "\r\n"))
    return out.getvalue()


def one_pdf(named: Sequence[tuple[str, bytes]]) -> bytes:
    """All prints in one PDF for the printer: each pupil starts a new sheet, also when printed on both sides."""
    import pikepdf

    with pikepdf.new() as book:
        starts: list[tuple[str, int]] = []
        for name, data in named:
            starts.append((name, len(book.pages)))
            with pikepdf.open(io.BytesIO(data)) as single:
                book.pages.extend(single.pages)
                if len(single.pages) % 2:
                    book.add_blank_page(page_size=tuple(float(v) for v in single.pages[-1].mediabox[2:]))
        with book.open_outline() as outline:
            outline.root.extend(pikepdf.OutlineItem(name, page) for name, page in starts)
        out = io.BytesIO()
        book.save(out)
    return out.getvalue()


def _released(doc: Any, version: str | None = None) -> tuple[Any, Any]:
    stored, document = prints.document_of(doc, version)
    if prints.status_of(stored) is None:
        frappe.throw(_("{0} is not released yet: there is no original to hand over.").format(doc.full_name), HbsError)
    return stored, document
