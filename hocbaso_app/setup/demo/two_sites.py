"""The department's own site, for a demo school that lives on another one: what ``scripts/site two`` builds.

The school's site is made first; its demo authority is the department's too, so
the anchors and the department's key come over from there. No school's seal is
registered yet: that is asked for and approved over the wire.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import frappe

from hocbaso_app.demo.school import make_school
from hocbaso_app.services import trust
from hocbaso_app.setup.demo import authority, secrets_file, two_factor
from hocbaso_app.setup.demo.staff import make_officers, make_units
from hocbaso_app.signing.keys import Pkcs12Key

DEPARTMENT = "31"


def build_city(school_folder: str, address: str) -> None:
    """``school_folder``: the private folder of the school's site; ``address``: where this site is served."""
    frappe.flags.mute_emails = True
    private, school = Path(school_folder), make_school()
    unit = make_units(school)
    shutil.copytree(private / "hbs-trust", trust.folder(), dirs_exist_ok=True)
    access = json.loads((private / "hbs-demo-portal" / "access.json").read_text(encoding="utf-8"))
    packed = (private / "hbs-demo-portal" / "keys" / "department.p12").read_bytes()
    authority.open_authority(DEPARTMENT, Pkcs12Key.load(packed, access["key_password"].encode()), address)
    authority.make_login(unit, access["user_name"], access["password"])
    secrets_file.keep(make_officers(unit))
    two_factor.switch_on([])
    frappe.db.commit()  # nosemgrep: run from the command line, outside a request
