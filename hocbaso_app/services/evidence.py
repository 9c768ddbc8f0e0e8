"""Is the evidence what it was? Files, audit trail, and what the desk shows of each record against its file.

Everything here can be changed by whoever has the database's password; so the nightly job compares what is stored
twice: bytes with hashes, hashes with the chained trail, columns of the desk with the signed bytes. Findings are kept,
shown to the school's principal and to those above it, and stand in the trail.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import now_datetime

from hocbaso_app.exceptions import EvidenceError
from hocbaso_app.services import audit, convert, files, receipt, records, states
from hocbaso_app.setup import roles

if TYPE_CHECKING:
    from hocbaso_app.record.document import Document

DOCTYPE = "HBS Finding"
FILE_CHANGED, FILE_MISSING = "File changed", "File missing"
DESK_DIFFERS, TRAIL_BROKEN = "Desk differs from file", "Audit trail broken"
RECEIPT_WRONG = "Receipt wrong"
NOT_VALID, TRUST_MISSING = "File not valid", "Trust data missing"
ROOT_DIFFERS, ROOTS_BROKEN = "Differs from daily root", "Daily roots broken"
AT_ONCE = 100
"""Records held in memory at a time."""

WATCHERS = (roles.PRINCIPAL, roles.AUDITOR, roles.OFFICE_OFFICER, roles.DEPARTMENT_OFFICER)
KEEPERS_OF_TRUST = (roles.SCHOOL_ADMIN, roles.PRINCIPAL, roles.DEPARTMENT_OFFICER)
"""Who can do something about trust data that is missing; nothing was changed then."""


@dataclass(frozen=True)
class Finding:
    """One thing that is not what it was; without a unit it concerns the whole site."""

    kind: str
    doctype: str
    name: str
    unit: str | None
    explanation: str

    @property
    def fingerprint(self) -> str:
        """The same finding night after night has the same one."""
        return hashlib.sha256("\n".join((self.kind, self.doctype, self.name, self.explanation)).encode()).hexdigest()


def check_all() -> Iterator[Finding]:
    """Everything once, page by page."""
    for name in audit.broken_entries():
        text = _("Entry {0} of the audit trail or the one before it was changed or removed.").format(name)
        yield Finding(TRAIL_BROKEN, audit.DOCTYPE, name, _unit_of(audit.DOCTYPE, name), text)
    for name in files.changed_files():
        yield file_finding(name)
    for name, unit, text in receipt.wrong():
        yield Finding(RECEIPT_WRONG, receipt.SUBMISSION, name, unit, text)
    yield from check_records()


def file_finding(name: str) -> Finding:
    """About a version whose bytes are not those of the trail, or that is gone."""
    unit = _unit_of(files.DOCTYPE, name)
    if unit:
        text = _("The stored bytes are not those that the audit trail tells of.")
        return Finding(FILE_CHANGED, files.DOCTYPE, name, unit, text)
    told = {"reference_doctype": files.DOCTYPE, "reference_name": name}
    unit = frappe.db.get_value(audit.DOCTYPE, told, "unit", order_by="name desc")
    return Finding(FILE_MISSING, files.DOCTYPE, name, unit, _("The audit trail tells of a file that is gone."))


def _unit_of(doctype: str, name: str) -> str | None:
    return frappe.db.get_value(doctype, name, "unit")


def check_records() -> Iterator[Finding]:
    """Each record's state, file, signatures and values against its file and the trail."""
    last = ""
    while True:
        names = frappe.get_all(
            records.DOCTYPE, {"name": (">", last)}, pluck="name", order_by="name", limit_page_length=AT_ONCE
        )
        if not names:
            return
        told = told_states(names)
        for name in names:
            doc = frappe.get_doc(records.DOCTYPE, name)
            for text in differences(doc, told.get(name)):
                yield Finding(DESK_DIFFERS, records.DOCTYPE, name, doc.unit, text[:1000])
        last = names[-1]


def told_states(names: list[str]) -> dict[str, str]:
    """Record → the state that the trail last told, under the record itself or under one of its files."""
    versions = dict(
        frappe.get_all(files.DOCTYPE, {"record": ("in", names)}, ["name", "record"], order_by="name", as_list=True)
    )
    told: dict[str, tuple[int, str]] = {}
    for doctype, wanted in ((records.DOCTYPE, names), (files.DOCTYPE, list(versions))):
        entries = frappe.get_all(
            audit.DOCTYPE,
            {"reference_doctype": doctype, "reference_name": ("in", wanted or [""])},
            ["name", "reference_name", "details"],
            order_by="name asc",
        )
        for entry in entries:
            state = json.loads(entry.details or "{}").get("state")
            record = versions.get(entry.reference_name, entry.reference_name)
            if state and told.get(record, (0, ""))[0] < int(entry.name):
                told[record] = (int(entry.name), state)
    return {record: state for record, (_number, state) in told.items()}


def differences(doc: Any, told: str | None) -> list[str]:
    """Sentences on what the desk says otherwise than the trail and the file."""
    found = []
    if doc.state != (told or states.DRAFT):
        found.append(_("The desk says “{0}”, the audit trail “{1}”.").format(_(doc.state), _(told or states.DRAFT)))
    if not doc.current_version:
        if frappe.db.exists(files.DOCTYPE, {"record": doc.name, "status": ("in", ("Working", "Released"))}):
            found.append(_("The record's file is not named on the desk any more."))
        return found
    from hocbaso_app.record.errors import HocBaSoError

    owner = frappe.db.get_value(files.DOCTYPE, doc.current_version, ["record", "record_code"])
    code = doc.record_code if doc.state != states.DRAFT else owner and owner[1]
    if owner != (doc.name, code):
        return [*found, _("The file named on the desk is not this record's.")]
    try:
        _version, document = files.load(doc.current_version)
    except (EvidenceError, HocBaSoError):
        return found  # stands among the changed files
    if doc.state != states.DRAFT:
        found += _against_file(doc, document)
    return found


def _against_file(doc: Any, document: Document) -> list[str]:
    from hocbaso_app.record.diff import diff

    found = []
    expected = states.from_file(document, records.everybody_checked(doc))
    if doc.state not in ((*states.AFTER_RELEASE,) if expected == states.RELEASED else (expected,)):
        found.append(_("The desk says “{0}”, the file's signatures say “{1}”.").format(_(doc.state), _(expected)))
    shown = {row.slot_id for row in doc.slots if row.signed_at}
    signed = {slot for slot, inner in document.slots.items() if inner}
    if shown != signed:
        parts = ", ".join(sorted(shown ^ signed))
        found.append(_("The signatures shown are not those in the file: {0}.").format(parts))
    changes = [
        f"{change.label}: {change.old or '–'} → {change.new or '–'}"
        for change in diff(document.record, convert.to_record(doc))
    ]
    if changes:
        found.append(_("Signed values were changed on the desk: {0}.").format("; ".join(changes)))
    return found


def note(finding: Finding) -> bool:
    """Keep a finding and write the trail; False when it is known already."""
    if frappe.db.exists(DOCTYPE, {"fingerprint": finding.fingerprint}):
        return False
    doc = frappe.get_doc(
        {
            "doctype": DOCTYPE,
            "found_at": now_datetime().replace(microsecond=0),
            "kind": finding.kind,
            "explanation": finding.explanation,
            "unit": finding.unit,
            "reference_doctype": finding.doctype,
            "reference_name": finding.name,
            "fingerprint": finding.fingerprint,
        }
    )
    doc.flags.hbs_service = True
    doc.insert(ignore_permissions=True, ignore_links=True)
    facts = {"kind": finding.kind, "found": finding.explanation}
    action = "trust data missing" if finding.kind == TRUST_MISSING else "evidence changed"
    audit.write(action, finding.doctype, finding.name, finding.unit, facts)
    return True


def tell(findings: list[Finding]) -> None:
    """One message to each person of :data:`WATCHERS` or :data:`KEEPERS_OF_TRUST` whose scope has a finding."""
    changed = [f for f in findings if f.kind != TRUST_MISSING]
    _tell(changed, WATCHERS, _("{0} pieces of evidence were changed outside the system"))
    missing = [f for f in findings if f.kind == TRUST_MISSING]
    _tell(missing, KEEPERS_OF_TRUST, _("Trust data are missing: {0} causes; some signatures can't be judged"))


def _tell(findings: list[Finding], to: tuple[str, ...], subject: str) -> None:
    from hocbaso_app.permissions.scope import scope_of

    if not findings:
        return
    users = frappe.get_all(
        "Has Role", {"role": ("in", to), "parenttype": "User"}, pluck="parent", distinct=True, order_by="parent"
    )
    for user in users:
        mine = [f for f in findings if f.unit is None or f.unit in scope_of(user).units]
        if mine and frappe.db.get_value("User", user, "enabled"):
            lines = [f"{_(f.kind)}: {f.name} – {f.explanation}" for f in mine[:20]]
            frappe.get_doc(
                {
                    "doctype": "Notification Log",
                    "for_user": user,
                    "type": "Alert",
                    "document_type": DOCTYPE,
                    "subject": subject.format(len(mine)),
                    "email_content": "<br>".join(frappe.utils.escape_html(line) for line in lines),
                }
            ).insert(ignore_permissions=True)
