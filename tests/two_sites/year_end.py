"""The school's year-end over HTTP, each step by the people whose step it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

from .people import People, Person

RECORD = "HBS Record"
SIGNING = "hocbaso_app.api.signing"
ENDED = ("Done", "Partly done", "Discarded", "Expired")
PATIENCE = 120.0
"""Seconds to wait for background work on a busy machine."""


def until(holds: Callable[[], Any], otherwise: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait; after ``seconds`` say how things are instead."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, otherwise()
        time.sleep(0.5)


def records(who: Person) -> list[dict[str, Any]]:
    """Every record of the school."""
    return who.rows(RECORD, ["full_name", "student_group", "state", "state_sentence", "record_code", "receipt_number"])


def in_state(who: Person, *states: str) -> list[str]:
    """Names of the records that are there."""
    return [row["name"] for row in records(who) if row["state"] in states]


def teachers(school: People) -> Iterator[Person]:
    """Everybody who teaches, homeroom teachers last."""
    for login in sorted(school.logins, key=lambda short: short.startswith("gvcn")):
        if login.startswith("gv"):
            yield school[login]


def sign_all(school: People) -> int:
    """From drafts to records that only the school's seal is missing on; gives how many."""
    initialise(school)
    return sign_up_to_seal(school)


def initialise(school: People) -> None:
    """The principal confirms each class once, the clerk makes the files of its drafts."""
    principal, clerk = school["hieutruong"], school["vanthu"]
    confirmed = {row["student_group"] for row in principal.rows("HBS Summary Confirmation", ["student_group"])}
    for group in sorted({row["student_group"] for row in records(clerk) if row["state"] == "Draft"}):
        if group not in confirmed:
            confirm_summary(principal, group)
        clerk.call("hocbaso_app.api.records.initialise_class", student_group=group)


def sign_up_to_seal(school: People) -> int:
    """Looked at and signed by everybody up to the principal."""
    principal = school["hieutruong"]
    for teacher in teachers(school):
        for _group, names in _classes(teacher, "Initialised"):
            teacher.call("hocbaso_app.api.records.confirm_check", names=names)
    for stage in ("gvbm", "gvcn"):
        for teacher in teachers(school):
            sign(teacher, stage, teacher.pin)
    return sign(principal, "cbql", principal.pin)


def confirm_summary(principal: Person, group: str) -> None:
    """The principal confirms the year-end summary of a class."""
    facts = principal.call(
        "frappe.client.get_value", doctype=RECORD, filters={"student_group": group}, fieldname=["unit", "academic_year"]
    )
    facts |= {"student_group": group, "minutes_number": "05/BB-HĐ", "confirmed_on": time.strftime("%Y-%m-%d")}
    principal.call("frappe.client.insert", doc={"doctype": "HBS Summary Confirmation", **facts})


def sign(who: Person, stage: str, pin: str, only: str | None = None) -> int:
    """What waits for this person at a stage (of one class ``only``), a confirmation a class; gives how many records."""
    done = 0
    for row in who.call(f"{SIGNING}.overview")["waiting"]:
        if row["stage"] != stage or only not in (None, row["student_group"]):
            continue
        page = who.call(f"{SIGNING}.pupils", stage=stage, student_group=row["student_group"])
        names = [pupil["record"] for pupil in page["pupils"] if not pupil["in_hand"]]
        batch = who.call(f"{SIGNING}.start", stage=stage, names=names, password=pin)["batch"]
        done += _followed(who, batch)
    return done


def _followed(who: Person, batch: str) -> int:
    """Records that the batch signed, once it has ended; what it refused it says."""

    def status() -> dict[str, Any]:
        found: dict[str, Any] = who.call(f"{SIGNING}.batch_status", batch=batch)
        return found

    until(lambda: status()["status"] in ENDED, status)
    return sum(row["outcome"] in ("Signed", "Already signed") for row in status()["records"])


def _classes(who: Person, state: str) -> Iterator[tuple[str, list[str]]]:
    rows = [row for row in records(who) if row["state"] == state]
    rows.sort(key=lambda row: row["student_group"])
    for group, members in groupby(rows, key=lambda row: str(row["student_group"])):
        yield group, [row["name"] for row in members]
