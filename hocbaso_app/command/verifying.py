"""Verify any number of files, on all cores when there are many, in bounded memory."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from hocbaso_app.exchange.standing import MAX_AGE, Standing, as_text, standing
from hocbaso_app.exchange.status_list import StatusList
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.signing.slots import Stage
from hocbaso_app.signing.trust import TrustStore
from hocbaso_app.signing.verify import Verification, verify

from .evidence import bundle_beside
from .exits import ExitCode, exit_code_of, unexpected
from .inputs import load_trust, read_record_file

POOL_FROM = 800
"""Below this many files (some five milliseconds each), starting processes costs more than it saves."""
_BATCH = 50
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Question:
    """What is asked of every file; can be sent to another process."""

    trust: Path
    at: datetime
    trust_at: datetime | None
    stage: Stage
    revocation: str
    as_json: bool
    language: str = "vi"
    listed: StatusList | None = None
    max_age: timedelta = MAX_AGE
    evidence: Path | None = None
    """File or folder; without it what lies beside the record."""

    def against(self, listed: StatusList | None, max_age: timedelta) -> Question:
        """The same with a status list of the authority."""
        return replace(self, listed=listed, max_age=max_age)


@dataclass(frozen=True)
class Answer:
    """One file's exit code and what to print: a report for people, or one line of JSON."""

    file: str
    exit_code: int
    text: str


def verify_file(path: Path, trust: TrustStore, question: Question) -> Answer:
    """One file; what can't be read is an answer too, never an exception that keeps the files behind it unseen."""
    try:
        return _verified(path, trust, question)
    except HocBaSoError as error:
        return _unread(path, error, exit_code_of(error), question)
    except Exception as error:
        if os.environ.get("HOCBASO_DEBUG"):
            raise
        _log.error("%s could not be verified: %s: %s", path, type(error).__name__, error)
        return _unread(path, unexpected(error), ExitCode.INTERNAL, question)


def _verified(path: Path, trust: TrustStore, question: Question) -> Answer:
    result = verify(
        read_record_file(path),
        trust,
        at=question.at,
        stage=question.stage,
        revocation=question.revocation,
        evidence=bundle_beside(path, question.evidence),
    )
    if question.listed is None or not result.report.readable:
        return Answer(str(path), result.exit_code, _describe(path, result, question))
    found = standing(result.report, question.listed, at=question.at, max_age=question.max_age)
    return Answer(str(path), found.conclusion.exit_code, _describe(path, result, question, found))


def verify_files(paths: Iterable[Path], question: Question, *, workers: int | None = None) -> Iterator[Answer]:
    """Answers in the order of the files. ``workers`` 1 stays in this process; default all cores for many files."""
    trust = load_trust(question.trust, question.trust_at)
    files = iter(paths)
    first = list(islice(files, POOL_FROM))
    count = workers or (os.cpu_count() or 1)
    if count == 1 or (workers is None and len(first) < POOL_FROM):
        for path in _chain(first, files):
            yield verify_file(path, trust, question)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, context, initializer=_start_worker, initargs=(question,)) as pool:
        waiting: list[Future[list[Answer]]] = []
        for batch in _batches(_chain(first, files)):
            waiting.append(pool.submit(_verify_batch, batch))
            if len(waiting) > 4 * count:
                yield from waiting.pop(0).result()
        for future in waiting:
            yield from future.result()


_worker: tuple[TrustStore, Question] | None = None


def _start_worker(question: Question) -> None:
    global _worker
    _worker = (load_trust(question.trust, question.trust_at), question)


def _verify_batch(paths: list[Path]) -> list[Answer]:
    assert _worker is not None
    return [verify_file(path, *_worker) for path in paths]


def _chain(first: list[Path], rest: Iterator[Path]) -> Iterator[Path]:
    yield from first
    yield from rest


def _batches(paths: Iterator[Path]) -> Iterator[list[Path]]:
    while batch := list(islice(paths, _BATCH)):
        yield batch


def _describe(path: Path, result: Verification, question: Question, found: Standing | None = None) -> str:
    if question.as_json:
        code = found.conclusion.exit_code if found else result.exit_code
        more = {"standing": found.to_dict()} if found else {}
        return _line({"file": str(path), "exit_code": code, **result.report.to_dict(), **more})
    lines = [str(path), result.report.to_text(question.language)]
    return "\n".join([*lines, as_text(found, question.language)] if found else lines)


def _unread(path: Path, error: HocBaSoError, code: ExitCode, question: Question) -> Answer:
    if question.as_json:
        fault = {"code": error.code, "message_vi": error.message_vi, "message_en": error.message_en}
        return Answer(str(path), code, _line({"file": str(path), "exit_code": int(code), "error": fault}))
    message = error.message_vi if question.language == "vi" else error.message_en
    return Answer(str(path), code, f"{path}\n  ! {error.code}: {message}")


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
