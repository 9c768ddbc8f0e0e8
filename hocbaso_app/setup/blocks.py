"""The workspace's own block, an empty place that the desk's script fills, and the columns of the list of records.

Frappe syncs neither from a folder.
"""

from __future__ import annotations

import frappe

from hocbaso_app.setup import roles

NAME = "HBS My Work"
HTML = '<div class="hbs-my-work"></div>'
SCRIPT = "hocbaso.show_my_work(root_element);"


def make_blocks() -> None:
    """Made when missing; an administrator's changes stay."""
    if frappe.db.exists("Custom HTML Block", NAME):
        return
    block = frappe.get_doc({"doctype": "Custom HTML Block", "html": HTML, "script": SCRIPT, "private": 0})
    block.update({"roles": [{"role": role} for role in roles.ROLES]})
    block.insert(ignore_permissions=True, set_name=NAME)


def make_list_settings() -> None:
    """Six columns also on a small screen, so that the list says who is waited for."""
    if not frappe.db.exists("List View Settings", "HBS Record"):
        settings = {"doctype": "List View Settings", "total_fields": "6"}
        frappe.get_doc(settings).insert(ignore_permissions=True, set_name="HBS Record")
