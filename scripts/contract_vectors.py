"""Makes docs/api/vectors anew: messages, records, lists and statements of a made-up school, each with its outcome.

Keys are made in memory and forgotten; what stays is public. Every outcome is written down here by hand and then tried
against the receiving half of the code, so a vector that does not come out as said is never written.
"""

from __future__ import annotations

import base64
import gzip
import json
import shutil
import struct
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import uuid4

from hocbaso_app.command.conformance import material
from hocbaso_app.demo.ca import DEPARTMENT, DEPARTMENT_TAX_CODE, DemoCA
from hocbaso_app.demo.keyring import KeyRing
from hocbaso_app.demo.school import make_school
from hocbaso_app.exchange import codes
from hocbaso_app.exchange.codes import code_set
from hocbaso_app.exchange.compression import decompress
from hocbaso_app.exchange.recalls import recall_entry
from hocbaso_app.exchange.sandbox.portal import Portal
from hocbaso_app.exchange.sandbox.store import Store
from hocbaso_app.exchange.transactions import Authentication, Kind, hash_password, to_json
from hocbaso_app.exchange.vectors import Vector, replay
from hocbaso_app.record.document import Document
from hocbaso_app.record.times import write_instant
from hocbaso_app.signing.keys import LocalKey
from hocbaso_app.signing.trust import RegisteredSchool, approved

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "api" / "vectors"
USER, PASSWORD, YEAR = "th-hoa-phuong", hash_password("mat-khau-thu-nghiem"), 2025
A, R = (codes.ACCEPTED, 1), (codes.RECORD_INVALID, 0)


@dataclass
class Maker:
    """The school, its keys and what was made so far."""

    out: Path
    school: Any = field(default_factory=lambda: make_school(pupils_per_class=3))
    vectors: list[Vector] = field(default_factory=list)

    def __post_init__(self) -> None:
        """A new authority; keys of elliptic curves keep the files small."""
        moment = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(minutes=2)
        self.ca = DemoCA.create(moment, name="HBS Vectors")
        self.department = self.ca.department = self.ca.organisation(DEPARTMENT, DEPARTMENT_TAX_CODE, algorithm="ec")
        persons = {p.citizen_id: self.ca.person(p.name, p.citizen_id, algorithm="ec") for p in self.school.staff}
        seal = self.ca.organisation(self.school.name, self.school.tax_code, algorithm="ec")
        self.material = material.practice(self.school, KeyRing(persons, seal))
        own = approved(seal.certificate, moment)
        (self.out / "trust").mkdir(parents=True)
        registered = RegisteredSchool(self.school.code, self.school.name, self.school.tax_code, (own,))
        self.ca.write_trust(self.out / "trust", (registered,))

    def write(self, path: str, data: bytes | str | dict[str, Any]) -> str:
        """A file below the folder; gives its path."""
        target = self.out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(data, dict):
            data = json.dumps(data, ensure_ascii=False, indent=1) + "\n"
        target.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    def message(
        self,
        name: str,
        content: str,
        code: str,
        records: list[tuple[str, int]] | None = None,
        *,
        kind: Kind = Kind.SUBMIT,
        message_id: str = "",
        note: str = "",
    ) -> str:
        """Transaction 1 or 5 and its expected answers; gives the message id."""
        message_id = message_id or str(uuid4())
        function = code_set().functions[kind]
        account = Authentication("mã-phiên", USER, PASSWORD, self.school.code, YEAR, message_id, kind.value, function)
        path = self.write(f"messages/{name}.json", {"authenticationRequest": to_json(account), "content": content})
        self.vectors.append(Vector(name, kind.value, path, code, tuple(records) if records is not None else None, note))
        return message_id


def steps(maker: Maker, document: Document) -> None:
    """One list, each step of packing in a file of its own."""
    content = maker.material.pack([document.data])
    xml = decompress(content)
    escaped = xml.replace(b'"', b'\\"')
    raw = base64.b64decode(content)
    (length,) = struct.unpack_from("<I", raw)
    assert length == len(escaped) and gzip.decompress(raw[4:]) == escaped
    maker.write("steps/1-list.xml", xml)
    maker.write("steps/2-escaped.txt", escaped)
    maker.write("steps/3-length-and-gzip.bin", raw)
    maker.write("steps/4-content.txt", content)


def packages(maker: Maker, good: Document) -> None:
    """Content that is wrong in itself."""
    own = maker.material
    content = own.pack([good.data])
    raw, data = base64.b64decode(content), decompress(content)

    def packed(escaped: bytes, length: int | None = None, tail: bytes = b"") -> str:
        size = struct.pack("<I", len(escaped) if length is None else length)
        return base64.b64encode(size + gzip.compress(escaped, mtime=0) + tail).decode()

    escaped = data.replace(b'"', b'\\"')
    name = data.index(b"<HO_VA_TEN>") + len(b"<HO_VA_TEN>")
    altered = (data[:name] + b"X" + data[name:]).replace(b'"', b'\\"')
    signature = data.rindex(b"<Signature")
    unsigned = (data[:signature] + b"</DANH_SACH_HOC_BA>").replace(b'"', b'\\"')
    unreadable = codes.CONTENT_UNREADABLE
    maker.message("goi-khong-base64", "không phải base64", unreadable)
    maker.message("goi-cut-ngan", base64.b64encode(raw[:-40]).decode(), unreadable)
    maker.message("goi-khong-gzip", base64.b64encode(struct.pack("<I", 4) + b"abcd").decode(), unreadable)
    maker.message("goi-do-dai-ngan", packed(escaped, len(escaped) - 1), unreadable, note="length one too small")
    maker.message("goi-do-dai-dai", packed(escaped, len(escaped) + 1), unreadable, note="length one too large")
    maker.message("goi-thua-byte", packed(escaped, tail=b"thua"), unreadable, note="octets after the gzip stream")
    maker.message("goi-khong-danh-sach", packed(b"<KHAC></KHAC>"), unreadable)
    maker.message("goi-bi-sua", packed(altered), codes.LIST_SIGNATURE_WRONG, note="altered after the list was signed")
    maker.message("goi-khong-ky", packed(unsigned), codes.LIST_SIGNATURE_WRONG)
    maker.message("goi-khoa-la", own.pack([good.data], own.stranger), codes.CERTIFICATE_NOT_APPROVED)
    old, early = material.now() - timedelta(days=30), material.now() + timedelta(days=2)
    maker.message("goi-ky-cu", own.pack([good.data], at=old), codes.LIST_TIME_WRONG)
    maker.message("goi-ky-tuong-lai", own.pack([good.data], at=early), codes.LIST_TIME_WRONG)


def records(maker: Maker, good: Document) -> None:
    """Lists that are right, with records that are and are not; then what follows from them."""
    own = maker.material
    other, third = own.new_record(), own.new_record()
    place = other.data.index(b"<HO_VA_TEN>") + len(b"<HO_VA_TEN>")
    altered = other.data[:place] + "Lê ".encode() + other.data[place:]
    unsealed = third.with_slot("ky-phat-hanh", b"")
    forged = replace(own, seal=own.stranger).reseal(third)
    named = {
        "hop-le": (good.data, "TOTAL-PASSED"),
        "bi-sua": (altered, "TOTAL-FAILED"),
        "chua-phat-hanh": (unsealed.data, "TOTAL-FAILED"),
        "con-dau-la": (forged.data, "INDETERMINATE"),
    }
    for name, (data, _conclusion) in named.items():
        maker.write(f"records/{name}.xml", data)
    maker.write("records/index.json", {name: conclusion for name, (_data, conclusion) in named.items()})
    content = own.pack([good.data])
    message_id = maker.message("nop", content, codes.ACCEPTED, [A])
    maker.message("nop-lai-goi-cu", content, codes.DUPLICATE, [A], message_id=message_id, note="the very same message")
    again = own.pack([third.data])
    maker.message("nop-trung-id", again, codes.MESSAGE_ID_USED, message_id=message_id, note="same id, other content")
    maker.message("nop-lai-hoc-ba", own.pack([good.data]), codes.ACCEPTED, [(codes.DUPLICATE, 1)])
    mixed = own.pack([altered, third.data, unsealed.data, b"<HOC_BA></HOC_BA>"])
    maker.message("nop-lan-lon", mixed, codes.ACCEPTED, [R, A, R, R], note="answers in the order of the package")
    maker.message("nop-con-dau-la", own.pack([forged.data]), codes.ACCEPTED, [R])
    resealed = own.pack([own.reseal(good).data])
    maker.message("nop-ma-da-dung", resealed, codes.ACCEPTED, [(codes.CODE_USED, 0)], note="other octets, same code")
    successor = own.replace(good)
    early = own.pack([successor.data])
    maker.message("nop-thay-the-som", early, codes.ACCEPTED, [(codes.NOT_RECALLED, 0)])
    recalls(maker, good, successor)


def recalls(maker: Maker, good: Document, successor: Document) -> None:
    """Recall lists; ``duyet`` in a vector's note says that an officer approves it before the next one."""
    own = maker.material
    kind = Kind.RECALL
    unknown = recall_entry(own.new_record(), "Sai họ tên")
    maker.message("thu-hoi-khong-co", own.pack([unknown]), codes.RECALL_UNKNOWN, kind=kind)
    name = good.record.general.full_name
    mismatch = recall_entry(good, "Sai họ tên").replace(name.encode(), "Người Khác".encode())
    maker.message("thu-hoi-khong-khop", own.pack([mismatch]), codes.RECALL_MISMATCH, kind=kind)
    asked = own.pack([recall_entry(good, "Nhập nhầm điểm môn Toán")])
    maker.message("thu-hoi", asked, codes.ACCEPTED, [(codes.PENDING, 1)], kind=kind, note="duyet")
    maker.message("nop-da-thu-hoi", own.pack([good.data]), codes.ACCEPTED, [(codes.RECALLED, 0)])
    maker.message("nop-thay-the", own.pack([successor.data]), codes.ACCEPTED, [A])
    maker.message("thu-hoi-lan-nua", own.pack([recall_entry(good, "Lần nữa")]), codes.RECALLED, kind=kind)


def statements(maker: Maker, portal: Portal, good: Document) -> None:
    """What the authority seals: one receipt, the status list; the registry lies in the trust folder."""
    code = good.record.general.record_code
    held = portal.office.books.records([code])[code]
    maker.write("statements/receipt.cose", held.receipt)
    maker.write("statements/status-list.cose", portal.status_list())
    expected = {
        "receipt": {"record_code": code, "sha256": good.sha256, "decision": "approved"},
        "status-list": {"recalled": [code]},
    }
    maker.write("statements/index.json", expected)


def make(out: Path) -> None:
    """Everything, tried; ``AssertionError`` when one vector does not come out as said."""
    maker = Maker(out)
    good = maker.material.new_record()
    steps(maker, good)
    packages(maker, good)
    records(maker, good)
    at = material.now() + timedelta(seconds=30)
    index = {
        "at": write_instant(at),
        "unit": maker.school.code,
        "school": maker.school.name,
        "tax_code": maker.school.tax_code,
        "vectors": [vector.to_json() for vector in maker.vectors],
    }
    maker.write("index.json", index)
    portal_of(out, maker.department, lambda portal: statements(maker, portal, good))


def portal_of(out: Path, key: LocalKey, then: Callable[[Portal], None]) -> None:
    """A new portal over a copy of the trust folder, through which all vectors go."""
    with tempfile.TemporaryDirectory() as work:
        trust = shutil.copytree(out / "trust", Path(work) / "trust")
        store = Store(Path(work) / "portal.sqlite")
        portal = replay(out, trust, store, key)
        then(portal)
        store.close()


def main() -> int:
    """Make anew."""
    with tempfile.TemporaryDirectory() as work:
        made = Path(work) / "vectors"
        make(made)
        readme = FOLDER / "README.md"
        kept = readme.read_bytes() if readme.exists() else b""
        shutil.rmtree(FOLDER, ignore_errors=True)
        shutil.copytree(made, FOLDER)
        if kept:
            readme.write_bytes(kept)
    return 0


if __name__ == "__main__":
    sys.exit(main())
