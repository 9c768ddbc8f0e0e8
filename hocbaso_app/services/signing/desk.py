"""What the signing page shows: classes that wait for a person, and their pupils with the odd ones first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError, NotYoursError
from hocbaso_app.services import convert, duty, oddities, states, waiting
from hocbaso_app.services.locks import desk as locks_desk
from hocbaso_app.services.signing import looks, ways
from hocbaso_app.services.signing.batches import STATES_OF
from hocbaso_app.services.signing.prepare import parts_in_hand

ORDER = {stage: number for number, stage in enumerate(STATES_OF)}


def overview(user: str) -> list[dict[str, Any]]:
    """One row per stage and class: how many parts of how many pupils; what is being signed already is left out."""
    rows = []
    for row in waiting.for_user(user):
        names = row["records"]
        staff = duty.staff_of(user, frappe.db.get_value("HBS Record", names[0], "unit"))
        free = _free(_parts(names, row["stage"], staff), parts_in_hand(names))
        if free:
            key = {"stage": row["stage"], "student_group": row["student_group"]}
            rows.append({**key, "pupils": len(free), "parts": sum(map(len, free.values()))})
    return sorted(rows, key=lambda row: (ORDER[row["stage"]], row["student_group"]))


def pupils(user: str, stage: str, student_group: str) -> dict[str, Any]:
    """The list to choose from, the ways to sign, and who of the class does not wait for this person yet."""
    if stage not in STATES_OF:
        frappe.throw(_("There is no such stage of signing."), HbsError)
    key = (stage, student_group)
    names = [n for row in waiting.for_user(user) if (row["stage"], row["student_group"]) == key for n in row["records"]]
    records = frappe.get_all("HBS Record", {"name": ("in", names or [""])}, [*oddities.FIELDS, "unit"], order_by="name")
    staff = duty.staff_of(user, records[0].unit) if records else None
    parts = _parts([row.name for row in records], stage, staff) if staff else {}
    subjects = {name: frozenset(part["subject"] for part in own if part["subject"]) for name, own in parts.items()}
    changed = looks.changes(user, records)
    reasons = oddities.find(stage, records, subjects, changed)
    opened = looks.opened(user, [row.current_version for row in records])
    taken = parts_in_hand([row.name for row in records])
    free = _free(parts, taken)
    rows = [
        {
            "record": row.name,
            "full_name": row.full_name,
            "parts": [part["label"] for part in free.get(row.name) or parts.get(row.name, [])],
            "in_hand": None if row.name in free else _batch_of(parts.get(row.name, []), taken.get(row.name, {})),
            "opened": row.current_version in opened,
            "reasons": [{"code": reason.code, "text": reason.text} for reason in reasons[row.name]],
            "weight": max((reason.weight for reason in reasons[row.name]), default=0),
        }
        for row in records
    ]
    return {
        "stage": stage,
        "student_group": student_group,
        "pupils": sorted(rows, key=lambda row: (-row["weight"], row["record"])),
        "others": _others(student_group, names),
        "ways": ways_of(stage, staff) if staff else [],
        "lock": locks_desk.of_class(student_group),
    }


def _parts(names: list[str], stage: str, staff: Any) -> dict[str, list[dict[str, Any]]]:
    """Record → the parts of it that this person signs now."""
    values: dict[str, Any] = {"parent": ("in", names or [""]), "stage": stage, "signed_at": ("is", "not set")}
    if stage != "release":
        values["signer_citizen_id"] = staff.citizen_id
    rows = frappe.get_all("HBS Record Slot", values, ["parent", "slot_id"], order_by="idx")
    titles = dict(
        frappe.get_all(
            "HBS Record Result",
            {"parent": ("in", names or [""])},
            ["subject_code", "subject_name"],
            as_list=True,
            order_by="idx",
        )
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        code = row.slot_id.removeprefix("ky-mon-") if stage == "gvbm" else None
        label = titles.get(code) if code else whole_record(stage)
        found.setdefault(row.parent, []).append({"slot": row.slot_id, "subject": code, "label": label or code})
    return found


def _free(parts: dict[str, list[dict[str, Any]]], taken: dict[str, dict[str, str]]) -> dict[str, list[dict[str, Any]]]:
    """The same without parts that a batch has in hand; what others are signing in the record does not count."""
    left = {name: [part for part in own if part["slot"] not in taken.get(name, {})] for name, own in parts.items()}
    return {name: own for name, own in left.items() if own}


def _batch_of(parts: list[dict[str, Any]], taken: dict[str, str]) -> str | None:
    return next((taken[part["slot"]] for part in parts if part["slot"] in taken), None)


def whole_record(stage: str) -> str:
    """What the later stages sign."""
    texts = {
        "gvcn": _("All results, remarks and the teachers' signatures"),
        "cbql": _("The whole record with the teachers' signatures"),
        "release": _("The whole record with all signatures"),
    }
    return str(texts[stage])


def _others(student_group: str, mine: Sequence[str]) -> list[dict[str, Any]]:
    """Pupils of the class that can't be signed by this person now, with the sentence that says why."""
    rows = frappe.get_list(
        "HBS Record",
        {
            "student_group": student_group,
            "name": ("not in", list(mine) or [""]),
            "state": ("not in", sorted(states.AFTER_RELEASE)),
        },
        ["name", "full_name", "state", "state_sentence"],
        order_by="name",
        limit_page_length=0,
    )
    return [dict(row) for row in rows]


def ways_of(stage: str, staff: Any) -> list[dict[str, Any]]:
    """The signer's certificates and how each signs; one entry with a sentence when there is none."""
    try:
        return [way.to_dict() for way in ways.ways(stage, staff, convert.now())]
    except NotYoursError as error:
        frappe.clear_last_message()
        return [{"certificate": None, "problem": str(error)}]
