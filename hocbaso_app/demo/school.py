"""A made-up primary school of Hải Phòng after the two-level reform: one class per grade, its staff and its records.

Everything follows from the seed; a smaller class is the beginning of a larger
one. Hard cases stand first in their class, so even a class of three has its
own. No name, number or address belongs to anybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from random import Random
from uuid import UUID

from hocbaso_app.record.code_tables import table
from hocbaso_app.record.model import General, HistoryEntry, PartRevision, Record, Remarks, SubjectResult, Summary
from hocbaso_app.record.rules import RulePack, load_pack
from hocbaso_app.record.times import VIETNAM, write_instant

from .material import material
from .people import HardCase, Person, Pupil, make_pupil, make_staff
from .results import Year

GRADES = (1, 2, 3, 4, 5)
RULE_PACK = "tt27-1"
REGULATION = "Quy chế tạm thời, 6/2024"
HARD_CASES = {
    (1, 1): HardCase.PROMOTED_BY_DECISION,
    (2, 1): HardCase.NOT_ASSESSED,
    (3, 1): HardCase.MOVED_IN,
    (4, 1): HardCase.EXEMPT,
    (5, 1): HardCase.NO_CITIZEN_ID,
    (2, 2): HardCase.GUARDIAN,
}
"""(grade, number in class) → what is special about the pupil."""

MOVED_IN_ON = "2026-01-19T00:00:00+07:00"
LEFT_FORMER_ON = "2026-01-16T00:00:00+07:00"


@dataclass(frozen=True)
class SchoolClass:
    """One class: its homeroom teacher, who teaches each subject, its pupils."""

    grade: int
    name: str
    homeroom: Person
    teachers: dict[str, Person]
    pupils: tuple[Pupil, ...]


@dataclass(frozen=True)
class School:
    """The whole school in one school year."""

    code: str
    name: str
    tax_code: str
    school_year: str
    principal: Person
    clerk: Person
    specialists: dict[str, Person]
    classes: tuple[SchoolClass, ...]

    @property
    def staff(self) -> tuple[Person, ...]:
        """Everybody who needs a personal certificate: principal, homeroom teachers, specialists."""
        return (self.principal, *(c.homeroom for c in self.classes), *self.specialists.values())

    @property
    def pupils(self) -> tuple[tuple[SchoolClass, Pupil], ...]:
        """Every pupil with his class, in order."""
        return tuple((c, p) for c in self.classes for p in c.pupils)


def make_school(seed: int = 1, pupils_per_class: int = 35) -> School:
    """The school of a seed."""
    facts = material("school")
    rng = Random(f"{seed}/staff")
    taken: set[str] = set()
    principal = make_staff(rng, "Hiệu trưởng", 900001, taken, born=(1966, 1980))
    clerk = make_staff(rng, "Văn thư", 900002, taken)
    titles = {
        "english": "Giáo viên Tiếng Anh",
        "informatics": "Giáo viên Tin học",
        "physical": "Giáo viên Giáo dục thể chất",
        "music": "Giáo viên Âm nhạc",
        "drawing": "Giáo viên Mĩ thuật",
    }
    specialists = {kind: make_staff(rng, title, 900010 + n, taken) for n, (kind, title) in enumerate(titles.items())}
    homerooms = [make_staff(rng, "Giáo viên chủ nhiệm", 900020 + grade, taken) for grade in GRADES]
    classes = tuple(_make_class(seed, grade, homerooms[grade - 1], specialists, pupils_per_class) for grade in GRADES)
    return School(
        facts["school_code"],
        facts["school_name"],
        facts["tax_code"],
        facts["school_year"],
        principal,
        clerk,
        specialists,
        classes,
    )


def _make_class(seed: int, grade: int, homeroom: Person, specialists: dict[str, Person], count: int) -> SchoolClass:
    facts = material("school")
    start_year = int(facts["school_year"][:4])
    obligatory = _pack().obligatory_subjects[str(grade)]
    by_kind = {"homeroom": homeroom, **specialists}
    teacher_of = {code: by_kind[kind] for kind, codes in facts["teaching"].items() for code in codes}
    taken: set[str] = set()
    pupils = tuple(
        make_pupil(f"{seed}/{grade}/{n}", grade, n, start_year, taken, HARD_CASES.get((grade, n)))
        for n in range(1, count + 1)
    )
    teachers = {code: teacher_of[code] for code in table("subjects").values if code in obligatory}
    return SchoolClass(grade, f"{grade}A1", homeroom, teachers, pupils)


def record_for(
    school: School, school_class: SchoolClass, pupil: Pupil, *, created_at: datetime, released_at: datetime
) -> Record:
    """The confirmed year of one pupil as a record; its code follows from the pupil's seed."""
    facts, pack = material("school"), _pack()
    grade = school_class.grade
    frame = {
        "pupil_code": pupil.code,
        "school_code": school.code,
        "school_year": school.school_year,
        "page_kind": "CA_NAM",
        "from_date": facts["from_date"],
        "to_date": facts["to_date"],
    }
    year = Year.of(pupil, grade)
    subjects = tuple(
        year.subject(
            SubjectResult(
                subject_code=code,
                subject_name="Ngoại ngữ 1 (Tiếng Anh)" if code == "11" else table("subjects").label(code),
                revision="1",
                teacher_name=teacher.name,
                teacher_citizen_id=teacher.citizen_id,
                **frame,
            ),
            tested=code in pack.tested_subjects[str(grade)],
        )
        for code, teacher in school_class.teachers.items()
    )
    general = General(
        format_version="hp-1",
        circular=pack.circular,
        record_code=record_code(pupil),
        department_code=facts["department_code"],
        department_name=facts["department"],
        school_name=school.name,
        commune_name=facts["commune"],
        province_name=facts["province"],
        level_code="02",
        register_number=pupil.register_number,
        full_name=pupil.name,
        citizen_id=pupil.citizen_id,
        gender=pupil.gender,
        birth_date=pupil.birth_date,
        weight_kg=pupil.weight_kg,
        height_cm=pupil.height_cm,
        excused_absences=pupil.excused_absences,
        unexcused_absences=pupil.unexcused_absences,
        birth_place=pupil.birth_place,
        home_town=pupil.home_town,
        residence=pupil.residence,
        ethnic_group="01",
        nationality="VN",
        father_name=pupil.father,
        mother_name=pupil.mother,
        guardian_name=pupil.guardian,
        principal_name=school.principal.name,
        principal_citizen_id=school.principal.citizen_id,
        release_place=facts["place"],
        created_at=write_instant(created_at),
        released_at=write_instant(released_at.astimezone(VIETNAM).replace(hour=0, minute=0, second=0)),
        principal_title=school.principal.title,
        homeroom_name=school_class.homeroom.name,
        homeroom_citizen_id=school_class.homeroom.citizen_id,
        grade=f"{grade:02d}",
        class_name=school_class.name,
        start_year=school.school_year[:4],
        regulation=REGULATION,
        rule_pack=RULE_PACK,
        issue_number="1",
        disability_not_assessed="1" if pupil.case is HardCase.NOT_ASSESSED else "0",
        practice="1",
        part_revisions=tuple(PartRevision(subject_code=code, revision="1") for code in school_class.teachers),
        **frame,
    )
    draft = Record(
        general=general,
        history=_history(school, school_class, pupil),
        summary=Summary(),
        subjects=subjects,
        qualities=year.qualities(pack),
        remarks=Remarks(homeroom_remark="-"),
    )
    return year.finish(draft, pack)


def record_code(pupil: Pupil) -> str:
    """A UUID v4 drawn from the pupil's seed, so that a seed gives the same records again."""
    return str(UUID(int=Random(f"{pupil.seed}/code").getrandbits(128), version=4))


def _history(school: School, school_class: SchoolClass, pupil: Pupil) -> tuple[HistoryEntry, ...]:
    facts = material("school")
    former = facts["former_school"]
    this_year = int(school.school_year[:4])
    moved_in = pupil.case is HardCase.MOVED_IN

    def entry(grade: int, year: int, *, at_former: bool, arrived: str, left: str | None = None) -> HistoryEntry:
        return HistoryEntry(
            school_year=f"{year}-{year + 1}",
            class_name=f"{grade}{'B' if at_former else 'A1'}",
            school_code=former["code"] if at_former else school.code,
            school_name=former["name"] if at_former else school.name,
            province_name=facts["province"],
            arrived_at=arrived,
            left_at=left,
        )

    entries = []
    for grade in range(1, school_class.grade + 1):
        year = this_year - school_class.grade + grade
        left = LEFT_FORMER_ON if moved_in and grade == school_class.grade else None
        entries.append(entry(grade, year, at_former=moved_in, arrived=f"{year}-09-05T00:00:00+07:00", left=left))
    if moved_in:
        entries.append(entry(school_class.grade, this_year, at_former=False, arrived=MOVED_IN_ON))
    return tuple(entries)


def _pack() -> RulePack:
    pack = load_pack(RULE_PACK)
    if pack is None:
        raise LookupError(RULE_PACK)
    return pack
