"""One request to the look-up page: nothing asked yet, a code, a file, or too often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import frappe

from hocbaso_app.exchange.look_up import LookUp
from hocbaso_app.services.public import codes, guard, paper, uploads

TOO_OFTEN = 429


@dataclass(frozen=True)
class Answer:
    """What the page shows. ``asked``: the code as typed; ``wait``: seconds, when it was too often."""

    asked: str = ""
    found: LookUp | None = None
    report: uploads.Report | None = None
    wait: int = 0

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        if self.wait:
            return {"status": "too-often", "retry_after": self.wait}
        if self.report:
            return self.report.to_json()
        return self.found.to_json() if self.found else {}


def is_served() -> bool:
    """Whether this site is one of the authority."""
    return codes.is_served()


def answer(method: str, text: str, file: Any) -> tuple[int, Answer]:
    """HTTP status and what is said; ``file``: an upload of Werkzeug, if any."""
    address = str(frappe.local.request_ip or "")
    asked = text.strip()[: paper.MOST_CHARACTERS]
    try:
        if method == "POST" and file is not None:
            report = uploads.look_at(address, file.stream.read(uploads.MOST_BYTES + 1))
            return 200, Answer(report=report)
        if method == "POST" and paper.is_one(asked):  # names a pupil: never in an address, which logs keep
            return 200, Answer(report=paper.look_at(address, asked))
        if asked:
            return 200, Answer(asked, codes.look_up(address, asked))
    except guard.TooOften as often:
        return TOO_OFTEN, Answer(asked, wait=often.seconds)
    return 200, Answer()
