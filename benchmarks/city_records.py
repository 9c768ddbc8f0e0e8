"""A city's signed records for the receiving side: schools of a thousand pupils, made once into a folder and read again.

Usage: city_records.py FOLDER RECORDS [--processes N]

``trust/`` what anyone needs to verify them, ``department.p12``, and for each school ``CODE.p12`` (its seal) and
``CODE.zip`` (its released records, stored as they are). The keys are made up for the measurement; password ``bench``.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from bench_world import NOW

from hocbaso_app.demo.ca import DemoCA, to_pkcs12
from hocbaso_app.demo.people import Pupil
from hocbaso_app.demo.school import School, SchoolClass, make_school, record_for
from hocbaso_app.record.document import build
from hocbaso_app.signing.keys import LocalKey, Pkcs12Key
from hocbaso_app.signing.sign import seal_role, sign_slots
from hocbaso_app.signing.slots import Slot, Stage, expected_slots
from hocbaso_app.signing.trust import RegisteredSchool, approved

PASSWORD = b"bench"
PUPILS_OF_A_SCHOOL = 1000
_GRADES = 5


@dataclass(frozen=True)
class SignedSchool:
    """A school with everybody's key."""

    school: School
    keys: dict[str, LocalKey]
    seal: LocalKey


@dataclass(frozen=True)
class CitySchool:
    """A school as the receiving side knows it, its seal, and its released records in order."""

    code: str
    name: str
    tax_code: str
    seal: LocalKey
    archive: Path

    def records(self) -> Iterator[bytes]:
        """Record files, one at a time."""
        with zipfile.ZipFile(self.archive) as archive:
            for name in sorted(archive.namelist()):
                yield archive.read(name)


def city(folder: Path) -> list[CitySchool]:
    """The schools of a folder that :func:`make` wrote."""
    return [
        CitySchool(
            facts["code"],
            facts["name"],
            facts["tax_code"],
            Pkcs12Key.load((folder / f"{facts['code']}.p12").read_bytes(), PASSWORD),
            folder / f"{facts['code']}.zip",
        )
        for facts in json.loads((folder / "schools.json").read_text(encoding="utf-8"))
    ]


def department(folder: Path) -> LocalKey:
    """What the receiving side seals with."""
    return Pkcs12Key.load((folder / "department.p12").read_bytes(), PASSWORD)


def make(folder: Path, records: int, processes: int) -> None:
    """Everything, the records by several processes; the list of schools is written last."""
    folder.mkdir(parents=True)
    ca = DemoCA.create(NOW, name="HBS Bench")
    sizes = [min(PUPILS_OF_A_SCHOOL, records - done) for done in range(0, records, PUPILS_OF_A_SCHOOL)]
    schools = [_signed(ca, number, size) for number, size in enumerate(sizes)]
    registered = [
        RegisteredSchool(
            s.school.code,
            s.school.name,
            s.school.tax_code,
            (approved(s.seal.certificate, s.seal.certificate.not_valid_before_utc),),
        )
        for s in schools
    ]
    ca.write_trust(folder / "trust", registered)
    assert ca.department is not None
    (folder / "department.p12").write_bytes(to_pkcs12(ca.department, PASSWORD))
    with multiprocessing.get_context("fork").Pool(processes, _share, (folder, schools, sizes)) as pool:
        for number in pool.imap_unordered(_write, range(len(schools))):
            print(f"{schools[number].school.name}: {sizes[number]} records", flush=True)
    facts = [{"code": s.school.code, "name": s.school.name, "tax_code": s.school.tax_code} for s in schools]
    (folder / "schools.json").write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")


def _signed(ca: DemoCA, number: int, size: int) -> SignedSchool:
    school = make_school(seed=number + 1, pupils_per_class=-(-size // _GRADES))
    school = replace(
        school, code=f"3199{number:04d}", name=f"Trường Tiểu học Đo {number + 1}", tax_code=f"02098{number:05d}"
    )
    keys = {person.citizen_id: ca.person(person.name, person.citizen_id) for person in school.staff}
    return SignedSchool(school, keys, ca.organisation(school.name, school.tax_code))


_shared: tuple[Path, list[SignedSchool], list[int]]


def _share(*what: object) -> None:
    global _shared
    _shared = what  # type: ignore[assignment]


def _write(number: int) -> int:
    folder, schools, sizes = _shared
    own = schools[number]
    (folder / f"{own.school.code}.p12").write_bytes(to_pkcs12(own.seal, PASSWORD))
    with zipfile.ZipFile(folder / f"{own.school.code}.zip", "w") as archive:
        for place, (school_class, pupil) in enumerate(own.school.pupils[: sizes[number]]):
            archive.writestr(f"{place:05d}.xml", _released(own, school_class, _distinct(pupil, number, place)))
    return number


def _released(own: SignedSchool, school_class: SchoolClass, pupil: Pupil) -> bytes:
    document = build(record_for(own.school, school_class, pupil, created_at=NOW, released_at=NOW))
    rounds: dict[tuple[Stage, str | None], list[Slot]] = {}
    for slot in expected_slots(document.record):
        rounds.setdefault((slot.stage, slot.signer_citizen_id), []).append(slot)
    for (stage, citizen_id), slots in rounds.items():
        sealing = stage is Stage.RELEASE
        key = own.seal if sealing else own.keys[str(citizen_id)]
        role = seal_role(own.school.clerk.name) if sealing else None
        document = sign_slots(document, [s.id for s in slots], key, NOW, role)
    return document.data


def _distinct(pupil: Pupil, number: int, place: int) -> Pupil:
    """No special case, a code and a citizen id that nobody else in the city has."""
    serial = number * PUPILS_OF_A_SCHOOL + place
    citizen_id = f"999{3 if pupil.gender == '2' else 2}{pupil.birth_date[2:4]}{serial:06d}"
    return replace(pupil, code=f"9910{serial:06d}", citizen_id=citizen_id, seed=f"city/{serial}", case=None)


def main() -> None:
    """Make a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("records", type=int)
    parser.add_argument("--processes", type=int, default=2)
    chosen = parser.parse_args()
    make(chosen.folder, chosen.records, chosen.processes)


if __name__ == "__main__":
    main()
