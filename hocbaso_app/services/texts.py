"""Free text of a record as it is typed, on every path: tidied to what a file may hold, never longer than the XSD's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError


def tidy_and_limit(doc: Any) -> None:
    """Compose letters (NFC), cut blanks at the ends; :class:`HbsError` for a text that no file could hold."""
    from hocbaso_app.record import lengths, model

    for holder, kind, prefix in _holders(doc, model):
        for name, most in lengths.limits(kind).items():
            if isinstance(holder.get(name), str):
                holder.set(name, lengths.tidy(holder.get(name)) or None)
                require_length(f"{prefix}{_(holder.meta.get_label(name))}", holder.get(name), most)


def require_length(title: str, text: str | None, most: int | None) -> None:
    """:class:`HbsError` when a text has more NFC characters than its field in the file."""
    from hocbaso_app.record.lengths import length

    size = length(text or "")
    if most and size > most:
        frappe.throw(
            _("{0} has {1} characters, at most {2} are allowed. Shorten it by {3}.").format(
                title, size, most, size - most
            ),
            HbsError,
        )


def _holders(doc: Any, model: Any) -> Iterator[tuple[Any, type[Any], str]]:
    for kind in (model.Summary, model.Qualities, model.Remarks):
        yield doc, kind, ""
    for row in doc.results:
        yield row, model.SubjectResult, f"{row.subject_name}: "
