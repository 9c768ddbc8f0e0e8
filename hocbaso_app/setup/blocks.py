"""The workspace's own block: an empty place that the desk's script fills. Frappe syncs no such block from a folder."""

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
