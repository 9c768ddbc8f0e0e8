"""Every day: tasks follow assignments that begin or end by date, and Education is compared again."""

from __future__ import annotations

from hocbaso_app.services import assignments, drift


def follow_and_compare() -> dict[str, int]:
    """How many records moved, and how many records and assignments differ from Education."""
    moved = assignments.follow_dates()
    return {"moved": len(moved), **drift.compare_everything()}
