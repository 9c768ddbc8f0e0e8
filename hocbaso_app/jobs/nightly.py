"""Every night: are the stored bytes and the audit trail what they were?"""

from __future__ import annotations

import frappe
from frappe import _

from hocbaso_app.services import audit, files
from hocbaso_app.setup import roles


def verify_evidence() -> list[str]:
    """Changed files and audit entries; each principal and auditor is told, and it stands in the trail."""
    changed = [f"{files.DOCTYPE} {name}" for name in files.changed_files()]
    changed += [f"{audit.DOCTYPE} {name}" for name in audit.broken_entries()]
    if not changed:
        return []
    audit.write("evidence changed", audit.DOCTYPE, "", None, {"found": changed})
    watchers = frappe.get_all(
        "Has Role",
        {"role": ("in", (roles.PRINCIPAL, roles.AUDITOR)), "parenttype": "User"},
        pluck="parent",
        distinct=True,
    )
    for user in watchers:
        frappe.get_doc(
            {
                "doctype": "Notification Log",
                "for_user": user,
                "type": "Alert",
                "subject": _("{0} pieces of evidence were changed outside the system").format(len(changed)),
                "email_content": "<br>".join(frappe.utils.escape_html(text) for text in changed),
            }
        ).insert(ignore_permissions=True)
    return changed
