"""Names of what is written in a record, by the sheets of class entry: ``subject-02:score``, ``promotion:promoted``.

A ticket for ``subject-02`` covers every name that begins so; one for nothing covers everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields

from hocbaso_app.record import model
from hocbaso_app.services.entry_sheets import PROMOTION, PROMOTION_FIELDS, QUALITIES, YEAR_END, YEAR_END_FIELDS

DATA = "data"
"""What comes from the school's data; no single part of it can be opened."""

PART_OF = {
    **{field.name: QUALITIES for field in fields(model.Qualities)},
    **dict.fromkeys(YEAR_END_FIELDS, YEAR_END),
    **dict.fromkeys(PROMOTION_FIELDS, PROMOTION),
}
OF_TICKET = {
    "Competencies and qualities": QUALITIES,
    "Year-end": YEAR_END,
    "Promotion": PROMOTION,
}
COLUMNS = {"Level": "level", "Mark": "score", "Remark": "remark"}
"""Words of the ticket's form → column of a subject."""


def of_subject(code: str, column: str) -> str:
    """A cell of a subject."""
    return f"subject-{code}:{column}"


def of_field(name: str) -> str:
    """A field of the record itself."""
    return f"{PART_OF.get(name, DATA)}:{name}"


def of_change(columns: Mapping[str, Iterable[str]], names: Iterable[str]) -> set[str]:
    """What a form changed: subject → columns, and fields of the record."""
    cells = {of_subject(code, column) for code, found in columns.items() for column in found}
    return cells | {of_field(name) for name in names}


def of_ticket(part: str | None, subject: str | None, column: str | None) -> str:
    """What a ticket's name begins with; empty for the whole record."""
    if part == "One subject":
        return of_subject(subject or "", COLUMNS[column]) if column else f"subject-{subject}:"
    return f"{OF_TICKET[part]}:" if part else ""
