"""Labels with their values: cover, pupil, issue, measures, and what the paper form has no place for."""

from __future__ import annotations

from hocbaso_app.record.model import General, Record, Substitution

from . import words
from .view import Line


def cover(general: General) -> tuple[Line, ...]:
    """Lines of page 1; a district only where the file still names one."""
    lines = [
        Line("Họ và tên học sinh", general.full_name),
        Line("Lớp", general.class_name),
        Line("Trường", _without_prefix(general.school_name)),
        Line("Năm học", words.school_year(general.school_year)),
        Line("Xã (Phường, Đặc khu)", general.commune_name),
        Line("Huyện (Quận, Thị xã)", general.district_name) if general.district_name else None,
        Line("Tỉnh (Thành phố)", general.province_name),
    ]
    return tuple(line for line in lines if line)


def _without_prefix(school: str) -> str:
    return school.removeprefix("Trường ")


def pupil(general: General) -> tuple[tuple[Line, ...], ...]:
    """Page 3 on the pupil and the family: what stands side by side on one row, in the official order."""
    rows = [
        (Line("Họ và tên học sinh", general.full_name), Line("Giới tính", words.label("genders", general.gender))),
        (
            Line("Ngày, tháng, năm sinh", words.date(general.birth_date)),
            Line("Dân tộc", words.label("ethnic_groups", general.ethnic_group)),
            Line("Quốc tịch", words.label("nationalities", general.nationality)),
        ),
        (Line("Mã số định danh cá nhân", general.citizen_id), Line("Mã học sinh", general.pupil_code)),
        (Line("Nơi sinh", general.birth_place),),
        (Line("Quê quán", general.home_town),),
        (Line("Nơi ở hiện nay", general.residence),),
        (Line("Họ và tên cha", general.father_name),),
        (Line("Họ và tên mẹ", general.mother_name),),
        (Line("Người giám hộ (nếu có)", general.guardian_name),),
    ]
    if general.priority_group:
        rows.append((Line("Đối tượng chính sách", general.priority_group),))
    return tuple(rows)


def issue(general: General) -> tuple[Line, ...]:
    """Look-up number, signer and day of issue (CV 2088, Phụ lục 2)."""
    return (
        Line("Mã số tra cứu học bạ (UUID)", general.record_code),
        Line("Người ký học bạ", general.principal_name),
        Line("Chức vụ của người ký học bạ", general.principal_title),
        Line("Ngày ký học bạ", words.moment(general.released_at)),
    )


def measures(general: General) -> tuple[Line, ...]:
    """Height, weight and absences at the head of page 4."""
    height, weight = words.number(general.height_cm), words.number(general.weight_kg)
    return (
        Line("Chiều cao", f"{height} cm" if height else None),
        Line("Cân nặng", f"{weight} kg" if weight else None),
        Line("Số buổi nghỉ có phép", general.excused_absences),
        Line("Không phép", general.unexcused_absences),
    )


def technical(record: Record) -> tuple[Line, ...]:
    """Values of the file that the paper form has no place for; absent ones are left out."""
    general, summary = record.general, record.summary
    lines = [
        Line("Cơ quan quản lý", f"{general.department_name} (mã {general.department_code})"),
        Line("Trường", f"{general.school_name} (mã {general.school_code})"),
        Line("Cấp học", f"{words.label('levels', general.level_code)} (mã {general.level_code})"),
        Line("Khối", words.grade(general.grade)),
        Line("Năm học (bắt đầu)", general.start_year),
        Line("Số sổ đăng bộ", general.register_number),
        Line("Loại trang", words.label("page_kinds", general.page_kind)),
        Line("Thời gian học", f"{words.date(general.from_date)} – {words.date(general.to_date)}"),
        Line("Ngày tạo", words.moment(general.created_at)),
        Line("Lần phát hành", general.issue_number),
        Line("Thay thế mã số", general.replaces_code) if general.replaces_code else None,
        Line("Được lên lớp", words.yes(summary.promoted)),
        Line("Hoàn thành chương trình lớp học", words.yes(summary.grade_completed)),
        Line("Hoàn thành chương trình tiểu học", words.yes(summary.primary_completed)),
        Line("Khuyết tật không đánh giá", words.yes(general.disability_not_assessed)),
        Line("CCCD Hiệu trưởng", general.principal_citizen_id),
        Line("CCCD giáo viên chủ nhiệm", general.homeroom_citizen_id),
        Line("Thông tư", general.circular),
        Line("Quy chế", general.regulation),
        Line("Định dạng; bộ quy tắc", f"{general.format_version}; {general.rule_pack}"),
        _revisions(record),
        *_substitutions(record),
    ]
    return tuple(line for line in lines if line and line.value is not None)


def _revisions(record: Record) -> Line:
    codes: dict[str, list[str]] = {}
    for part in record.general.part_revisions:
        codes.setdefault(part.revision, []).append(part.subject_code)
    words_of = [f"lần {revision}: mã môn {', '.join(listed)}" for revision, listed in codes.items()]
    return Line("Lần ghi của từng môn", "; ".join(words_of) or None)


def _substitutions(record: Record) -> list[Line]:
    general = record.general
    found: list[tuple[str, Substitution | None]] = [
        ("Ký thay giáo viên chủ nhiệm", general.homeroom_substitution),
        ("Ký thay Hiệu trưởng", general.principal_substitution),
        *((f"Ký thay ({s.subject_name})", s.substitution) for s in record.subjects),
    ]
    return [
        Line(
            name,
            f"thay {s.absent_name}, Quyết định số {s.decision_number}, từ {words.date(s.from_date)} "
            f"đến {words.date(s.to_date)}",
        )
        for name, s in found
        if s
    ]
