"""The made-up school: every record right, deterministic, nobody real in it."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from hocbaso_app.demo.people import HardCase, Pupil
from hocbaso_app.demo.school import School, SchoolClass, make_school, record_for
from hocbaso_app.record.document import build
from hocbaso_app.record.model import Record
from hocbaso_app.record.rules import check

NOW = datetime(2026, 6, 2, 1, 0, tzinfo=timezone.utc)


@pytest.fixture(scope="module")
def school() -> School:
    return make_school(7, 35)


def record(school: School, pair: tuple[SchoolClass, Pupil]) -> Record:
    return record_for(school, *pair, created_at=NOW, released_at=NOW)


def of_case(school: School, case: HardCase) -> Record:
    return record(school, next(pair for pair in school.pupils if pair[1].case is case))


def test_every_record_builds_and_keeps_the_rules(school: School) -> None:
    for pair in school.pupils:
        made = record(school, pair)
        assert build(made).record == made
        codes = [(f.code, f.blocks) for f in check(made, today=NOW.date())]
        expected = [("CCCD_MISSING", "release")] if pair[1].case is HardCase.NO_CITIZEN_ID else []
        assert codes == expected, pair[1].name


def test_results_are_spread_and_hard_cases_are_there(school: School) -> None:
    results = [record(school, pair).summary.overall_result for pair in school.pupils]
    for result, least in {"Hoàn thành xuất sắc": 15, "Hoàn thành tốt": 25, "Hoàn thành": 40}.items():
        assert results.count(result) >= least
    assert {p.case for _, p in school.pupils} - {None} == set(HardCase)

    moved = of_case(school, HardCase.MOVED_IN)
    assert moved.history[-2].left_at and moved.history[-2].school_code != moved.general.school_code
    assert [s.subject_code for s in of_case(school, HardCase.EXEMPT).subjects if s.level == "M"] == ["88"]
    not_assessed = of_case(school, HardCase.NOT_ASSESSED)
    assert not_assessed.summary.overall_result is None
    assert all(s.level is None for s in not_assessed.subjects)
    by_decision = of_case(school, HardCase.PROMOTED_BY_DECISION).summary
    assert (by_decision.overall_result, by_decision.promoted) == ("Chưa hoàn thành", "1")
    assert by_decision.promotion_decision
    assert of_case(school, HardCase.NO_CITIZEN_ID).general.citizen_id is None


def test_the_same_seed_gives_the_same_school_and_a_small_class_is_the_beginning_of_a_large_one(school: School) -> None:
    small = make_school(7, 3)
    assert small.staff == school.staff
    for few, many in zip(small.classes, school.classes, strict=True):
        assert few.pupils == many.pupils[:3]
    assert record(small, small.pupils[0]) == record(school, school.pupils[0])
    assert make_school(8, 3) != small


def test_codes_are_unique_and_citizen_ids_of_no_province(school: School) -> None:
    records = [record(school, pair) for pair in school.pupils]
    assert len({r.general.record_code for r in records}) == len({r.general.pupil_code for r in records}) == 175
    ids = [p.citizen_id for p in (*school.staff, school.clerk)]
    ids += [r.general.citizen_id for r in records if r.general.citizen_id]
    assert len(set(ids)) == len(ids)
    assert all(i.startswith("999") and len(i) == 12 for i in ids)


def test_no_remark_names_anybody(school: School) -> None:
    for pair in school.pupils:
        made = record(school, pair)
        given_name = pair[1].name.split(maxsplit=1)[1]
        words = [made.remarks.homeroom_remark, *(s.remark or "" for s in made.subjects)]
        assert not any(given_name in text for text in words)


def test_staff_teach_the_curriculum(school: School) -> None:
    for school_class in school.classes:
        assert len(school_class.teachers) == {1: 8, 2: 8, 3: 11, 4: 12, 5: 12}[school_class.grade]
        assert school_class.teachers["02"] == school_class.homeroom
        assert school_class.teachers["88"] == school.specialists["physical"]
        assert school.principal not in school_class.teachers.values()
