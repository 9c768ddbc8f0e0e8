"""What is handed over: print, original file and receipt of each pupil, with a list of SHA-256 (QĐ Điều 4.k3.a)."""

from __future__ import annotations

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
from hocbaso_app.services import access, files, prints, receipt

MANIFEST = "SHA256SUMS.txt"
READ_ME = "DOC-TRUOC.txt"
READ_ME_TEXT = """Gói bàn giao học bạ số

hoc-ba.xml    tệp gốc có chữ ký số; đây mới là học bạ số
ban-in.pdf    bản in từ tệp gốc, bên trong có kèm tệp gốc
bien-nhan.json  biên nhận của cơ sở dữ liệu thành phố, nếu đã có

Kiểm tra tệp còn nguyên vẹn:   sha256sum -c SHA256SUMS.txt
                   (Windows:   certutil -hashfile hoc-ba.xml SHA256, rồi so với SHA256SUMS.txt)
Kiểm tra chữ ký số:            hocbaso verify hoc-ba.xml --trust THU_MUC_TIN_CAY
"""


@dataclass(frozen=True)
class Entry:
    """One pupil's part of a package."""

    folder: str
    print_: bytes
    original: bytes | None
    receipt: bytes | None


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
    data = pack([entry_of(doc, "", "With the original")])
    access.note(doc, access.HANDED_OVER, access.PRINT, purpose=purpose)
    return data, prints.file_name(document, "zip")


def entry_of(doc: Any, folder: str, kind: str) -> Entry:
    """Print, and for a released record original and receipt."""
    made = prints.pdf(doc, kind)
    stored: Any = frappe.get_doc(files.DOCTYPE, made.version) if made.version else None
    released = prints.status_of(stored) is not None
    found = receipt.of(stored.name) if released else None
    facts: dict[str, str] = receipt.lines(stored.name) if found else {}
    if found:
        facts |= {"Tra cứu": found.lookup_link or "", "Biên nhận có ký (COSE, base64)": found.receipt or ""}
    return Entry(
        folder,
        made.data,
        files.read(stored) if released else None,
        json.dumps(facts, ensure_ascii=False, indent=1).encode() if facts else None,
    )


def pack(entries: Sequence[Entry]) -> bytes:
    """A zip with everything, a list of hashes that common tools check, and a page that says how."""
    contents: dict[str, bytes] = {}
    for entry in entries:
        start = f"{entry.folder}/" if entry.folder else ""
        contents[f"{start}ban-in.pdf"] = entry.print_
        if entry.original is not None:
            contents[f"{start}hoc-ba.xml"] = entry.original
        if entry.receipt is not None:
            contents[f"{start}bien-nhan.json"] = entry.receipt
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
