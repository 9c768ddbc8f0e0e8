"""Background work of the desk: sentences after a change of dates."""

from __future__ import annotations

from typing import Any

import frappe

from hocbaso_app.services import schedule


def after_schedule_change(doc: Any, method: str | None = None) -> None:
    """``doc_events`` of HBS Schedule: a school's records at once, those of a whole department in the background."""
    schedule.forget()
    if frappe.db.get_value("HBS Unit", doc.unit, "kind") == "School":
        schedule.refresh_sentences(doc.unit, doc.academic_year)
        return
    frappe.enqueue(
        "hocbaso_app.services.schedule.refresh_sentences",
        queue="long",
        enqueue_after_commit=True,
        unit=doc.unit,
        academic_year=doc.academic_year,
    )


def after_outage_change(doc: Any, method: str | None = None) -> None:
    """``doc_events`` of HBS Outage: last days move in the background, and the schools are told."""
    schedule.forget()
    for step, facts in (("refresh", {"unit": doc.unit}), ("tell", {"name": doc.name})):
        path = f"hocbaso_app.services.outages.{step}"
        frappe.enqueue(path, queue="long", enqueue_after_commit=True, **facts)
