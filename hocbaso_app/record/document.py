"""One HBS file: canonical bytes, the values in it, and its signature slots.

The bytes are the original for ever (QĐ Đ3.k1): nothing here re-serialises a
part that is already signed; a slot is filled by splicing octets.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from lxml import etree

from . import xml_codec
from .canonical import parse as parse_canonical
from .errors import FormatError
from .formats import HP_1, schema
from .model import Record

HOMEROOM_SLOT = "ky-gvcn"
MANAGER_SLOT = "ky-cbql"
SEAL_SLOT = "ky-phat-hanh"
_START, _DATA_END = b"<HOC_BA>", b"</DU_LIEU_HOC_BA>"
_SLOT_TAGS = {HOMEROOM_SLOT: "GVCN", MANAGER_SLOT: "CBQL", SEAL_SLOT: "KY_PHAT_HANH"}
_PART_TAGS = {"data": "DU_LIEU_HOC_BA", "thongtinhocba": "THONG_TIN_HOC_BA"}


def slot_id(subject_code: str) -> str:
    """Id of the slot in which a subject teacher signs."""
    return f"ky-mon-{subject_code}"


@dataclass(frozen=True, eq=False)
class Document:
    """An HBS file that is well formed, canonical and valid against its XSD; signatures are *not* checked here.

    ``body`` is the octets of DU_LIEU_HOC_BA, ``slots`` the inner octets of each
    slot in signing order (``b""`` while unsigned).
    """

    body: bytes
    slots: Mapping[str, bytes]
    record: Record
    _digests: dict[str, bytes] = field(default_factory=dict, repr=False)

    @classmethod
    def parse(cls, data: bytes) -> Document:
        """Read a file strictly; :class:`FormatError` names what is wrong and where."""
        root = parse_canonical(data)
        if root.tag != "HOC_BA":
            raise FormatError("NOT_HBS", "Tệp XML này không phải học bạ số (HOC_BA).", f"root element is {root.tag}")
        xsd = schema(HP_1)
        if not xsd.validate(root):
            fault = xsd.error_log[0]  # type: ignore[index]
            where = fault.path or root.tag
            raise FormatError(
                "XSD",
                f"Tệp không đúng định dạng hp-1 tại {where}. Hãy sửa ở phần mềm nguồn rồi tạo lại tệp.",
                f"{where}: {fault.message}",
            )
        record = xml_codec.read_record(root[0][0])
        _check_ids(record, root)
        end = data.index(_DATA_END) + len(_DATA_END)
        body, tail = data[len(_START) : end], data[end:]
        slots = {}
        for identifier in slot_ids(record):
            tag = _SLOT_TAGS.get(identifier, "GVBM")
            start = tail.index(_open(tag, identifier)) + len(_open(tag, identifier))
            slots[identifier] = tail[start : tail.index(f"</{tag}>".encode(), start)]
        document = cls(body, slots, record)
        if document.data != data:
            raise FormatError("LAYOUT", "Bố cục tệp sai. Hãy lấy lại tệp gốc.", "octets outside the known layout")
        return document

    @cached_property
    def data(self) -> bytes:
        """The file."""
        taught = [i for i in self.slots if i not in _SLOT_TAGS]
        return b"".join(
            (
                _START,
                self.body,
                b'<DANH_SACH_THONG_TIN_KY TRANG="6"><DANH_SACH_GVBM>',
                *(self._slot_element(i) for i in taught),
                b"</DANH_SACH_GVBM>",
                self._slot_element(HOMEROOM_SLOT),
                b'</DANH_SACH_THONG_TIN_KY><PHAT_HANH_HOC_BA TRANG="6">',
                self._slot_element(MANAGER_SLOT),
                self._slot_element(SEAL_SLOT),
                b"</PHAT_HANH_HOC_BA></HOC_BA>",
            )
        )

    def _slot_element(self, identifier: str) -> bytes:
        tag = _SLOT_TAGS.get(identifier, "GVBM")
        return b"".join((_open(tag, identifier), self.slots[identifier], f"</{tag}>".encode()))

    @property
    def sha256(self) -> str:
        """SHA-256 of the file, lower-case hex."""
        return hashlib.sha256(self.data).hexdigest()

    def part(self, identifier: str) -> bytes:
        """Canonical octets of ``data``, ``thongtinhocba`` or one ``mon-…`` part; ``KeyError`` for another Id."""
        tag = _PART_TAGS.get(identifier, "DIEM_TONG_KET")
        start = self.body.find(_open(tag, identifier))
        if start < 0:
            raise KeyError(identifier)
        closing = f"</{tag}>".encode()
        return self.body[start : self.body.index(closing, start) + len(closing)]

    def part_digest(self, identifier: str) -> bytes:
        """SHA-256 of :meth:`part`, computed once per part."""
        digest = self._digests.get(identifier)
        if digest is None:
            digest = self._digests[identifier] = hashlib.sha256(self.part(identifier)).digest()
        return digest

    def slot(self, identifier: str) -> bytes:
        """Inner octets of a slot, ``b""`` while unsigned; ``KeyError`` when the record has no such slot."""
        return self.slots[identifier]

    def with_slot(self, identifier: str, inner: bytes) -> Document:
        """The same file with a slot's inner octets replaced; every other octet stays."""
        if identifier not in self.slots:
            raise KeyError(identifier)
        return Document(self.body, {**self.slots, identifier: inner}, self.record, self._digests)


def slot_ids(record: Record) -> tuple[str, ...]:
    """Every slot of a record, in signing order."""
    subjects = tuple(slot_id(s.subject_code) for s in record.subjects)
    return (*subjects, HOMEROOM_SLOT, MANAGER_SLOT, SEAL_SLOT)


def _check_ids(record: Record, root: etree._Element) -> None:
    codes = [s.subject_code for s in record.subjects]
    parts = [e.get("Id") for e in root.iterfind("DU_LIEU_HOC_BA/THONG_TIN_HOC_BA/BANG_DIEM/DIEM_TONG_KET")]
    slots = [e.get("Id") for e in (*root[1][0], root[1][1], *root[2])]
    expected = ([xml_codec.part_id(c) for c in codes], list(slot_ids(record)))
    if len(set(codes)) == len(codes) and (parts, slots) == expected:
        return
    raise FormatError(
        "LAYOUT",
        "Mã (Id) của các phần môn học hoặc ô ký không khớp với danh sách môn. Hãy lấy lại tệp gốc.",
        "Ids of subject parts or slots do not follow from the subject list",
    )


def _open(tag: str, identifier: str) -> bytes:
    return f'<{tag} Id="{identifier}">'.encode()


def build(record: Record) -> Document:
    """A new unsigned file; :class:`FormatError` when a value breaks the XSD (type, length, obligation)."""
    body = xml_codec.write_record(record).encode()
    return Document.parse(Document(body, dict.fromkeys(slot_ids(record), b""), record).data)
