"""Entries of a recall list (CV 2088 II.2.6)."""

from __future__ import annotations

from dataclasses import asdict

from hocbaso_app.record.document import Document

from .package import element
from .transactions import RecallItem

STATUS_LIST_PATH = "/danh-sach-trang-thai"
"""Where a portal with our extension publishes the signed list of recalled codes."""


def recall_item(document: Document, reason: str) -> RecallItem:
    """What a recall list says of this file."""
    g = document.record.general
    return RecallItem(
        g.record_code,
        g.full_name,
        g.gender,
        g.birth_date,
        g.citizen_id or "",
        g.school_name,
        g.school_code,
        g.school_year,
        reason,
    )


def recall_entry(document: Document, reason: str) -> bytes:
    """The entry that asks for this file to be recalled."""
    return entry_of(recall_item(document, reason))


def entry_of(item: RecallItem) -> bytes:
    """An entry as it stands in the list."""
    body = "".join(element(name, value) for name, value in asdict(item).items())
    return f"<HOC_BA>{body}</HOC_BA>".encode()
