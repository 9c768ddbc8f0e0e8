"""Wakes the run of signing batches. Which batch needs it, and how far it is, stands in the database alone."""

from __future__ import annotations

import time

import frappe
from frappe.utils import add_to_date, get_datetime, now_datetime
from frappe.utils.background_jobs import ConnectionError as NoQueueError
from frappe.utils.background_jobs import generate_qname, get_job_status, get_workers

from hocbaso_app.services.signing import asking, batches, run, values

QUEUE, TIMEOUT = "default", 1500
SILENT_SECONDS = 120
"""A batch without progress for so long has no worker any more."""

TURN, LOOKS = 10, 5
"""Seconds that one job looks for answers before others have their turn; looks a second at most."""


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


def follow(batch: str) -> None:
    """Whatever a batch needs now: a run when it has values, somebody who looks for the answer when it was asked."""
    status, ticket = frappe.db.get_value(batches.DOCTYPE, batch, ["status", "ticket"])
    if status in batches.IN_HAND:
        wake(batch)
    elif ticket:
        wake_collecting()


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
    asking.ask_next(batch)
    follow(batch)


def wake_collecting() -> None:
    """Somebody looks for answers from signers' phones from now on, while there are any.

    The job's id holds the moment: that of a killed worker counts as started for minutes.
    """
    try:
        frappe.enqueue(
            "hocbaso_app.jobs.signing.collect_answers",
            queue=QUEUE,
            timeout=TIMEOUT,
            job_id=f"hbs-collect-{int(time.time() / TURN)}",
            deduplicate=True,
            enqueue_after_commit=True,
        )
    except NoQueueError:
        frappe.log_error("Signing: no queue")


def collect_answers() -> None:
    """The job: looks for all answers in turn, then makes room for other jobs and comes again.

    However many signers are asked, one worker looks, at most :data:`LOOKS` times a second.
    """
    ends = time.monotonic() + TURN
    while (asked := asking.waiting()) and time.monotonic() < ends:
        for name in asked:
            try:
                if asking.collect(name):
                    wake(name)
            except Exception:  # one signer's answer must not hold up the others'
                frappe.db.rollback()
                frappe.log_error("Signing: no answer collected", reference_doctype=batches.DOCTYPE, reference_name=name)
            frappe.db.commit()  # nosemgrep: each answer is a transaction, and the next look sees what is new
            time.sleep(1 / LOOKS)
    if asked:
        wake_collecting()
        frappe.db.commit()  # nosemgrep: jobs are queued after a commit


def wake_waiting() -> None:
    """Every minute: questions whose worker died are looked after again."""
    if asking.waiting():
        wake_collecting()


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
