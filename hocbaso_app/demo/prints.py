"""PDFs in a few processes; WeasyPrint is the slowest part of the demo."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hocbaso_app.print_formats.pdf import PdfEngineMissing, render
from hocbaso_app.record.document import Document
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.signing.slots import Stage
from hocbaso_app.signing.trust import TrustStore
from hocbaso_app.signing.verify import verify


@dataclass(frozen=True)
class PrintJob:
    """One PDF to make from a file; ``mark`` as in :func:`hocbaso_app.print_formats.pdf.render`."""

    source: Path
    target: Path
    stage: Stage = Stage.RELEASE
    mark: str | None = None
    link: str | None = None
    summary: bytes | None = None
    receipt: tuple[tuple[str, str], ...] = ()


def print_all(
    jobs: Sequence[PrintJob], trust_folder: Path, at: datetime, advance: Callable[[int], None]
) -> HocBaSoError | None:
    """Make every PDF. Gives the reason when this machine lacks what PDFs need; then none is made."""
    workers = max(1, min(os.cpu_count() or 1, len(jobs) // 2, 8))
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context) as pool:
        waiting = [pool.submit(_print, job, trust_folder, at) for job in jobs]
        for future in as_completed(waiting):
            missing = future.result()
            if missing is not None:
                pool.shutdown(cancel_futures=True)
                return PdfEngineMissing(*missing)
            advance(1)
    return None


def _print(job: PrintJob, trust_folder: Path, at: datetime) -> tuple[str, str, str] | None:
    trust = _trust(trust_folder)
    document = Document.parse(job.source.read_bytes())
    verification = verify(document, trust, at=at, stage=job.stage)
    try:
        data = render(
            document,
            verification=verification,
            mark=job.mark,
            link=job.link,
            seal_summary=job.summary,
            receipt=dict(job.receipt),
        )
    except PdfEngineMissing as error:
        return error.code, error.message_vi, error.message_en
    job.target.write_bytes(data)
    return None


_stores: dict[Path, TrustStore] = {}


def _trust(folder: Path) -> TrustStore:
    if folder not in _stores:
        _stores[folder] = TrustStore.load(folder)
    return _stores[folder]
