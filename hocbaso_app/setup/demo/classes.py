"""Classes as Education has them: programs, courses, pupils, guardians, enrolments, attendance, marks, assignments."""

from __future__ import annotations

import frappe
from frappe.utils import add_days, getdate

from hocbaso_app.demo.material import material
from hocbaso_app.demo.school import School, SchoolClass
from hocbaso_app.record.code_tables import table
from hocbaso_app.record.rules import load_pack
from hocbaso_app.setup.demo.instructors import make_instructors
from hocbaso_app.setup.demo.making import DOMAIN, STARTED, make_keyed, make_named
from hocbaso_app.setup.demo.world import World, values_of

SCALE, CRITERION, FINAL_TEST = "Thang điểm 10 (HBS)", "Bài kiểm tra cuối năm", "Kiểm tra cuối năm"


def make_frame(school: School) -> None:
    """What all classes share: school year, genders, grading scale, the year-end test."""
    facts = material("school")
    make_named("Academic Year", school.school_year, year_start_date=facts["from_date"], year_end_date=facts["to_date"])
    if not frappe.db.exists("Gender", "Male"):
        for gender in ("Male", "Female"):
            frappe.get_doc({"doctype": "Gender", "gender": gender}).insert(ignore_permissions=True)
    frappe.db.set_single_value("Education Settings", "user_creation_skip", 1)
    make_named("Assessment Criteria", CRITERION)
    if not frappe.db.exists("Grading Scale", SCALE):
        levels = [{"grade_code": "Đạt", "threshold": 50}, {"grade_code": "Chưa đạt", "threshold": 0}]
        scale = frappe.get_doc({"doctype": "Grading Scale", "grading_scale_name": SCALE, "intervals": levels})
        scale.insert(ignore_permissions=True).submit()
    root = "All Assessment Groups"
    if not frappe.db.exists("Assessment Group", root):
        group = frappe.get_doc({"doctype": "Assessment Group", "assessment_group_name": root, "is_group": 1})
        group.flags.ignore_mandatory = True
        group.insert(ignore_permissions=True)
    make_named("Assessment Group", FINAL_TEST, parent_assessment_group=root)


def make_class(world: World, school_class: SchoolClass) -> str:
    """Program, courses, pupils, group, assignments, attendance and marks of one class."""
    school, grade = world.school, school_class.grade
    program = f"Lớp {grade}"
    courses = {code: _course(code, grade) for code in school_class.teachers}
    make_named("Program", program, courses=[{"course": name} for name in courses.values()])
    students = [_student(school, school_class, number) for number in range(len(school_class.pupils))]
    for number, student in enumerate(students):
        _enrol(school, program, student, school_class.pupils[number].name)
    name = school_class.name
    if not frappe.db.exists("Student Group", name):
        rows = [{"student": s, "group_roll_number": n, "active": 1} for n, s in enumerate(students, 1)]
        frappe.get_doc(
            {
                "doctype": "Student Group",
                "student_group_name": name,
                "academic_year": school.school_year,
                "group_based_on": "Activity",
                "program": program,
                "students": rows,
            }
        ).insert(ignore_permissions=True)
    frame = {"student_group": name, "academic_year": school.school_year, "unit": world.unit}
    homeroom = world.staff[school_class.homeroom.citizen_id]
    make_keyed(
        "HBS Teaching Assignment", {**frame, "kind": "Homeroom"}, staff=homeroom, from_date=STARTED, source="Education"
    )
    for code, teacher in school_class.teachers.items():
        key = {**frame, "kind": "Subject", "subject": code}
        source = {"from_date": STARTED, "source": "Education"}
        make_keyed("HBS Teaching Assignment", key, staff=world.staff[teacher.citizen_id], **source)
    make_instructors(school_class, name, school.school_year, courses, world.staff)
    _absences(school_class, students)
    _marks(world, school_class, students, courses)
    return name


def _course(code: str, grade: int) -> str:
    name = f"{table('subjects').label(code)} {grade}"
    if not frappe.db.exists("Course", name):
        criteria = [{"assessment_criteria": CRITERION, "weightage": 100}]
        course = {
            "doctype": "Course",
            "course_name": name,
            "default_grading_scale": SCALE,
            "assessment_criteria": criteria,
        }
        frappe.get_doc(course).insert(ignore_permissions=True)
    if not frappe.db.exists("HBS Subject Course", {"course": name}):
        subject = frappe.get_doc("HBS Subject", code)
        subject.append("courses", {"course": name})
        subject.save(ignore_permissions=True)
    return name


def _student(school: School, school_class: SchoolClass, index: int) -> str:
    pupil = school_class.pupils[index]
    guardians = [("Father", pupil.father), ("Mother", pupil.mother), ("Others", pupil.guardian)]
    return make_keyed(
        "Student",
        {"hbs_pupil_code": pupil.code},
        enabled=1,
        first_name=pupil.name,
        student_email_id=f"hs{pupil.code}@{DOMAIN}",
        joining_date=f"{int(school.school_year[:4]) - school_class.grade + 1}-09-05",
        date_of_birth=pupil.birth_date,
        gender="Male" if pupil.gender == "1" else "Female",
        nationality="Việt Nam",
        address_line_1=pupil.residence,
        guardians=[
            {"guardian": _guardian(name), "guardian_name": name, "relation": relation}
            for relation, name in guardians
            if name
        ],
        hbs_citizen_id=pupil.citizen_id,
        hbs_birth_place=pupil.birth_place,
        hbs_home_town=pupil.home_town,
        hbs_ethnic_group="01",
        hbs_register_number=pupil.register_number,
        hbs_weight_kg=float(pupil.weight_kg),
        hbs_height_cm=float(pupil.height_cm),
        hbs_disability_not_assessed=int(pupil.case is not None and pupil.case.name == "NOT_ASSESSED"),
    )


def _guardian(name: str) -> str:
    doc = frappe.get_doc({"doctype": "Guardian", "guardian_name": name}).insert(ignore_permissions=True)
    return str(doc.name)


def _enrol(school: School, program: str, student: str, name: str) -> None:
    key = {"student": student, "academic_year": school.school_year}
    if not frappe.db.exists("Program Enrollment", key):
        day = material("school")["from_date"]
        enrolment = {
            "doctype": "Program Enrollment",
            **key,
            "program": program,
            "enrollment_date": day,
            "student_name": name,
        }
        doc = frappe.get_doc(enrolment)
        doc.flags.ignore_links = True
        doc.insert(ignore_permissions=True).submit()


def _absences(school_class: SchoolClass, students: list[str]) -> None:
    """Absences as attendance rows; those with leave have an application."""
    first = getdate(material("school")["from_date"])
    for student, pupil in zip(students, school_class.pupils, strict=True):
        if frappe.db.exists("Student Attendance", {"student": student}):
            continue
        excused, unexcused = int(pupil.excused_absences), int(pupil.unexcused_absences)
        for number in range(excused + unexcused):
            day = add_days(first, 7 * (number + 1))
            leave = None
            if number < excused:
                leave = frappe.get_doc(
                    {
                        "doctype": "Student Leave Application",
                        "student": student,
                        "from_date": day,
                        "to_date": day,
                        "student_group": school_class.name,
                        "reason": "Gia đình xin phép",
                    }
                )
                leave.flags.ignore_validate = True
                leave.insert(ignore_permissions=True)
            row = frappe.get_doc(
                {
                    "doctype": "Student Attendance",
                    "student": student,
                    "date": day,
                    "student_group": school_class.name,
                    "status": "Absent",
                    "leave_application": leave.name if leave else None,
                }
            )
            row.flags.ignore_validate = True
            row.insert(ignore_permissions=True).submit()


def _marks(world: World, school_class: SchoolClass, students: list[str], courses: dict[str, str]) -> None:
    """The end-of-year test of every tested subject as an assessment plan with submitted results."""
    pack = load_pack("tt27-1")
    tested = pack.tested_subjects[str(school_class.grade)] if pack else ()
    wanted = {code: name for code, name in courses.items() if code in tested}
    year = values_of(world, school_class)
    for hour, (code, course) in enumerate(wanted.items()):
        if frappe.db.exists("Assessment Plan", {"student_group": school_class.name, "course": course}):
            continue
        plan = frappe.get_doc(
            {
                "doctype": "Assessment Plan",
                "student_group": school_class.name,
                "assessment_name": f"{FINAL_TEST} {course}",
                "assessment_group": FINAL_TEST,
                "grading_scale": SCALE,
                "course": course,
                "program": f"Lớp {school_class.grade}",
                "academic_year": world.school.school_year,
                "schedule_date": add_days(getdate(material("school")["to_date"]), -20 + hour),
                "from_time": "08:00:00",
                "to_time": "09:00:00",
                "maximum_assessment_score": 10,
                "assessment_criteria": [{"assessment_criteria": CRITERION, "maximum_score": 10}],
            }
        )
        plan.insert(ignore_permissions=True).submit()
        for student, record in zip(students, year, strict=True):
            score = next(s.score for s in record.subjects if s.subject_code == code)
            if score and score != "M":
                result = {
                    "doctype": "Assessment Result",
                    "assessment_plan": plan.name,
                    "student": student,
                    "student_group": school_class.name,
                    "course": course,
                    "program": plan.program,
                    "academic_year": plan.academic_year,
                    "assessment_group": FINAL_TEST,
                    "grading_scale": SCALE,
                    "maximum_score": 10,
                    "details": [{"assessment_criteria": CRITERION, "maximum_score": 10, "score": float(score)}],
                }
                frappe.get_doc(result).insert(ignore_permissions=True).submit()
