"""The made-up school of the demo on a real site: units, staff, users, Education's own records, certificates.

Everything is entered as a school would have it: pupils, guardians, classes,
enrolments, attendance and marks in Education; the rest is read in from there.
Runs again without doubling anything. Practice sites only.
"""

from __future__ import annotations

import frappe

from hocbaso_app.demo.school import GRADES, make_school
from hocbaso_app.setup.demo import entry, portal, secrets_file, two_factor
from hocbaso_app.setup.demo.board import make_board
from hocbaso_app.setup.demo.certificates import make_certificates, try_keys
from hocbaso_app.setup.demo.classes import make_class, make_frame
from hocbaso_app.setup.demo.making import DOMAIN, STARTED
from hocbaso_app.setup.demo.parents import make_parents
from hocbaso_app.setup.demo.schedule import make_schedule
from hocbaso_app.setup.demo.staff import make_officers, make_people, make_units
from hocbaso_app.setup.demo.world import World

__all__ = ["STARTED", "World", "build", "make_world"]


def make_world(
    pupils_per_class: int = 35,
    grades: tuple[int, ...] = GRADES,
    *,
    passwords: bool = False,
    portal_port: int = portal.PORT,
    authority: str = "",
) -> World:
    """The whole school; ``passwords`` gives every user a generated one, kept beside the PINs, and connects the school
    to the portal on this machine, or to an ``authority`` at another address, where its seal is not registered yet."""
    if frappe.db.get_single_value("HBS Settings", "environment") == "production":
        frappe.throw("The demo school belongs on a practice site only.")
    school = make_school(pupils_per_class=pupils_per_class)
    classes = tuple(c for c in school.classes if c.grade in grades)
    unit = make_units(school)
    staff, users, logins = make_people(school, unit, passwords)
    world = World(school, unit, staff, users, {}, {})
    make_frame(school)
    make_board(school, unit, staff, STARTED)
    for school_class in classes:
        world.classes[school_class.name] = make_class(world, school_class)
    world.pins = make_certificates(world, registered=not passwords)
    if passwords:
        secrets_file.keep({**logins, **make_officers(unit)})
    if passwords and world.pins:
        secrets_file.keep({users[number]: {"pin": pin} for number, pin in world.pins.items() if number in users})
        secrets_file.keep({world.user_of(school.clerk): {"seal_pin": world.pins[school.code]}})
        portal.connect(unit, world.pins[school.code], authority or f"http://127.0.0.1:{portal_port}")
        if not authority:
            portal.register_seal(unit, school)
    return world


def build(pupils_per_class: int = 35, portal_port: int = portal.PORT, authority: str = "") -> None:
    """What ``bench execute`` calls: the demo site's data, up to results entered and no file made."""
    frappe.flags.mute_emails = True
    world = make_world(int(pupils_per_class), passwords=True, portal_port=int(portal_port), authority=authority)
    secrets_file.keep(make_parents(world, DOMAIN, passwords=True))
    make_schedule(world.unit, world.school.school_year)
    for school_class in world.school.classes:
        group = world.classes[school_class.name]
        if not frappe.db.exists("HBS Record", {"student_group": group}):
            entry.read_class(world, school_class)
            entry.enter_class(world, school_class)
            frappe.db.commit()  # nosemgrep: run from the command line, outside a request
            print(f"{group}: {len(school_class.pupils)} records with their results")
    try_keys(world)
    two_factor.switch_on(world.users.values())
    frappe.db.commit()  # nosemgrep: run from the command line, outside a request
    print(f"{len(world.users)} users, {len(world.classes)} classes; passwords and PINs in {secrets_file.path().name}")
