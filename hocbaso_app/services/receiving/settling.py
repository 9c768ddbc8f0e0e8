"""Waiting messages are verified and answered: one transaction each, by as many workers as there are.

Which messages wait stands in the database alone. A worker that dies leaves its
message as it was; another one takes it.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from typing import Any

import frappe
from frappe.utils import add_to_date, now_datetime

from hocbaso_app.services import rows
from hocbaso_app.services.receiving import contention, settings
from hocbaso_app.services.receiving.books import MESSAGE, WAITING
from hocbaso_app.services.receiving.office import SitePortal, portal
from hocbaso_app.services.receiving.registrations import require_officer

TRIES = 3
"""In a row, when another worker was in the way."""
MOST_ATTEMPTS = 10
"""After that a message waits for a person."""
LOOK_AHEAD = 50


def settle_all(seconds: float = 1200.0, beat: Callable[[], None] = lambda: None) -> int:
    """Until nothing waits that this worker can take, or the time is over; how many messages were settled.

    ``beat`` is called before each message: a worker that does not call it any more is gone.
    """
    if not settings.is_on():
        return 0
    end = time.monotonic() + seconds
    own, settled, passed = portal(), 0, set[str]()
    while time.monotonic() < end:
        names = [name for name in waiting() if name not in passed]
        if not names:
            break
        for name in names:
            beat()
            if settle_one(own, name):
                settled += 1
            else:
                passed.add(name)
            if time.monotonic() >= end:
                break
    return settled


def waiting() -> list[str]:
    """The oldest messages that wait and are due; one that failed is tried ever later."""
    frappe.db.commit()  # nosemgrep: what was committed since is to be seen, and nothing read now is to be kept
    where = {"status": WAITING, "kind": "Records", "attempts": ("<", MOST_ATTEMPTS)}
    columns = ["name", "attempts", "modified"]
    found = frappe.get_all(MESSAGE, where, columns, order_by="received_at, creation, name", limit=LOOK_AHEAD)
    frappe.db.commit()  # nosemgrep: ends the snapshot
    now = now_datetime()
    return [r.name for r in found if not r.attempts or add_to_date(r.modified, minutes=2**r.attempts) <= now]


def settle_one(own: SitePortal, name: str) -> bool:
    """False when it is settled, in other hands, or could not be settled now; why stands on the message then."""
    for attempt in range(TRIES):
        try:
            return own.settle(name)
        except Exception as error:
            frappe.db.rollback()
            if attempt + 1 < TRIES and contention.in_the_way(error):
                continue
            _note(name, error)
            return False
    return False


def _note(name: str, error: Exception) -> None:
    # without the values of variables, which are pupils' data
    text = traceback.format_exc()
    frappe.log_error("Receiving: a message could not be checked", text, MESSAGE, name)
    attempts = int(frappe.db.get_value(MESSAGE, name, "attempts") or 0) + 1
    rows.update(
        MESSAGE,
        [name],
        {"attempts": attempts, "error": f"{type(error).__name__}: {error}"[:500], "modified": now_datetime()},
    )
    frappe.db.commit()  # nosemgrep: each message for itself


def try_again(name: str) -> None:
    """An officer has a message checked anew."""
    doc: Any = frappe.get_doc(MESSAGE, name)
    doc.check_permission("read")
    require_officer(doc.unit)
    if doc.status == WAITING:
        rows.update(MESSAGE, [name], {"attempts": 0, "error": None})
