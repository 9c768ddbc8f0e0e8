"""Where year archives lie: in the site's private folder beside the keys, not among Frappe's files."""

from __future__ import annotations

import re
from pathlib import Path

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError

OWN, RECEIVED, TRAYS = "hbs-year-archives", "hbs-received-archives", "hbs-archive-parts"


def folder(kind: str) -> Path:
    """``private/<kind>`` of this site, readable by the site's system user only."""
    found = Path(frappe.get_site_path("private", kind))
    found.mkdir(mode=0o700, parents=True, exist_ok=True)
    return found


def path(kind: str, name: str) -> Path:
    """The file of an archive's document."""
    if not re.fullmatch(r"[A-Z0-9-]+", name or ""):
        frappe.throw(_("This is not the name of an archive."), HbsError)
    return folder(kind) / f"{name}.zip"
