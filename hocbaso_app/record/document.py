"""One HBS file: canonical bytes, the values in it, and its signature slots.

The bytes are the original for ever (QĐ Đ3.k1): nothing here re-serialises a
part that is already signed; a slot is filled by splicing octets.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from . import xml_codec
from .canonical import parse as parse_canonical
from .errors import FormatError
from .formats import HP_1, schema
from .model import Record

HOMEROOM_SLOT = "ky-gvcn"
MANAGER_SLOT = "ky-cbql"
SEAL_SLOT = "ky-phat-hanh"
_DATA_END = b"</DU_LIEU_HOC_BA>"
_SLOT_TAGS = {HOMEROOM_SLOT: "GVCN", MANAGER_SLOT: "CBQL", SEAL_SLOT: "KY_PHAT_HANH"}
_PART_TAGS = {"data": "DU_LIEU_HOC_BA", "thongtinhocba": "THONG_TIN_HOC_BA"}


def slot_id(subject_code: str) -> str:
    """Id of the slot in which a subject teacher signs."""
    return f"ky-mon-{subject_code}"


@dataclass(frozen=True)
class Document:
    """An HBS file that is well formed, canonical and valid against its XSD; signatures are *not* checked here."""

    data: bytes
    record: Record
    _digests: dict[str, bytes] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def parse(cls, data: bytes) -> Document:
        """Read a file strictly; :class:`FormatError` names what is wrong and where."""
        root = parse_canonical(data)
        xsd = schema(HP_1)
        if not xsd.validate(root):
            fault = xsd.error_log[0]
            raise FormatError(
                "XSD",
                f"Tệp không đúng định dạng hp-1 tại {fault.path or root.tag}. Hãy sửa ở phần mềm nguồn rồi tạo lại tệp.",
                f"{fault.path or root.tag}: {fault.message}",
            )
        record = xml_codec.read_record(root[0][0])
        document = cls(data, record)
        document._check_layout([str(e.get("Id")) for e in root[0][0].find("BANG_DIEM")], root)
        return document

    def _check_layout(self, part_ids: list[str], root) -> None:  # type: ignore[no-untyped-def]
        codes = [s.subject_code for s in self.record.subjects]
        slots = [str(e.get("Id")) for e in root.iterfind("DANH_SACH_THONG_TIN_KY/DANH_SACH_GVBM/GVBM")]
        tail = [str(root[1][1].get("Id")), str(root[2][0].get("Id")), str(root[2][1].get("Id"))]
        expected_parts = [xml_codec.part_id(c) for c in codes]
        expected_slots = [slot_id(c) for c in codes]
        fixed = [HOMEROOM_SLOT, MANAGER_SLOT, SEAL_SLOT]
        if len(set(codes)) == len(codes) and part_ids == expected_parts and slots == expected_slots and tail == fixed:
            return
        raise FormatError(
            "LAYOUT",
            "Mã (Id) của các phần môn học hoặc ô ký không khớp với danh sách môn. Hãy lấy lại tệp gốc.",
            "Ids of subject parts or slots do not follow from the subject list",
        )

    @property
    def sha256(self) -> str:
        """SHA-256 of the file, lower-case hex."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def slot_ids(self) -> tuple[str, ...]:
        """Every slot, in signing order."""
        subjects = tuple(slot_id(s.subject_code) for s in self.record.subjects)
        return (*subjects, HOMEROOM_SLOT, MANAGER_SLOT, SEAL_SLOT)

    def part(self, identifier: str) -> bytes:
        """Canonical octets of ``data``, ``thongtinhocba`` or one ``mon-…`` part; ``KeyError`` for another Id."""
        start, end = self._span(_PART_TAGS.get(identifier, "DIEM_TONG_KET"), identifier)
        tag = _PART_TAGS.get(identifier, "DIEM_TONG_KET")
        return self.data[start - len(_open(tag, identifier)) : end + len(tag) + 3]

    def part_digest(self, identifier: str) -> bytes:
        """SHA-256 of :meth:`part`, computed once per part."""
        digest = self._digests.get(identifier)
        if digest is None:
            digest = self._digests[identifier] = hashlib.sha256(self.part(identifier)).digest()
        return digest

    def slot(self, identifier: str) -> bytes:
        """Inner octets of a slot, ``b""`` while unsigned; ``KeyError`` when the record has no such slot."""
        start, end = self._slot_span(identifier)
        return self.data[start:end]

    def with_slot(self, identifier: str, inner: bytes) -> Document:
        """The same file with a slot's inner octets replaced; every other octet stays."""
        start, end = self._slot_span(identifier)
        return Document(self.data[:start] + inner + self.data[end:], self.record, self._digests)

    def _slot_span(self, identifier: str) -> tuple[int, int]:
        if identifier not in self.slot_ids:
            raise KeyError(identifier)
        return self._span(_SLOT_TAGS.get(identifier, "GVBM"), identifier, self.data.index(_DATA_END))

    def _span(self, tag: str, identifier: str, begin: int = 0) -> tuple[int, int]:
        opening = _open(tag, identifier)
        start = self.data.find(opening, begin)
        if start < 0:
            raise KeyError(identifier)
        start += len(opening)
        return start, self.data.index(f"</{tag}>".encode(), start)


def _open(tag: str, identifier: str) -> bytes:
    return f'<{tag} Id="{identifier}">'.encode()


def build(record: Record) -> Document:
    """A new unsigned file; :class:`FormatError` when a value breaks the XSD (type, length, obligation)."""
    slots = "".join(f'<GVBM Id="{slot_id(s.subject_code)}"></GVBM>' for s in record.subjects)
    whole = (
        f"<HOC_BA>{xml_codec.write_record(record)}"
        f'<DANH_SACH_THONG_TIN_KY TRANG="6"><DANH_SACH_GVBM>{slots}</DANH_SACH_GVBM><GVCN Id="{HOMEROOM_SLOT}"></GVCN>'
        f'</DANH_SACH_THONG_TIN_KY><PHAT_HANH_HOC_BA TRANG="6"><CBQL Id="{MANAGER_SLOT}"></CBQL>'
        f'<KY_PHAT_HANH Id="{SEAL_SLOT}"></KY_PHAT_HANH></PHAT_HANH_HOC_BA></HOC_BA>'
    )
    return Document.parse(whole.encode())
