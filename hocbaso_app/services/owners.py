"""Whose a fault is: by the element it is about, the person who enters that field (QĐ Điều 8.k3)."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hocbaso_app.record.rules import Fault

SUBJECT, HOMEROOM, PRINCIPAL, SCHOOL_DATA, SETTINGS = "Subject", "Homeroom", "Principal", "School data", "Settings"
KINDS = (SUBJECT, HOMEROOM, PRINCIPAL, SCHOOL_DATA, SETTINGS)
"""Subject teacher, homeroom teacher, principal, clerk (data read in from Education), school admin (rule pack)."""


def owner_of(element: str, subject: str | None = None) -> str:
    """One of :data:`KINDS`."""
    if element in _entered_by_teachers():
        return SUBJECT if subject or element not in _entered_by_homeroom() else HOMEROOM
    if element in _entered_by_homeroom():
        return HOMEROOM
    if element in _entered_by_principal():
        return PRINCIPAL
    return SETTINGS if element == "BO_QUY_TAC" else SCHOOL_DATA


@cache
def _entered_by_teachers() -> frozenset[str]:
    from hocbaso_app.record import model
    from hocbaso_app.services.drafts import TEACHER_COLUMNS

    return frozenset(tag for name, tag, _item in model.elements_of(model.SubjectResult) if name in TEACHER_COLUMNS)


@cache
def _entered_by_homeroom() -> frozenset[str]:
    from hocbaso_app.services.drafts import HOMEROOM_FIELDS

    return _tags_of_summary(HOMEROOM_FIELDS | {"overall_result"})


@cache
def _entered_by_principal() -> frozenset[str]:
    from hocbaso_app.services.drafts import PRINCIPAL_FIELDS

    return _tags_of_summary(PRINCIPAL_FIELDS)


def _tags_of_summary(names: frozenset[str]) -> frozenset[str]:
    from hocbaso_app.record import model

    kinds = (model.Summary, model.Qualities, model.Remarks)
    return frozenset(tag for kind in kinds for name, tag, _item in model.elements_of(kind) if name in names)


def sentence(fault: Fault | str) -> str:
    """As the form shows it."""
    return fault if isinstance(fault, str) else f"{fault.message_vi} ({fault.clause})"


def packed(faults: Sequence[Fault | str]) -> str | None:
    """Faults with their owners as JSON, kept in the record for reports and open work; None without any."""
    rows = [
        {"owner": SCHOOL_DATA, "text": fault}
        if isinstance(fault, str)
        else {
            "owner": owner_of(fault.field, fault.subject),
            "subject": fault.subject,
            "field": fault.field,
            "code": fault.code,
            "text": sentence(fault),
        }
        for fault in faults
    ]
    return json.dumps(rows, ensure_ascii=False) if rows else None


def unpacked(text: str | None) -> list[dict[str, Any]]:
    """The inverse of :func:`packed`."""
    return json.loads(text) if text else []
