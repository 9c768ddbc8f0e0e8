"""Year archives in the background: made and sent by a job, followed every hour; what broke goes on where it ended."""

from __future__ import annotations

from collections.abc import Callable

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.services import year_archive

TIMEOUT = 3 * 60 * 60


def wake_making(name: str) -> None:
    """After this transaction."""
    _wake("make", name)


def wake_sending(name: str) -> None:
    """After this transaction; the scheduler does so too."""
    _wake("send", name)


def _wake(step: str, name: str) -> None:
    frappe.enqueue(
        f"hocbaso_app.jobs.archives.{step}",
        queue="long",
        timeout=TIMEOUT,
        job_id=f"hbs-archive-{step}-{name}",
        deduplicate=True,
        enqueue_after_commit=True,
        name=name,
    )


def make(name: str) -> None:
    """The job; a refusal stands on the archive."""

    def progress(done: int, total: int) -> None:
        frappe.db.set_value(year_archive.DOCTYPE, name, "done_records", done)
        frappe.db.commit()  # nosemgrep: progress of a background job
        frappe.publish_progress(
            done * 100 / total,
            title=_("Year archive"),
            doctype=year_archive.DOCTYPE,
            docname=name,
            description=_("{0} of {1} records").format(done, total),
        )

    _as_requester(name, lambda: year_archive.make(name, progress))


def send(name: str) -> None:
    """The job; after a break the next one goes on."""
    _as_requester(name, lambda: year_archive.send(name))


def _as_requester(name: str, step: Callable[[], None]) -> None:
    before = frappe.session.user
    frappe.set_user(frappe.db.get_value(year_archive.DOCTYPE, name, "requested_by") or "Administrator")
    try:
        step()
    except (HbsError, HocBaSoError) as error:
        frappe.db.rollback()
        if frappe.db.get_value(year_archive.DOCTYPE, name, "status") == year_archive.MAKING:
            year_archive.fail(name, year_archive.sentence_of(error))
        else:
            year_archive.note_problem(name, error)
    finally:
        frappe.db.commit()  # nosemgrep: a background job
        frappe.set_user(before)


def follow() -> list[str]:
    """Every hour."""
    return year_archive.follow_all()
