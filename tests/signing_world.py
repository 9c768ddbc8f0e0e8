"""One made-up world for the signing tests: a CA, a trust folder, the sample class's keys, a released record."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path

from sample_records import PRINCIPAL, SCHOOL, TEACHERS, sample_record, teacher_of

from hocbaso_app.demo.ca import DemoCA
from hocbaso_app.record.document import Document, build
from hocbaso_app.record.model import Record
from hocbaso_app.signing.keys import LocalKey
from hocbaso_app.signing.sign import seal_role, sign_slot
from hocbaso_app.signing.slots import Slot, Stage, expected_slots
from hocbaso_app.signing.trust import RegisteredSchool, Registry, TrustStore, approved, write_registry

NOW = datetime(2026, 5, 29, 3, tzinfo=timezone.utc)
LATER = NOW + timedelta(hours=1)
TAX_CODE, DEPARTMENT_TAX_CODE = "0209999901", "0209999000"
CLERK = "Lê Thị Thu Cúc"


class World:
    """Keys by role and the trust in them."""

    def __init__(self) -> None:
        self.ca = DemoCA.create(NOW, "Hoa Phượng", marked=False)
        self.teachers = {name: self.ca.person(*who) for name, who in TEACHERS.items()}
        self.principal = self.ca.person(*PRINCIPAL)
        self.school = self.ca.organisation("Trường Tiểu học Hoa Phượng", TAX_CODE)
        self.department = self.ca.organisation("Sở Giáo dục và Đào tạo Hải Phòng", DEPARTMENT_TAX_CODE)
        self.folder = Path(tempfile.mkdtemp(prefix="hocbaso-trust-"))
        self.trust = self.write_trust()

    def registry(self, environment: str = "practice") -> Registry:
        """The department's list with the sample school on it."""
        certificates = (approved(self.school.certificate, NOW - timedelta(days=10)),)
        school = RegisteredSchool(SCHOOL, "Trường Tiểu học Hoa Phượng", TAX_CODE, certificates)
        return Registry(environment, "Sở", DEPARTMENT_TAX_CODE, "2026-05-01T00:00:00+07:00", (school,))

    def write_trust(self, registry: Registry | None = None, folder: Path | None = None) -> TrustStore:
        """(Re)write the trust folder and load it."""
        folder = folder or self.folder
        registry = registry or self.registry()
        self.ca.write_anchors(folder)
        if registry.environment == "production":
            self.ca.write_list(folder, self.department, registry.environment)
        write_registry(folder, registry, self.department)
        return TrustStore.load(folder, at=NOW)

    def key_of(self, slot: Slot) -> LocalKey:
        """The right key for a slot of the sample record."""
        if slot.stage is Stage.SUBJECT:
            name = next(n for n, who in TEACHERS.items() if who == teacher_of(slot.subject_code or ""))
            return self.teachers[name]
        return {
            Stage.HOMEROOM: self.teachers["homeroom"],
            Stage.MANAGER: self.principal,
            Stage.RELEASE: self.school,
        }[slot.stage]

    def sign(
        self,
        document: Document,
        *,
        until: Stage = Stage.RELEASE,
        key_of: Callable[[Slot], LocalKey] | None = None,
        at: datetime = NOW,
    ) -> Document:
        """Fill every empty slot up to a stage."""
        for slot in expected_slots(document.record):
            if slot.stage.order <= until.order and not document.slot(slot.id):
                role = seal_role(CLERK) if slot.stage is Stage.RELEASE else None
                document = sign_slot(document, slot.id, (key_of or self.key_of)(slot), at, role)
        return document


@cache
def world() -> World:
    """The world, made once per test process."""
    return World()


@cache
def released(grade: int = 5) -> Document:
    """A released sample record of a grade."""
    return world().sign(build(sample_record(grade=grade)))


def release(record: Record) -> Document:
    """Any record of the sample class, released."""
    return world().sign(build(record))
