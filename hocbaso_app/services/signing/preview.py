"""The page a signer sees: the core's form, made from the very bytes that his signature will cover."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError
from hocbaso_app.services import access, duty, files, trust
from hocbaso_app.services.signing import desk, looks
from hocbaso_app.services.signing.batches import STATES_OF

if TYPE_CHECKING:
    from hocbaso_app.record.diff import Change
    from hocbaso_app.record.document import Document
    from hocbaso_app.signing.slots import Slot
    from hocbaso_app.signing.verify import Verification

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""The page needs nothing from outside and runs nothing."""

MINE = "outline: 3px solid #1f7a3d; outline-offset: -2px; background: #eef8f0"
CHANGED = "background: #fff0c2"


def look(name: str, stage: str) -> dict[str, Any]:
    """HTML of the current file with the user's parts and the changes marked; the look is noted."""
    from hocbaso_app.print_formats.form import make_form
    from hocbaso_app.print_formats.html import render_html

    if stage not in STATES_OF:
        frappe.throw(_("There is no such stage of signing."), HbsError)
    doc = frappe.get_doc("HBS Record", name)
    doc.check_permission("read")
    if not doc.current_version:
        frappe.throw(_("{0} has no file yet.").format(doc.full_name), HbsError)
    user = frappe.session.user
    _version, document = files.load(doc.current_version)
    changed = looks.changes(user, [doc]).get(name, [])
    mine = _own_slots(document, stage, duty.staff_of(user, doc.unit))
    page = render_html(make_form(document, verification=_verified(document, stage)), sha256=document.sha256)
    looks.note(user, doc.current_version)
    access.note(doc, access.OPENED, access.VIEW)
    return {
        "record": name,
        "full_name": doc.full_name,
        "state_sentence": doc.state_sentence,
        "html": _marked(page, mine, changed),
        "sha256": document.sha256,
        "size": len(document.data),
        "parts": [slot.subject_name or desk.whole_record(stage) for slot in mine],
        "changes": [
            {
                "label": change.label,
                "part": _part_title(document, change.part),
                "old": change.old,
                "new": change.new,
                "mine": any(_covers(slot, change.part) for slot in mine),
            }
            for change in changed
        ],
    }


def _own_slots(document: Document, stage: str, staff: Any) -> list[Slot]:
    from hocbaso_app.signing.slots import expected_slots

    slots = [slot for slot in expected_slots(document.record) if slot.stage.value == stage]
    if stage == "release":
        return slots
    return [slot for slot in slots if slot.signer_citizen_id == staff.citizen_id]


def _verified(document: Document, stage: str) -> Verification | None:
    """What stands in the file already, up to the stage before; nothing can be said while subject teachers sign."""
    from hocbaso_app.signing.slots import Stage
    from hocbaso_app.signing.verify import verify

    order = Stage(stage).order
    return verify(document, trust.store(), stage=list(Stage)[order - 1]) if order else None


def _covers(slot: Slot, part: str) -> bool:
    return slot.part == part or slot.part in ("thongtinhocba", "data")


def _part_title(document: Document, part: str) -> str:
    titles = {f"mon-{s.subject_code}": s.subject_name for s in document.record.subjects}
    return titles.get(part, "")


def _marked(page: str, mine: list[Slot], changed: list[Change]) -> str:
    """Only styles are added; the form itself stays as the core made it. Results come first."""
    subjects = [slot.part for slot in mine if slot.subject_code]
    touched = sorted({change.part for change in changed if change.part.startswith("mon-")})
    rules = [f'tr[data-part="{part}"] {{ {MINE}; }}' for part in subjects]
    if not subjects and mine:
        rules.append(f".page-pupil, .page-results, .page-qualities {{ {MINE}; background: #fff; }}")
    rules += [f'tr[data-part="{part}"] td {{ {CHANGED}; }}' for part in touched]
    rules += [
        "html { font-size: 14px; }",
        "th { overflow-wrap: normal; }",
        "body { display: flex; flex-direction: column; }",
        ".banner { order: -3; }",
        ".page-results { order: -2; }",
        ".page-qualities { order: -1; }",
    ]
    head = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"><style>{" ".join(rules)}</style></head>'
    return page.replace("</head>", head, 1)
