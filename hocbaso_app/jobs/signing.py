"""Wakes the run of signing batches. Which batch needs it, and how far it is, stands in the database alone."""

from __future__ import annotations

import frappe
from frappe.utils import add_to_date, get_datetime, now_datetime
from frappe.utils.background_jobs import ConnectionError as NoQueueError
from frappe.utils.background_jobs import generate_qname, get_job_status, get_workers

from hocbaso_app.services.signing import batches, run, values

QUEUE, TIMEOUT = "default", 1500
SILENT_SECONDS = 120
"""A batch without progress for so long has no worker any more."""


def wake(batch: str) -> None:
    """A worker shall run the batch after this transaction; without Redis it stays until the next wake-up.

    Each try has its own job id: the job of a killed worker counts as started for minutes,
    and ``deduplicate`` would drop every wake-up meanwhile.
    """
    attempt = int(frappe.db.get_value(batches.DOCTYPE, batch, "attempt") or 0)
    try:
        if attempt and get_job_status(job_id_of(batch, attempt)) == "queued":
            return
        batches.update(batches.DOCTYPE, batch, attempt=attempt + 1)
        frappe.enqueue(
            "hocbaso_app.jobs.signing.run_batch",
            queue=QUEUE,
            timeout=TIMEOUT,
            job_id=job_id_of(batch, attempt + 1),
            deduplicate=True,
            enqueue_after_commit=True,
            batch=batch,
        )
    except NoQueueError:
        frappe.log_error("Signing: no queue", reference_doctype=batches.DOCTYPE, reference_name=batch)


def worker_is_there() -> bool:
    """Whether any worker listens to the queue now."""
    try:
        name = generate_qname(QUEUE)
        return any(name in worker.queue_names() for worker in get_workers())
    except NoQueueError:
        return False


def job_id_of(batch: str, attempt: int) -> str:
    """Of one try. The moment is in it, since a site put back from a backup gives the same names again."""
    ready_at = frappe.db.get_value(batches.DOCTYPE, batch, "ready_at")
    moment = int(get_datetime(ready_at).timestamp() * 1000) if ready_at else 0
    return f"hbs-signing-{batch}-{moment}-{attempt}"


def run_batch(batch: str) -> None:
    """The job."""
    run.run_batch(batch, keep_each=True)


def wake_silent() -> list[str]:
    """Every few minutes: batches whose job died or never started go on; prepared ones whose time is over are closed."""
    values.expire()
    before = add_to_date(now_datetime(), seconds=-SILENT_SECONDS)
    rows = frappe.get_all(
        batches.DOCTYPE,
        {"status": ("in", batches.IN_HAND)},
        ["name", "ready_at", "progress_at"],
        order_by="name",
    )
    silent = [row.name for row in rows if (row.progress_at or row.ready_at) < before]
    for name in silent:
        wake(name)
    return silent
