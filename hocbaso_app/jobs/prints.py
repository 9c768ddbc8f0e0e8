"""Class prints in the background: one job per attempt of a run, and the daily clearing of old files."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.translate import get_user_lang

from hocbaso_app.services import print_runs

TIMEOUT = 60 * 60


def wake(run: Any) -> None:
    """A worker for this attempt of a run; asking twice is the same as once."""
    frappe.enqueue(
        "hocbaso_app.jobs.prints.print_class",
        queue="long",
        timeout=TIMEOUT,
        enqueue_after_commit=True,
        job_id=f"hbs-print-{run.name}-{run.attempt}",
        deduplicate=True,
        run=run.name,
        attempt=run.attempt,
    )


def print_class(run: str, attempt: int) -> None:
    """Work a run off as the user who asked for it, whoever the worker is; each record is committed."""
    before = frappe.session.user
    frappe.set_user(frappe.db.get_value(print_runs.DOCTYPE, run, "requested_by"))
    frappe.local.lang = get_user_lang(frappe.session.user)
    try:
        for done, total in print_runs.work(run, attempt):
            frappe.db.commit()  # nosemgrep: progress of a background job, one record after another
            frappe.publish_progress(
                done * 100 / total,
                title=_("Class print"),
                doctype=print_runs.DOCTYPE,
                docname=run,
                description=_("{0} of {1} records").format(done, total),
            )
    except Exception as error:
        frappe.db.rollback()
        print_runs.fail(run, attempt, error)
        frappe.db.commit()  # nosemgrep: the fault is told even though the job ends with it
        raise
    finally:
        frappe.set_user(before)


def clear_old_runs() -> None:
    """Every day."""
    print_runs.clear_old()
