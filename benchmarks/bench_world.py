"""A school, its keys and its trust folder for the benchmarks; RSA-2048 for everybody who signs, made in memory."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

from hocbaso_app.demo.ca import DemoCA
from hocbaso_app.demo.people import HardCase, Pupil
from hocbaso_app.demo.school import SchoolClass, make_school, record_for
from hocbaso_app.record.document import Document, build
from hocbaso_app.signing.keys import LocalKey
from hocbaso_app.signing.sign import seal_role, sign_slots
from hocbaso_app.signing.slots import Slot, Stage, expected_slots
from hocbaso_app.signing.trust import RegisteredSchool, TrustStore, approved

NOW = datetime(2026, 6, 2, 1, tzinfo=timezone.utc)
LATER = NOW + timedelta(hours=1)


class BenchWorld:
    """One school whose records can be built and signed."""

    def __init__(self, folder: Path, pupils_per_class: int) -> None:
        self.school = make_school(1, pupils_per_class)
        ca = self.ca = DemoCA.create(NOW)
        self.keys = {person.citizen_id: ca.person(person.name, person.citizen_id) for person in self.school.staff}
        self.seal = ca.organisation(self.school.name, self.school.tax_code)
        listed = (approved(self.seal.certificate, NOW - timedelta(days=10)),)
        ca.write_trust(folder, [RegisteredSchool(self.school.code, self.school.name, self.school.tax_code, listed)])
        self.trust = TrustStore.load(folder, at=NOW)

    def unsigned(self, school_class: SchoolClass, pupil: Pupil) -> Document:
        """The record of a pupil before the first signature."""
        return build(record_for(self.school, school_class, pupil, created_at=NOW, released_at=NOW))

    def grade_five(self) -> Document:
        """An unsigned record of grade 5 with every subject of the grade."""
        school_class = self.school.classes[4]
        return self.unsigned(school_class, next(pupil for pupil in school_class.pupils if pupil.case is None))

    def releasable(self) -> list[tuple[SchoolClass, Pupil]]:
        """Every pupil whose record can be released (all but those without a citizen id)."""
        return [pair for pair in self.school.pupils if pair[1].case is not HardCase.NO_CITIZEN_ID]

    def confirmations(self, document: Document) -> list[tuple[list[str], LocalKey, str | None]]:
        """Who signs which slots with one confirmation, in order: each teacher's subjects, homeroom, principal, seal."""
        rounds: dict[tuple[Stage, str | None], list[Slot]] = {}
        for slot in expected_slots(document.record):
            rounds.setdefault((slot.stage, slot.signer_citizen_id), []).append(slot)
        steps: list[tuple[list[str], LocalKey, str | None]] = []
        for (stage, citizen_id), slots in rounds.items():
            sealing = stage is Stage.RELEASE
            key = self.seal if sealing else self.keys[str(citizen_id)]
            steps.append(([s.id for s in slots], key, seal_role(self.school.clerk.name) if sealing else None))
        return steps

    def release(self, document: Document) -> Document:
        """All stages signed."""
        for slot_ids, key, role in self.confirmations(document):
            document = sign_slots(document, slot_ids, key, NOW, role)
        return document
