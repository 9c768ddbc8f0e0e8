"""Made-up people: names by gender, citizen ids that can belong to nobody, plausible bodies and addresses.

A citizen id has three digits for the province of birth registration, one for
century and gender, two for the year of birth and six of serial (NĐ 137/2015,
Điều 13). Province codes end at 096; ours is 999.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from random import Random

from .material import material, pick_weighted

NOBODYS_PROVINCE = "999"
MALE, FEMALE = "1", "2"


class HardCase(str, Enum):
    """Pupils who make rules matter; each stands once in the school."""

    MOVED_IN = "moved in from another school in January"
    EXEMPT = "exempt from physical education (M)"
    NOT_ASSESSED = "disability, not assessed"
    PROMOTED_BY_DECISION = "not completed, promoted by the principal's decision"
    NO_CITIZEN_ID = "no citizen id yet"
    GUARDIAN = "lives with a guardian"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the staff."""

    name: str
    citizen_id: str
    gender: str
    title: str


@dataclass(frozen=True, slots=True)
class Pupil:
    """A pupil's profile; values as they stand in a record."""

    code: str
    register_number: str
    name: str
    gender: str
    birth_date: str
    citizen_id: str | None
    birth_place: str
    home_town: str
    residence: str
    father: str | None
    mother: str | None
    guardian: str | None
    height_cm: str
    weight_kg: str
    excused_absences: str
    unexcused_absences: str
    seed: str
    case: HardCase | None = None


def citizen_id(gender: str, birth_year: int, serial: int) -> str:
    """A 12-digit number of the reserved province."""
    century = (birth_year // 100 - 19) * 2 + (gender == FEMALE)
    return f"{NOBODYS_PROVINCE}{century}{birth_year % 100:02d}{serial:06d}"


def make_staff(
    rng: Random, title: str, serial: int, taken: set[str], *, born: tuple[int, int] = (1970, 1998)
) -> Person:
    """A member of staff whose name is not taken yet."""
    gender = FEMALE if rng.random() < 0.75 else MALE
    year = rng.randint(*born)
    name = _new_name(rng, "woman" if gender == FEMALE else "man", taken)
    return Person(name, citizen_id(gender, year, serial), gender, title)


def make_pupil(seed: str, grade: int, number: int, start_year: int, taken: set[str], case: HardCase | None) -> Pupil:
    """Pupil ``number`` (from 1) of the class of ``grade``; the same for the same seed, whatever the class size."""
    rng = Random(seed)
    names = material("names")
    gender = MALE if rng.random() < 0.52 else FEMALE
    name = _new_name(rng, "boy" if gender == MALE else "girl", taken)
    born = date(start_year - 5 - grade, 1, 1) + timedelta(days=rng.randrange(365))
    serial = grade * 1000 + number
    guardian = case is HardCase.GUARDIAN
    height, height_spread, weight, weight_spread = material("school")["body"][str(grade)]
    build = max(-2.0, min(2.0, rng.gauss(0, 1)))
    return Pupil(
        code=f"99000{serial:05d}",
        register_number=f"TH-{start_year - grade + 1}-{number:03d}",
        name=name,
        gender=gender,
        birth_date=born.isoformat(),
        citizen_id=None if case is HardCase.NO_CITIZEN_ID else citizen_id(gender, born.year, serial),
        birth_place=pick_weighted(rng, names["birth_places"]),
        home_town=pick_weighted(rng, names["home_towns"]),
        residence=f"Số {rng.randint(2, 168)} đường {rng.choice(names['streets'])}, "
        "phường Hoa Phượng, thành phố Hải Phòng",
        father=None if guardian else f"{name.split()[0]} {rng.choice(names['man'])}",
        mother=None if guardian else _name(rng, "woman"),
        guardian=_name(rng, "woman") if guardian else None,
        height_cm=str(round(height + build * height_spread)),
        weight_kg=f"{weight + (build * 0.7 + rng.gauss(0, 0.4)) * weight_spread:.1f}",
        excused_absences=str(min(12, int(rng.expovariate(0.5)))),
        unexcused_absences="1" if rng.random() < 0.05 else "0",
        seed=seed,
        case=case,
    )


def _name(rng: Random, kind: str) -> str:
    names = material("names")
    return f"{pick_weighted(rng, names['family'])} {rng.choice(names[kind])}"


def _new_name(rng: Random, kind: str, taken: set[str]) -> str:
    while (name := _name(rng, kind)) in taken:
        pass
    taken.add(name)
    return name
