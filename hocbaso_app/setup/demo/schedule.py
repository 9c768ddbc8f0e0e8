"""The demo school's year-end by date: each stage ends some days after the school was made."""

from __future__ import annotations

from frappe.utils import add_days, today

from hocbaso_app.services import schedule
from hocbaso_app.setup.demo.making import make_keyed

DAYS = dict(zip(schedule.STAGES, (7, 9, 12, 14, 16, 18, 20), strict=True))
"""Stage → days from today."""


def make_schedule(unit: str, academic_year: str) -> None:
    """One schedule with all stages."""
    stages = [{"stage": stage, "due_date": add_days(today(), days)} for stage, days in DAYS.items()]
    key = {"unit": unit, "academic_year": academic_year}
    make_keyed("HBS Schedule", key, decision_number="12/QĐ-THHP", stages=stages)
