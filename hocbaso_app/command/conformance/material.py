"""What the checks send: a unit's seal and fresh valid records, made here for a practice portal or given as files."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from uuid import uuid4

from hocbaso_app.demo.ca import DemoCA
from hocbaso_app.demo.correction import corrected
from hocbaso_app.demo.keyring import KeyRing
from hocbaso_app.demo.people import HardCase, Pupil
from hocbaso_app.demo.school import School, SchoolClass, record_for
from hocbaso_app.exchange.package import pack
from hocbaso_app.record.document import Document, build
from hocbaso_app.record.model import Record
from hocbaso_app.signing.keys import KeySource, LocalKey, Pkcs12Key
from hocbaso_app.signing.sign import seal_role, sign_slot
from hocbaso_app.signing.slots import Stage, expected_slots
from hocbaso_app.signing.versions import replacement

GRADE = 5


class NoMaterialError(ValueError):
    """What a check needs was not given and can't be made."""


def now() -> datetime:
    """This moment, in whole seconds as in a file."""
    return datetime.now(timezone.utc).replace(microsecond=0)


@dataclass
class Material:
    """``new_record`` gives a released record of another pupil each time; ``replace`` its replacement.

    Both raise :class:`NoMaterialError` when there is no more. ``stranger``: a key nobody approved.
    """

    seal: KeySource
    clerk: str
    new_record: Callable[[], Document]
    replace: Callable[[Document], Document]
    stranger: KeySource

    def pack(self, items: Sequence[bytes], key: KeySource | None = None, at: datetime | None = None) -> str:
        """``content`` signed by the seal, now, unless said otherwise."""
        return pack(items, key or self.seal, at or now())

    def reseal(self, document: Document) -> Document:
        """Other octets under the same code: the same record, sealed in a later second."""
        bare, made = document.with_slot("ky-phat-hanh", b""), document
        while made.data == document.data:
            time.sleep(0.2)
            made = sign_slot(bare, "ky-phat-hanh", self.seal, now(), seal_role(self.clerk))
        return made


def practice(school: School, keys: KeyRing) -> Material:
    """Everything made here, with the keys of a made-up school's staff."""
    school_class = next(c for c in school.classes if c.grade == GRADE)
    pupils = [p for p in school_class.pupils if p.case is None or p.case is HardCase.GUARDIAN]

    def new_record() -> Document:
        record = _somebody_new(school, school_class, secrets.choice(pupils))
        return _released(build(record), school, keys)

    def successor(document: Document) -> Document:
        moment = now()
        made = replacement(document, corrected(document.record), created_at=moment, released_at=moment)
        return _released(made, school, keys)

    return Material(keys.seal, school.clerk.name, new_record, successor, stranger(school))


def stranger(school: School) -> LocalKey:
    """A seal of the same name and tax code from an authority that nobody trusts."""
    return DemoCA.create(now(), name="Unknown").organisation(school.name, school.tax_code)


def from_files(folder: Path, seal: Pkcs12Key, clerk: str, school: School) -> Material:
    """Released records of a vendor's own making that were never sent; a replacement names what it replaces."""
    documents = [Document.parse(path.read_bytes()) for path in sorted(folder.glob("*.xml"))]
    firsts = [d for d in documents if d.record.general.replaces_code is None]
    successors = {d.record.general.replaces_code: d for d in documents if d.record.general.replaces_code}
    firsts.sort(key=lambda d: d.record.general.record_code in successors, reverse=True)

    def new_record() -> Document:
        if not firsts:
            raise NoMaterialError(f"{folder} không còn học bạ nào chưa gửi")
        return firsts.pop(0)

    def successor(document: Document) -> Document:
        found = successors.get(document.record.general.record_code)
        if found is None:
            raise NoMaterialError(f"{folder} không có bản thay thế của {document.record.general.record_code}")
        return found

    return Material(seal, clerk, new_record, successor, stranger(school))


def _somebody_new(school: School, school_class: SchoolClass, pupil: Pupil) -> Record:
    moment = now()
    record = record_for(school, school_class, pupil, created_at=moment, released_at=moment)
    number = secrets.randbelow(10**6)
    citizen = f"{(record.general.citizen_id or '999300')[:6]}{number:06d}"
    code = f"99{secrets.randbelow(10**8):08d}"
    general = replace(record.general, record_code=str(uuid4()), pupil_code=code, citizen_id=citizen)
    subjects = tuple(replace(s, pupil_code=code) for s in record.subjects)
    return replace(record, general=general, subjects=subjects)


def _released(document: Document, school: School, keys: KeyRing) -> Document:
    moment = now()
    for slot in expected_slots(document.record):
        if not document.slot(slot.id):
            role = seal_role(school.clerk.name) if slot.stage is Stage.RELEASE else None
            document = sign_slot(document, slot.id, keys.key_for(slot), moment, role)
    return document
