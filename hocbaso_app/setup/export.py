"""Every record file of a site into a folder, byte for byte, before the app is taken away or for safe keeping.

``bench --site SITE execute hocbaso_app.setup.export.export_files --kwargs "{'folder': '/a/new/folder'}"``
"""

from __future__ import annotations

import json
from pathlib import Path

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError
from hocbaso_app.services import files


def export_files(folder: str) -> dict[str, int]:
    """Files, certificates and audit trail with a list of hashes; stops at a file that is not what was stored."""
    target = Path(folder)
    if target.exists() and any(target.iterdir()):
        frappe.throw(_("The folder {0} is not empty. Choose a new one.").format(folder), HbsError)
    (target / "files").mkdir(parents=True, exist_ok=True)
    listed = []
    for name in frappe.get_all(files.DOCTYPE, pluck="name", order_by="name"):
        version = frappe.get_doc(files.DOCTYPE, name)
        data = files.read(version)
        path = f"files/{name}.xml"
        (target / path).write_bytes(data)
        facts = ("record", "record_code", "issue_number", "status", "sha256", "signatures")
        listed.append({"path": path, **{fact: version.get(fact) for fact in facts}})
    certificates = frappe.get_all("HBS Certificate", ["common_name", "sha256", "pem"], order_by="name")
    trail = frappe.get_all("HBS Audit Entry", ["*"], order_by="name")
    for path, content in (("manifest.json", listed), ("certificates.json", certificates), ("audit.json", trail)):
        text = json.dumps(content, ensure_ascii=False, indent=1, default=str)
        (target / path).write_text(text + "\n", encoding="utf-8")
    return {"files": len(listed), "certificates": len(certificates), "audit entries": len(trail)}
