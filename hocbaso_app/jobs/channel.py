"""What the authority and its schools tell each other, by the clock."""

from __future__ import annotations

from hocbaso_app.services import unit_progress


def count_progress() -> dict[str, int]:
    """Every hour: records by school, class and state, for the dashboards above the schools."""
    return unit_progress.count_here()
