"""Units, people of the school and outside it, with their logins."""

from __future__ import annotations

import secrets

import frappe

from hocbaso_app.demo.ca import DEPARTMENT, DEPARTMENT_TAX_CODE
from hocbaso_app.demo.material import material
from hocbaso_app.demo.people import Person
from hocbaso_app.demo.school import School
from hocbaso_app.setup import modules, roles
from hocbaso_app.setup.demo.making import DOMAIN, STARTED, make_keyed, make_named

Logins = dict[str, dict[str, str]]
"""Login → what the person must know; see :mod:`.secrets_file`."""


def make_units(school: School) -> str:
    """Department, office, school; gives the school's name."""
    facts = material("school")
    make_named(
        "HBS Unit", facts["department_code"], unit_name=DEPARTMENT, kind="Department", tax_code=DEPARTMENT_TAX_CODE
    )
    make_named(
        "HBS Unit",
        "31-HP",
        unit_name=f"Ủy ban nhân dân {facts['commune']}",
        kind="Office",
        parent_hbs_unit=facts["department_code"],
    )
    place = {"commune_name": facts["commune"], "province_name": facts["province"], "release_place": facts["place"]}
    return make_named(
        "HBS Unit",
        school.code,
        unit_name=school.name,
        kind="School",
        parent_hbs_unit="31-HP",
        tax_code=school.tax_code,
        **place,
    )


HEADS = (
    (Person("Trịnh Văn Giám Đốc", "999070909901", "1", "Giám đốc Sở"), "31"),
    (Person("Mai Thị Chủ Tịch", "999175909902", "2", "Chủ tịch Ủy ban nhân dân"), "31-HP"),
)
"""Who answers for the units above the school; they have no login here."""


def make_heads() -> None:
    """The heads of department and office."""
    for person, unit in HEADS:
        values = {"full_name": person.name, "job_title": person.title, "from_date": STARTED, "is_head": 1}
        make_keyed("HBS Staff Member", {"citizen_id": person.citizen_id, "unit": unit}, **values)


def make_people(school: School, unit: str, passwords: bool) -> tuple[dict[str, str], dict[str, str], Logins]:
    """Staff of the school: citizen ID → staff entry, citizen ID → login, and what the new ones must know."""
    modules.make_module_profile()
    make_heads()
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
        staff[person.citizen_id] = make_keyed(
            "HBS Staff Member",
            values,
            full_name=person.name,
            job_title=person.title,
            user=email,
            from_date=STARTED,
            is_head=int(person is school.principal),
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


def make_officers(unit: str) -> Logins:
    """People outside the school who look at its records, on the demo site only."""
    logins: Logins = {}
    for login, person, role, own_unit in OFFICERS:
        email = f"{login}@{DOMAIN}"
        password = _user(email, person, [role], passwords=True)
        if password:
            logins[email] = {"name": person.name, "duty": person.title, "password": password}
        key = {"citizen_id": person.citizen_id, "unit": own_unit or unit}
        values = {"full_name": person.name, "job_title": person.title, "user": email, "from_date": STARTED}
        make_keyed("HBS Staff Member", key, **values)
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
