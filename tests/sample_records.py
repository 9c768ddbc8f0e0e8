"""Made-up records that are right in every rule, for tests to damage."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hocbaso_app.record import model

PUPIL, SCHOOL, YEAR = "9900000001", "31999901", "2025-2026"
PERIOD = {"from_date": "2025-09-05", "to_date": "2026-05-31"}
SUBJECTS = {
    "02": ("Tiếng Việt", "12345", "9"),
    "01": ("Toán", "12345", "10"),
    "11": ("Ngoại ngữ 1 (Tiếng Anh)", "345", "9"),
    "05": ("Lịch sử và Địa lí", "45", "9"),
    "13": ("Khoa học", "45", "10"),
    "12": ("Tin học và Công nghệ (Tin học)", "345", "9"),
    "87": ("Tin học và Công nghệ (Công nghệ)", "345", "9"),
    "03": ("Đạo đức", "12345", None),
    "04": ("Tự nhiên và Xã hội", "123", None),
    "88": ("Giáo dục thể chất", "12345", None),
    "89": ("Nghệ thuật (Âm nhạc)", "12345", None),
    "90": ("Nghệ thuật (Mĩ thuật)", "12345", None),
    "91": ("Hoạt động trải nghiệm", "12345", None),
}
"""Subject code → name, grades that study it, an end-of-year mark where the subject has a test."""

TEACHERS = {
    "homeroom": ("Phạm Thị Hoa Mai", "999185000001"),
    "english": ("Đỗ Thu Hằng", "999188000002"),
    "arts": ("Vũ Quốc Anh", "999190000003"),
}
PRINCIPAL = ("Trần Thị Bích Ngọc", "999175000009")


def teacher_of(subject_code: str) -> tuple[str, str]:
    """Who teaches a subject in the sample class."""
    return TEACHERS[{"11": "english", "89": "arts", "90": "arts"}.get(subject_code, "homeroom")]


def sample_record(grade: int = 5, **general_changes: Any) -> model.Record:
    """A complete, excellent pupil of ``grade``; keyword arguments replace fields of the general group."""
    codes = [code for code, (_, grades, _) in SUBJECTS.items() if str(grade) in grades]
    common = {"pupil_code": PUPIL, "school_code": SCHOOL, "school_year": YEAR, "page_kind": "CA_NAM", **PERIOD}
    general = model.General(
        format_version="hp-1",
        circular="27/2020",
        record_code="123e4567-e89b-42d3-a456-556642440000",
        department_code="31",
        department_name="Sở Giáo dục và Đào tạo Hải Phòng",
        school_name="Trường Tiểu học Hoa Phượng",
        commune_name="Phường Hoa Phượng",
        province_name="Thành phố Hải Phòng",
        level_code="02",
        register_number="TH-0001",
        full_name="Nguyễn Ngọc Ánh Dương",
        citizen_id="999315000001",
        gender="2",
        birth_date=f"{2020 - grade}-03-15",
        weight_kg="31.5",
        height_cm="134",
        excused_absences="2",
        unexcused_absences="0",
        birth_place="Phường Hoa Phượng, thành phố Hải Phòng",
        home_town="Phường Hoa Phượng, thành phố Hải Phòng",
        residence="Số 1 đường Phượng Đỏ, phường Hoa Phượng, thành phố Hải Phòng",
        ethnic_group="01",
        nationality="VN",
        father_name="Nguyễn Văn Bình",
        mother_name="Lê Thị Hạnh",
        principal_name=PRINCIPAL[0],
        principal_citizen_id=PRINCIPAL[1],
        release_place="Hải Phòng",
        created_at="2026-05-25T08:00:00+07:00",
        released_at="2026-05-29T00:00:00+07:00",
        principal_title="Hiệu trưởng",
        homeroom_name=TEACHERS["homeroom"][0],
        homeroom_citizen_id=TEACHERS["homeroom"][1],
        grade=f"0{grade}",
        class_name=f"{grade}A1",
        start_year="2025",
        regulation="Quy chế tạm thời, 6/2024",
        rule_pack="tt27-1",
        issue_number="1",
        disability_not_assessed="0",
        practice="1",
        part_revisions=tuple(model.PartRevision(subject_code=code, revision="1") for code in codes),
        **common,
    )
    subjects = tuple(
        model.SubjectResult(
            subject_code=code,
            subject_name=SUBJECTS[code][0],
            level="T",
            score=SUBJECTS[code][2] if grade >= 3 or code in ("01", "02") else None,
            remark="Nắm chắc kiến thức, vận dụng tốt.",
            revision="1",
            teacher_name=teacher_of(code)[0],
            teacher_citizen_id=teacher_of(code)[1],
            **common,
        )
        for code in codes
    )
    levels = {name: "T" for name, tag, _ in model.elements_of(model.Qualities) if not tag.startswith("NHAN_XET")}
    if grade < 3:
        levels.update(technology=None, informatics=None)
    last = f"Hoàn thành chương trình lớp {grade}; Được lên lớp {grade + 1}."
    return model.Record(
        general=replace(general, **general_changes),
        history=(
            model.HistoryEntry(
                school_year=YEAR,
                class_name=f"{grade}A1",
                school_code=SCHOOL,
                school_name="Trường Tiểu học Hoa Phượng",
                province_name="Thành phố Hải Phòng",
                arrived_at="2025-09-05T00:00:00+07:00",
            ),
        ),
        summary=model.Summary(
            overall_result="Hoàn thành xuất sắc",
            promoted="1",
            completion_text="Hoàn thành chương trình tiểu học." if grade == 5 else last,
            grade_completed="1",
            primary_completed="1" if grade == 5 else "0",
            rewards="Học sinh Xuất sắc",
        ),
        subjects=subjects,
        qualities=model.Qualities(
            **levels,
            qualities_remark="Chăm học, biết giúp đỡ bạn.",
            general_remark="Tự giác, hợp tác tốt.",
            specific_remark="Ngôn ngữ lưu loát, tính toán nhanh.",
        ),
        remarks=model.Remarks(homeroom_remark="Em chăm ngoan, học tốt đều các môn."),
    )


def with_common(record: model.Record, **changes: str) -> model.Record:
    """``record`` with values that the general group shares with every subject part changed in both."""
    subjects = tuple(replace(s, **changes) for s in record.subjects)
    return replace(record, general=replace(record.general, **changes), subjects=subjects)


def in_year(record: model.Record, first: int) -> model.Record:
    """The same year of school, ``first``-``first + 1``."""
    year = f"{first}-{first + 1}"
    shifted = with_common(record, school_year=year, from_date=f"{first}-09-05", to_date=f"{first + 1}-05-31")
    general = replace(
        shifted.general,
        start_year=str(first),
        created_at=f"{first + 1}-05-25T08:00:00+07:00",
        released_at=f"{first + 1}-05-29T00:00:00+07:00",
        birth_date=f"{first - 5 - int(record.general.grade)}-03-15",
    )
    entry = replace(record.history[-1], school_year=year, arrived_at=f"{first}-09-05T00:00:00+07:00")
    return replace(shifted, general=general, history=(entry,))


def mid_year(record: model.Record, to_date: str = "2026-01-16") -> model.Record:
    """The page of a pupil who leaves on ``to_date``: no marks of the year's end, no result, no promotion."""
    page = with_common(record, page_kind="GIUA_NAM", to_date=to_date)
    general = replace(page.general, created_at=f"{to_date}T08:00:00+07:00", released_at=f"{to_date}T00:00:00+07:00")
    history = (*record.history[:-1], replace(record.history[-1], left_at=f"{to_date}T00:00:00+07:00"))
    subjects = tuple(replace(s, score=None) for s in page.subjects)
    return replace(page, general=general, history=history, subjects=subjects, summary=model.Summary())
