"""One request to a class book's link, and the words of its page."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import frappe

from hocbaso_app.exchange.look_up import LOOK_UP_PATH
from hocbaso_app.services.public import class_book, guard
from hocbaso_app.services.public.page import shown


@dataclass(frozen=True)
class Opened:
    """``book``: what the link names; ``wait``: seconds, when it was too often."""

    book: class_book.Book | None = None
    facts: class_book.Facts | None = None
    wait: int = 0

    @property
    def status(self) -> int:
        """Of HTTP."""
        if self.wait:
            return 429
        return 200 if self.book else 404

    def to_json(self) -> dict[str, Any]:
        """For programs: what anybody may know, never the pupils."""
        if self.wait:
            return {"status": "too-often", "retry_after": self.wait}
        return asdict(self.facts) if self.facts else {"status": "unknown"}


def opened(token: str) -> Opened:
    """For who asks from this address."""
    try:
        book = class_book.open_link(str(frappe.local.request_ip or ""), token)
    except guard.TooOften as often:
        return Opened(wait=often.seconds)
    return Opened(book, class_book.facts(book)) if book else Opened()


def words(said: Opened) -> dict[str, Any]:
    """What the template needs."""
    book, found = said.book, said.facts
    if book is None or found is None:
        return {"waiting": max(1, round(said.wait / 60)) if said.wait else 0, "facts": None, "look_up": LOOK_UP_PATH}
    rows = [
        ("Trường", found.school),
        ("Lớp", found.class_name),
        ("Năm học", found.school_year),
        ("Số học bạ đang lưu hành", str(found.records)),
        ("Tính đến", shown(found.as_of)),
    ]
    private = not book.is_public and not book.is_over
    return {
        "facts": rows,
        "genuine": found.records > 0,
        "figures": found.figures,
        "over": book.is_over,
        "holder": book.holder if private else "",
        "pupils": class_book.table(book) if private else None,
        "look_up": LOOK_UP_PATH,
    }
