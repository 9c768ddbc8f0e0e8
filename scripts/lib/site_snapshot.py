"""What is on a site, as JSON: every row's hash of the DocTypes that installing may touch, and of Education's tables.

Run with the bench's Python in the bench's ``sites`` folder:
    site_snapshot.py SITE OUT.json            writes it
    site_snapshot.py --compare A.json B.json  prints what differs; exit code 1 when something does
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

FRAMEWORK = (
    "Client Script",
    "Custom DocPerm",
    "Custom Field",
    "Custom HTML Block",
    "Dashboard",
    "Dashboard Chart",
    "Dashboard Chart Source",
    "DocPerm",
    "DocType",
    "Form Tour",
    "Has Role",
    "HBS Settings",
    "HBS Subject",
    "Module Def",
    "Module Onboarding",
    "Module Profile",
    "Notification",
    "Number Card",
    "Onboarding Step",
    "Page",
    "Print Format",
    "Property Setter",
    "Report",
    "Role",
    "Scheduled Job Type",
    "Workflow",
    "Workflow Action Master",
    "Workflow Document State",
    "Workflow State",
    "Workflow Transition",
    "Workspace",
)
VOLATILE = {"creation", "modified", "modified_by", "owner", "idx", "last_execution", "migration_hash", "timestamp"}
NAMELESS = {"Custom DocPerm", "DocPerm", "Has Role", "Workflow Document State", "Workflow Transition"}
"""Rows whose random names change when their form is written anew."""


def take(site: str) -> dict[str, dict[str, str]]:
    """DocType → name → hash of its values."""
    import frappe

    frappe.init(site=site, sites_path=".")
    frappe.connect()
    try:
        education = frappe.get_all("DocType", {"module": "Education", "issingle": 0}, pluck="name", order_by="name")
        doctypes = [d for d in (*FRAMEWORK, *education) if frappe.db.table_exists(d)]
        return {doctype: _rows(frappe, doctype) for doctype in doctypes}
    finally:
        frappe.destroy()


def _rows(frappe: Any, doctype: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for row in frappe.db.sql(f"select * from `tab{doctype}`", as_dict=True):
        ignored = VOLATILE | ({"name"} if doctype in NAMELESS else set())
        values = {k: str(v) for k, v in row.items() if k not in ignored and not k.startswith("hbs_")}
        digest = hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]
        key = digest if doctype in NAMELESS else str(row.name)
        found[key] = f"{values.get('parent', '')} {values.get('role', '')}".strip() if doctype in NAMELESS else digest
    return found


def compare(before: dict[str, dict[str, str]], after: dict[str, dict[str, str]]) -> list[str]:
    """One line per row that came, went or changed."""
    lines = []
    for doctype in sorted(before.keys() | after.keys()):
        old, new = before.get(doctype, {}), after.get(doctype, {})
        for name in sorted(old.keys() | new.keys()):
            if old.get(name) != new.get(name):
                what = "new" if name not in old else "gone" if name not in new else "changed"
                lines.append(
                    f"{what}: {doctype} {name} {new.get(name) or old.get(name) if doctype in NAMELESS else ''}"
                )
    return lines


def main(arguments: list[str]) -> int:
    """See the module's text."""
    if arguments[0] == "--compare":
        before, after = (json.loads(Path(path).read_text(encoding="utf-8")) for path in arguments[1:])
        lines = compare(before, after)
        print("\n".join(lines[:40]))
        return int(bool(lines))
    site, out = arguments
    Path(out).write_text(json.dumps(take(site)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
