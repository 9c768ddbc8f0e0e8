"""The made-up school of the demo on a real site: units, staff, users, Education's own records, certificates.

Everything is entered as a school would have it: pupils, guardians, classes,
enrolments, attendance and marks in Education; the rest is read in from there.
Runs again without doubling anything. Practice sites only.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import frappe
from frappe.utils import add_days, getdate

from hocbaso_app.demo.ca import DEPARTMENT, DEPARTMENT_TAX_CODE, DemoCA
from hocbaso_app.demo.material import material
from hocbaso_app.demo.people import Person
from hocbaso_app.demo.school import GRADES, School, SchoolClass, make_school
from hocbaso_app.record.code_tables import table
from hocbaso_app.record.rules import load_pack
from hocbaso_app.services import certificates, convert, keys, trust
from hocbaso_app.setup import demo_portal, demo_secrets, modules, roles
from hocbaso_app.setup.demo_board import make_board
from hocbaso_app.setup.demo_instructors import make_instructors
from hocbaso_app.setup.demo_parents import make_parents
from hocbaso_app.signing.trust import RegisteredCertificate, RegisteredSchool

DOMAIN = "hoaphuong.example.invalid"
SCALE, CRITERION, FINAL_TEST = "Thang điểm 10 (HBS)", "Bài kiểm tra cuối năm", "Kiểm tra cuối năm"
STARTED = "2020-09-01"


@dataclass
class World:
    """What was made, by the names that Frappe gave. ``pins``: citizen id or school code → PIN of the demo key."""

    school: School
    unit: str
    staff: dict[str, str]
    users: dict[str, str]
    classes: dict[str, str]
    pins: dict[str, str]

    def user_of(self, person: Person) -> str:
        """The login of a person."""
        return self.users[person.citizen_id]


def make_world(
    pupils_per_class: int = 35,
    grades: tuple[int, ...] = GRADES,
    *,
    passwords: bool = False,
    portal_port: int = demo_portal.PORT,
) -> World:
    """The whole school; ``passwords`` gives every user a generated one, kept beside the PINs, and connects the school
    to the portal on this machine."""
    if frappe.db.get_single_value("HBS Settings", "environment") == "production":
        frappe.throw("The demo school belongs on a practice site only.")
    school = make_school(pupils_per_class=pupils_per_class)
    classes = tuple(c for c in school.classes if c.grade in grades)
    unit = _units(school)
    staff, users, logins = _people(school, unit, passwords)
    world = World(school, unit, staff, users, {}, {})
    _education_frame(school)
    make_board(school, unit, staff, STARTED)
    for school_class in classes:
        world.classes[school_class.name] = _class(world, school_class)
    world.pins = _certificates(world, registered=not passwords)
    if passwords:
        demo_secrets.keep({**logins, **_officers(unit)})
    if passwords and world.pins:
        demo_secrets.keep({users[number]: {"pin": pin} for number, pin in world.pins.items() if number in users})
        demo_secrets.keep({world.user_of(school.clerk): {"seal_pin": world.pins[school.code]}})
        demo_portal.connect(unit, world.pins[school.code], f"http://127.0.0.1:{portal_port}")
        demo_portal.register_seal(unit, school)
    return world


def build(pupils_per_class: int = 35, portal_port: int = demo_portal.PORT) -> None:
    """``bench execute hocbaso_app.setup.demo.build``: the demo site's data, up to results entered and no file made."""
    from hocbaso_app.setup import demo_entry, demo_two_factor

    frappe.flags.mute_emails = True
    world = make_world(int(pupils_per_class), passwords=True, portal_port=int(portal_port))
    demo_secrets.keep(make_parents(world, DOMAIN, passwords=True))
    for school_class in world.school.classes:
        group = world.classes[school_class.name]
        if not frappe.db.exists("HBS Record", {"student_group": group}):
            demo_entry.read_class(world, school_class)
            demo_entry.enter_class(world, school_class)
            frappe.db.commit()  # nosemgrep: run from the command line, outside a request
            print(f"{group}: {len(school_class.pupils)} records with their results")
    demo_two_factor.switch_on(world.users.values())
    frappe.db.commit()  # nosemgrep: run from the command line, outside a request
    print(f"{len(world.users)} users, {len(world.classes)} classes; passwords and PINs in {demo_secrets.path().name}")


def _units(school: School) -> str:
    facts = material("school")
    _insert("HBS Unit", facts["department_code"], unit_name=DEPARTMENT, kind="Department", tax_code=DEPARTMENT_TAX_CODE)
    _insert(
        "HBS Unit",
        "31-HP",
        unit_name=f"Ủy ban nhân dân {facts['commune']}",
        kind="Office",
        parent_hbs_unit=facts["department_code"],
    )
    place = {"commune_name": facts["commune"], "province_name": facts["province"], "release_place": facts["place"]}
    return _insert(
        "HBS Unit",
        school.code,
        unit_name=school.name,
        kind="School",
        parent_hbs_unit="31-HP",
        tax_code=school.tax_code,
        **place,
    )


def _insert(doctype: str, name: str, **values: Any) -> str:
    """A document named by its code field, made when missing."""
    if not frappe.db.exists(doctype, name):
        field = frappe.get_meta(doctype).autoname.removeprefix("field:")
        if doctype == "HBS Unit":
            values.setdefault("valid_from", STARTED)
        frappe.get_doc({"doctype": doctype, field: name, **values}).insert(ignore_permissions=True)
    return name


Logins = dict[str, dict[str, str]]
"""Login → what the person must know; see :mod:`.demo_secrets`."""


def _people(school: School, unit: str, passwords: bool) -> tuple[dict[str, str], dict[str, str], Logins]:
    modules.make_module_profile()
    staff: dict[str, str] = {}
    users: dict[str, str] = {}
    logins: Logins = {}
    named = {c.homeroom.citizen_id: f"gvcn.{c.name.lower()}" for c in school.classes}
    named |= {p.citizen_id: f"gv.{kind}" for kind, p in school.specialists.items()}
    named |= {school.principal.citizen_id: "hieutruong", school.clerk.citizen_id: "vanthu"}
    admin = Person("Quản Trị Viên", "999195900099", "2", "Quản trị")
    named[admin.citizen_id] = "quantri"
    duties = {c.homeroom.citizen_id: [roles.SUBJECT_TEACHER, roles.HOMEROOM_TEACHER] for c in school.classes}
    duties |= {school.principal.citizen_id: [roles.PRINCIPAL], school.clerk.citizen_id: [roles.CLERK]}
    duties[admin.citizen_id] = [roles.SCHOOL_ADMIN]
    for person in (*school.staff, school.clerk, admin):
        email = f"{named[person.citizen_id]}@{DOMAIN}"
        password = _user(email, person, duties.get(person.citizen_id, [roles.SUBJECT_TEACHER]), passwords)
        if password:
            logins[email] = {"name": person.name, "duty": person.title, "password": password}
        users[person.citizen_id] = email
        values = {"citizen_id": person.citizen_id, "unit": unit}
        staff[person.citizen_id] = _one(
            "HBS Staff Member",
            values,
            full_name=person.name,
            job_title=person.title,
            user=email,
            from_date=STARTED,
            is_principal=int(person is school.principal),
            is_clerk=int(person is school.clerk),
        )
    return staff, users, logins


OFFICERS = (
    ("canbo.xa", Person("Ngô Thị Cán Bộ", "999188900091", "2", "Cán bộ giáo dục xã"), roles.OFFICE_OFFICER, "31-HP"),
    (
        "chuyenvien.so",
        Person("Đỗ Văn Chuyên Viên", "999082900092", "1", "Chuyên viên Sở"),
        roles.DEPARTMENT_OFFICER,
        "31",
    ),
    ("giamsat", Person("Lý Thị Giám Sát", "999180900093", "2", "Giám sát"), roles.AUDITOR, None),
)
"""Login, person, role, unit (None: the school)."""


def _officers(unit: str) -> Logins:
    """People outside the school who look at its records, on the demo site only."""
    logins: Logins = {}
    for login, person, role, own_unit in OFFICERS:
        email = f"{login}@{DOMAIN}"
        password = _user(email, person, [role], passwords=True)
        if password:
            logins[email] = {"name": person.name, "duty": person.title, "password": password}
        key = {"citizen_id": person.citizen_id, "unit": own_unit or unit}
        values = {"full_name": person.name, "job_title": person.title, "user": email, "from_date": STARTED}
        _one("HBS Staff Member", key, **values)
    return logins


def _user(email: str, person: Person, held: list[str], passwords: bool) -> str | None:
    if frappe.db.exists("User", email):
        return None
    password = secrets.token_urlsafe(12)
    user = frappe.get_doc(
        {
            "doctype": "User",
            "email": email,
            "first_name": person.name,
            "language": "vi",
            "send_welcome_email": 0,
            "roles": [{"role": role} for role in held],
            "module_profile": None if roles.SCHOOL_ADMIN in held else modules.NAME,
        }
    )
    if passwords:
        user.new_password = password
    user.insert(ignore_permissions=True)
    return password if passwords else None


def _one(doctype: str, key: dict[str, Any], **values: Any) -> str:
    """The document with this key, made when missing."""
    name = frappe.db.get_value(doctype, key)
    if not name:
        name = frappe.get_doc({"doctype": doctype, **key, **values}).insert(ignore_permissions=True).name
    return str(name)


def _education_frame(school: School) -> None:
    facts = material("school")
    _insert("Academic Year", school.school_year, year_start_date=facts["from_date"], year_end_date=facts["to_date"])
    if not frappe.db.exists("Gender", "Male"):
        for gender in ("Male", "Female"):
            frappe.get_doc({"doctype": "Gender", "gender": gender}).insert(ignore_permissions=True)
    frappe.db.set_single_value("Education Settings", "user_creation_skip", 1)
    _insert("Assessment Criteria", CRITERION)
    if not frappe.db.exists("Grading Scale", SCALE):
        levels = [{"grade_code": "Đạt", "threshold": 50}, {"grade_code": "Chưa đạt", "threshold": 0}]
        scale = frappe.get_doc({"doctype": "Grading Scale", "grading_scale_name": SCALE, "intervals": levels})
        scale.insert(ignore_permissions=True).submit()
    root = "All Assessment Groups"
    if not frappe.db.exists("Assessment Group", root):
        group = frappe.get_doc({"doctype": "Assessment Group", "assessment_group_name": root, "is_group": 1})
        group.flags.ignore_mandatory = True
        group.insert(ignore_permissions=True)
    _insert("Assessment Group", FINAL_TEST, parent_assessment_group=root)


def _class(world: World, school_class: SchoolClass) -> str:
    """Program, courses, pupils, group, assignments, attendance and marks of one class."""
    school, grade = world.school, school_class.grade
    program = f"Lớp {grade}"
    courses = {code: _course(code, grade) for code in school_class.teachers}
    _insert("Program", program, courses=[{"course": name} for name in courses.values()])
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
    _one(
        "HBS Teaching Assignment", {**frame, "kind": "Homeroom"}, staff=homeroom, from_date=STARTED, source="Education"
    )
    for code, teacher in school_class.teachers.items():
        key = {**frame, "kind": "Subject", "subject": code}
        source = {"from_date": STARTED, "source": "Education"}
        _one("HBS Teaching Assignment", key, staff=world.staff[teacher.citizen_id], **source)
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
    return _one(
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


def values_of(world: World, school_class: SchoolClass) -> list[Any]:
    """What the teachers will enter, pupil by pupil."""
    from hocbaso_app.demo.school import record_for

    now = convert.now()
    return [record_for(world.school, school_class, p, created_at=now, released_at=now) for p in school_class.pupils]


def _certificates(world: World, *, registered: bool) -> dict[str, str]:
    """Keys and approved certificates of everybody who signs and of the school; a trust folder with the school's seal.

    The demo authority's own keys are thrown away afterwards, but for the department's, which the portal on this machine
    needs. PINs are given out once. ``registered``: whether the seal is approved already, without asking that portal.
    """
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding

    if frappe.db.exists("HBS Certificate", {"unit": world.unit}):
        return {}
    school = world.school
    now = convert.now()
    ca = DemoCA.create(now - timedelta(minutes=1), name="HBS Demo")
    pins: dict[str, str] = {}

    def enter(key: Any, holder: str, **values: Any) -> Any:
        pins[holder] = pin = f"{secrets.randbelow(10**6):06d}"
        pem = key.certificate.public_bytes(Encoding.PEM).decode()
        source = {"key_source": "PKCS#12 file (demo)", "pem": pem, "unit": world.unit}
        doc = frappe.get_doc({"doctype": "HBS Certificate", **source, **values}).insert(ignore_permissions=True)
        keys.store(doc.sha256, ca.pkcs12(key, pin.encode()))
        certificates.approve(doc.name)
        return doc

    for person in school.staff:
        key = ca.person(person.name, person.citizen_id)
        enter(key, person.citizen_id, holder_kind="Person", staff=world.staff[person.citizen_id])
    seal = ca.organisation(school.name, school.tax_code)
    enter(seal, school.code, holder_kind="Unit")
    approved = (now - timedelta(minutes=1)).astimezone().isoformat(timespec="seconds")
    own = RegisteredCertificate(seal.certificate.fingerprint(hashes.SHA256()).hex(), approved)
    demo_portal.keep_department(ca)
    schools = (RegisteredSchool(school.code, school.name, school.tax_code, (own,)),) if registered else ()
    ca.write_trust(trust.folder(), schools)
    frappe.local.hbs_trust = None
    return pins
