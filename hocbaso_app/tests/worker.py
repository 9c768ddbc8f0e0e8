"""A real RQ worker in a process of its own that does one job of this site; other sites of the bench keep theirs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import frappe

ONE_JOB = """
import sys, frappe
from rq import Worker
from frappe.utils.background_jobs import get_job, get_queue, get_redis_conn
frappe.init(site=sys.argv[1])
queue, job = get_queue(sys.argv[2]), get_job(sys.argv[3])
queue.remove(job)
queue.push_job_id(job.id, at_front=True)
Worker([queue], connection=get_redis_conn()).work(burst=True, max_jobs=1, logging_level="WARNING")
"""


def work_off(queue: str, job_id: str, timeout: int = 120) -> None:
    """Do the job now; what it committed is seen afterwards."""
    command = [sys.executable, "-c", ONE_JOB, frappe.local.site, queue, job_id]
    subprocess.run(command, cwd=Path(frappe.local.sites_path).resolve(), check=True, timeout=timeout)
    frappe.db.rollback()
