"""One class as ERPNext Education knows it: pupils, guardians, attendance, marks; as values of the core's record.

Reads only, with plain queries per class (not per pupil). What Education has no
place for (levels, qualities, remarks) stays empty.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import frappe
from frappe import _
from frappe.utils import format_datetime

from hocbaso_app.education.classes import grade_of
from hocbaso_app.education.scores import read_scores
from hocbaso_app.record import model
from hocbaso_app.services import convert, signers, states


@dataclass(frozen=True)
class PupilData:
    """A pupil's row in Education, the record that follows from it, what can't be taken as it stands, and the sources.

    ``sources``: one line per group of fields, where it is from and when that was last changed there.
    """

    student: str
    name: str
    record: model.Record
    faults: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


def read_class(student_group: str) -> list[PupilData]:
    """Every active pupil of a class, in roll order."""
    group = frappe.get_doc("Student Group", student_group)
    year = frappe.get_doc("Academic Year", group.academic_year)
    teachers = signers.of_class(student_group)
    unit = _unit_of(student_group)
    students = [
        row.student for row in sorted(group.students, key=lambda r: (r.group_roll_number or 0, r.idx)) if row.active
    ]
    if not students:
        return []
    rows = {row.name: row for row in frappe.get_all("Student", {"name": ("in", students)}, ["*"], order_by="name")}
    guardians, absences = _guardians(students), _absences(students, year)
    scores, history = read_scores(students, student_group), _history(students, unit)
    frame = _Frame(group, year, unit, teachers)
    return [
        PupilData(
            s,
            rows[s].student_name,
            frame.record(rows[s], guardians[s], absences[s], scores.marks[s], history[s]),
            tuple(scores.faults[s]),
            _sources(rows[s], scores.changed_at.get(s), absences[s], history[s]),
        )
        for s in students
    ]


def _sources(student: Any, marks_at: Any, absences: tuple[int, int], history: Any) -> tuple[str, ...]:
    with states.in_vietnamese():
        personal = _("Personal data and parents: Student {0}, changed {1}").format(
            student.name, format_datetime(student.modified, "d/M/yyyy HH:mm")
        )
        lines = [personal]
        if marks_at:
            lines.append(_("Marks: Assessment Result, changed {0}").format(format_datetime(marks_at, "d/M/yyyy HH:mm")))
        if sum(absences):
            lines.append(_("Absences: Student Attendance, {0} days").format(sum(absences)))
        if history:
            lines.append(_("Learning history: Program Enrollment, {0} years").format(len(history)))
    return tuple(lines)


def scores_of(students: list[str], student_group: str) -> dict[str, dict[str, str]]:
    """Pupil → subject code → year-end mark, for those that can be taken as they stand."""
    return read_scores(students, student_group).marks


def _unit_of(student_group: str) -> Any:
    name = frappe.db.get_value("HBS Teaching Assignment", {"student_group": student_group}, "unit")
    return frappe.get_doc("HBS Unit", name) if name else frappe._dict()


@dataclass(frozen=True)
class _Frame:
    """What is the same for all pupils of a class."""

    group: Any
    year: Any
    unit: Any
    teachers: dict[str, signers.Signer]

    def record(
        self, row: Any, guardians: dict[str, str], absences: Any, scores: dict[str, str], history: Any
    ) -> model.Record:
        settings = frappe.get_cached_doc("HBS Settings")
        name = self.year.academic_year_name
        frame = {
            "pupil_code": row.hbs_pupil_code or "",
            "school_code": self.unit.code or "",
            "school_year": name,
            "page_kind": "CA_NAM",
            "from_date": str(self.year.year_start_date),
            "to_date": str(self.year.year_end_date),
        }
        department = _department(self.unit)
        principal = signers.principal_of(self.unit.name) or signers.Signer("", "")
        homeroom = self.teachers.get(signers.HOMEROOM)
        general = model.General(
            format_version=settings.format_version,
            circular=settings.circular,
            record_code="",
            department_code=(department.code or "")[:2],
            department_name=department.unit_name or "",
            school_name=self.unit.unit_name or "",
            commune_name=self.unit.commune_name or "",
            province_name=self.unit.province_name or "",
            level_code=settings.level_code,
            register_number=row.hbs_register_number or None,
            full_name=row.student_name,
            citizen_id=row.hbs_citizen_id or None,
            gender={"Male": "1", "Female": "2"}.get(row.gender or "", "0"),
            birth_date=str(row.date_of_birth or ""),
            weight_kg=_number(row.hbs_weight_kg),
            height_cm=_number(row.hbs_height_cm),
            excused_absences=str(absences[0]),
            unexcused_absences=str(absences[1]),
            birth_place=row.hbs_birth_place or "",
            home_town=row.hbs_home_town or "",
            residence=", ".join(part for part in (row.address_line_1, row.address_line_2, row.city) if part),
            ethnic_group=row.hbs_ethnic_group or "",
            nationality="VN"
            if (row.nationality or "Việt Nam") in ("Việt Nam", "Vietnam", "VN")
            else str(row.nationality)[:2].upper(),
            father_name=guardians.get("Father"),
            mother_name=guardians.get("Mother"),
            guardian_name=guardians.get("Others"),
            principal_name=principal.full_name,
            principal_citizen_id=principal.citizen_id,
            release_place=self.unit.release_place or "",
            created_at="",
            released_at="",
            principal_title=principal.job_title,
            homeroom_name=homeroom.full_name if homeroom else "",
            homeroom_citizen_id=homeroom.citizen_id if homeroom else "",
            grade=grade_of(self.group.program) or "",
            class_name=self.group.name,
            start_year=name[:4],
            regulation=settings.regulation,
            rule_pack=settings.rule_pack,
            issue_number="1",
            disability_not_assessed="1" if row.hbs_disability_not_assessed else "0",
            priority_group=row.hbs_priority_group or None,
            homeroom_substitution=homeroom.substitution if homeroom else None,
            principal_substitution=principal.substitution,
            practice="1" if settings.environment == "practice" else None,
            **frame,
        )
        names = dict(_subject_names())
        subjects = tuple(
            model.SubjectResult(
                subject_code=code,
                subject_name=names[code],
                score=scores.get(code),
                revision="1",
                teacher_name=self.teachers[code].full_name,
                teacher_citizen_id=self.teachers[code].citizen_id,
                substitution=self.teachers[code].substitution,
                **frame,
            )
            for code in names
            if code in self.teachers
        )
        return model.Record(
            general=general,
            history=history,
            summary=model.Summary(),
            subjects=subjects,
            qualities=model.Qualities(),
            remarks=model.Remarks(homeroom_remark=""),
        )


def _number(value: Any) -> str | None:
    return f"{float(value):.4f}".rstrip("0").rstrip(".") if value else None


def _subject_names() -> list[tuple[str, str]]:
    rows = frappe.get_all("HBS Subject", {"enabled": 1}, ["subject_code", "subject_name"], order_by="display_order")
    return [(row.subject_code, row.subject_name) for row in rows]


def _department(unit: Any) -> Any:
    if not unit.get("name"):
        return frappe._dict()
    above = {"lft": ("<", unit.lft), "rgt": (">", unit.rgt), "kind": "Department"}
    return frappe.db.get_value("HBS Unit", above, ["code", "unit_name"], as_dict=True) or frappe._dict()


def _guardians(students: list[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for row in frappe.get_all(
        "Student Guardian",
        {"parent": ("in", students)},
        ["parent", "guardian_name", "relation"],
        order_by="parent, idx",
    ):
        found[row.parent].setdefault(row.relation or "Others", row.guardian_name)
    return found


def _absences(students: list[str], year: Any) -> dict[str, tuple[int, int]]:
    """Absences with and without a leave application in the school year."""
    found: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for row in frappe.get_all(
        "Student Attendance",
        {
            "student": ("in", students),
            "status": "Absent",
            "docstatus": 1,
            "date": ("between", (year.year_start_date, year.year_end_date)),
        },
        ["student", "leave_application"],
    ):
        excused, unexcused = found[row.student]
        found[row.student] = (excused + 1, unexcused) if row.leave_application else (excused, unexcused + 1)
    return found


def _history(students: list[str], unit: Any) -> dict[str, tuple[model.HistoryEntry, ...]]:
    """One entry per submitted enrolment in grades 1 to 5, oldest first, with the class of that year."""
    rows = frappe.get_all(
        "Program Enrollment",
        {"student": ("in", students), "docstatus": 1},
        ["student", "academic_year", "enrollment_date", "program"],
        order_by="academic_year, enrollment_date",
    )
    rows = [row for row in rows if grade_of(row.program)]
    groups = frappe.get_all("Student Group Student", {"student": ("in", students), "active": 1}, ["student", "parent"])
    years = {
        g.name: g.academic_year
        for g in frappe.get_all(
            "Student Group", {"name": ("in", [g.parent for g in groups])}, ["name", "academic_year"]
        )
    }
    class_of = {(g.student, years.get(g.parent)): g.parent for g in groups}
    found: dict[str, list[model.HistoryEntry]] = defaultdict(list)
    for row in rows:
        found[row.student].append(
            model.HistoryEntry(
                school_year=row.academic_year,
                class_name=class_of.get((row.student, row.academic_year), row.program),
                school_code=unit.get("code"),
                school_name=unit.get("unit_name") or "",
                province_name=unit.get("province_name"),
                arrived_at=convert.instant(frappe.utils.get_datetime(f"{row.enrollment_date} 00:00:00")),
            )
        )
    return defaultdict(tuple, {student: tuple(entries) for student, entries in found.items()})
