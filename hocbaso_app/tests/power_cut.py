"""A background worker in a process of its own, on queues of its own; its power can be cut in the middle of a record.

``python -m hocbaso_app.tests.power_cut SITES SITE BENCH_ID [FILES]``: works off the default queue and ends. After so
many files were written, worker and job are killed at once, with the next file written and not committed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import frappe


def start_worker(bench_id: str, power_cut_after: int | None = None) -> subprocess.Popen[bytes]:
    """The process; for this test's site."""
    command = [sys.executable, "-W", "ignore", "-m", __name__, str(Path.cwd()), frappe.local.site, bench_id]
    if power_cut_after is not None:
        command.append(str(power_cut_after))
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def main(sites: str, site: str, bench_id: str, power_cut_after: str | None = None) -> None:
    """Work until the queue is empty."""
    os.chdir(sites)
    frappe.init(site=site, sites_path=sites)
    from frappe.utils import background_jobs
    from frappe.utils.background_jobs import Queue, Worker, get_redis_conn

    from hocbaso_app.services import files

    background_jobs.get_bench_id = lambda: bench_id  # jobs that wake jobs stay in these queues
    if power_cut_after:
        files.grow_all = _until_power_cut(files.grow_all, int(power_cut_after))
    connection = get_redis_conn()
    Worker([Queue(f"{bench_id}:default", connection=connection)], connection=connection).work(burst=True)


def _until_power_cut(grow_all: Callable[..., Any], number: int) -> Callable[..., Any]:
    left = [number]

    def grow_or_die(grown: Any) -> Any:
        answer = grow_all(grown)
        left[0] -= len(grown)
        if left[0] < 0:
            os.kill(os.getppid(), signal.SIGKILL)
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    return grow_or_die


if __name__ == "__main__":
    main(*sys.argv[1:])
