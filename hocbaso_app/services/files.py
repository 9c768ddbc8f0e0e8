"""HBS Record Version: the exact bytes of a record's file, and how they may grow.

Until release a file only gains signatures and their timestamps: its data and
every signature stay octet by octet. A return makes a new file and keeps the old one.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _

from hocbaso_app.exceptions import EvidenceError, StepOrderError
from hocbaso_app.services import audit, rows

if TYPE_CHECKING:
    from hocbaso_app.record.document import Document

DOCTYPE = "HBS Record Version"
SERIES, DIGITS = "HBS-TEP-", 6
AT_ONCE = 100
"""Files held in memory while all are looked through."""


def load(name: str, *, for_update: bool = False) -> tuple[Any, Document]:
    """The version and its parsed file; the bytes are compared with their hash first."""
    version = frappe.get_doc(DOCTYPE, name, for_update=for_update)
    return version, parse(version)


def load_all(names: Sequence[str]) -> list[tuple[Any, Document]]:
    """The same for several, in their order, each row locked until the transaction ends."""
    return [(version, parse(version)) for version in rows.load(DOCTYPE, names)]


def parse(version: Any) -> Document:
    """The file of a loaded version, after its bytes were compared with their hash."""
    from hocbaso_app.record.document import Document

    document = Document.parse(read(version))
    version.flags.hbs_file = document
    return document


def read(version: Any) -> bytes:
    """The bytes; :class:`EvidenceError` when they are not those that were stored."""
    data = base64.b64decode(version.content or "")
    if hashlib.sha256(data).hexdigest() != version.sha256:
        frappe.throw(_("The stored file of {0} was changed outside the system.").format(version.record), EvidenceError)
    return data


def create(record: Any, document: Document) -> Any:
    """A new working file of an HBS Record; an older working one is kept as superseded."""
    return create_all([(record, document)])[0]


def create_all(made: Sequence[tuple[Any, Document]]) -> list[Any]:
    """New working files of several records, in their order; their names come in one row."""
    if not made:
        return []
    of = tuple(record.name for record, _document in made)
    earlier = frappe.get_all(DOCTYPE, {"record": ("in", of)}, ["name", "record", "status"], order_by="name")
    count = Counter(row.record for row in earlier)
    for row in earlier:
        if row.status == "Working":
            set_status(frappe.get_doc(DOCTYPE, row.name, for_update=True), "Superseded")
    versions: list[Any] = []
    blank = frappe.new_doc(DOCTYPE)
    for name, (record, document) in zip(rows.names(SERIES, DIGITS, len(made)), made, strict=True):
        version = rows.like(
            blank,
            {
                "name": name,
                "record": record.name,
                "status": "Working",
                "unit": record.unit,
                "student_group": record.student_group,
                "record_code": document.record.general.record_code,
                "issue_number": int(document.record.general.issue_number),
                "file_number": count[record.name] + 1,
            },
        )
        _set_content(version, document)
        versions.append(version)
    rows.insert(DOCTYPE, versions)
    return versions


def restore(record: Any, document: Document, released_on: Any, *, recalled: bool = False) -> Any:
    """A released file that this site lost, as it came back; a working one is kept as superseded."""
    made = create(record, document)
    version = frappe.get_doc(DOCTYPE, made.name, for_update=True)
    version.released_on = released_on
    set_status(version, "Released")
    if recalled:
        set_status(version, "Recalled")
    return version


def grow(version: Any, document: Document) -> None:
    """Store the file with one or more slots filled in."""
    grow_all([(version, document)])


def grow_all(grown: Sequence[tuple[Any, Document]]) -> None:
    """The same for several. A file that is not any more what was loaded stays as it is: :class:`StepOrderError`."""
    from hocbaso_app.services import submit

    released = []
    for version, document in grown:
        before, loaded = version.sha256, version.flags.hbs_file or parse(version)
        if version.status != "Working":
            frappe.throw(_("A released or replaced file never changes."), EvidenceError)
        _require_growth(loaded, document)
        _set_content(version, document)
        values = {"content": version.content, "sha256": version.sha256, "size": version.size}
        values.update({"signatures": version.signatures, "timestamps": version.timestamps})
        if document.slot("ky-phat-hanh"):
            version.status, version.released_on = "Released", frappe.utils.now_datetime()
            values.update({"status": version.status, "released_on": version.released_on})
            released.append(version)
        version.modified, version.modified_by = frappe.utils.now(), frappe.session.user
        values.update({"modified": version.modified, "modified_by": version.modified_by})
        if not rows.update(DOCTYPE, [version.name], values, where={"sha256": before, "status": "Working"}):
            frappe.throw(
                _("The file of {0} was changed by somebody else just now. Try again.").format(version.record),
                StepOrderError,
            )
        version.flags.hbs_file = document
    rows.forget([version for version, _document in grown])
    if released:
        submit.enter_all(released)


def set_status(version: Any, status: str) -> None:
    """Superseded after a return, Recalled or Taken Back after release; the bytes stay."""
    version.status = status
    version.flags.hbs_service = True
    version.save(ignore_permissions=True)


def _set_content(version: Any, document: Document) -> None:
    from hocbaso_app.signing.timestamps import slots_without

    data = document.data
    version.content = base64.b64encode(data).decode()
    version.sha256 = document.sha256
    version.size = len(data)
    version.signatures = sum(1 for inner in document.slots.values() if inner)
    version.timestamps = version.signatures - len(slots_without(document))


def check_change(version: Any) -> None:
    """What the controller asks before every save: only a service may, and only as said above."""
    before = version.get_doc_before_save()
    if not version.flags.hbs_service:
        frappe.throw(_("A record's file is not edited."), EvidenceError)
    if before is None:
        return
    if before.content != version.content:
        if before.status != "Working":
            frappe.throw(_("A released or replaced file never changes."), EvidenceError)
        _check_growth(base64.b64decode(before.content), base64.b64decode(version.content))
    allowed = {"Working": {"Working", "Superseded", "Released"}, "Released": {"Released", "Recalled", "Taken Back"}}
    if version.status not in allowed.get(before.status, {before.status}):
        frappe.throw(
            _("A file that is {0} can't become {1}.").format(_(before.status), _(version.status)), EvidenceError
        )
    for name in ("record", "record_code", "issue_number", "file_number", "unit", "student_group"):
        if before.get(name) != version.get(name):
            frappe.throw(_("A record's file is not edited."), EvidenceError)


def _check_growth(old: bytes, new: bytes) -> None:
    from hocbaso_app.record.document import Document

    _require_growth(Document.parse(old), Document.parse(new))


def _require_growth(before: Document, after: Document) -> None:
    """The data and every signature that was there are there still, octet by octet; one may have got its timestamp."""
    from hocbaso_app.signing.xades import without_timestamp

    kept = all(
        inner in (now := after.slots.get(slot), without_timestamp(slot, now or b""))
        for slot, inner in before.slots.items()
        if inner
    )
    if before.body != after.body or before.slots.keys() != after.slots.keys() or not kept:
        frappe.throw(_("A file in signing may only gain signatures."), EvidenceError)


def changed_files() -> list[str]:
    """Versions whose bytes differ from their hash or from what the audit trail last said of them; lost ones first."""
    entry, version = frappe.qb.DocType(audit.DOCTYPE), frappe.qb.DocType(DOCTYPE)
    lost = frappe.qb.from_(entry).left_join(version).on(version.name == entry.reference_name)
    lost = lost.where((entry.reference_doctype == DOCTYPE) & version.name.isnull())
    lost = lost.select(entry.reference_name).distinct().orderby(entry.reference_name)
    changed = [name for (name,) in lost.run()]
    query = frappe.qb.from_(version).select(version.name, version.content, version.sha256)
    query = query.orderby(version.name).limit(AT_ONCE)
    last = ""
    while found := query.where(version.name > last).run():
        known = _told([name for name, _content, _sha256 in found])
        for name, content, sha256 in found:
            actual = hashlib.sha256(base64.b64decode(content or "")).hexdigest()
            if actual != sha256 or known.get(name) != actual:
                changed.append(name)
        last = found[-1][0]
    return changed


def _told(names: list[str]) -> dict[str, str]:
    """Version → the hash that the audit trail last told."""
    known: dict[str, str] = {}
    filters = {"reference_doctype": DOCTYPE, "reference_name": ("in", names)}
    for entry in frappe.get_all(audit.DOCTYPE, filters, ["reference_name", "details"], order_by="name asc"):
        sha256 = json.loads(entry.details or "{}").get("sha256")
        if sha256:
            known[entry.reference_name] = sha256
    return known
