"""Which rows of docs/requirements.csv the tests on a site prove, as the marker of the root's tests does.

A test claims rows with ``@requirement("Y089")`` when it does what the row's ``test`` column says, on real parts. With
``HOCBASO_REQUIREMENTS=FILE`` each claimed test that ran adds one JSON line ``[row, test, outcome]`` to that file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar
from unittest import SkipTest

Test = TypeVar("Test", bound=Callable[..., Any])


def requirement(*rows: str) -> Callable[[Test], Test]:
    """Claim these rows for a test."""

    def claim(test: Test) -> Test:
        @wraps(test)
        def run(*args: Any, **kwargs: Any) -> Any:
            outcome = "failed"
            try:
                result = test(*args, **kwargs)
                outcome = "passed"
            except SkipTest:
                outcome = "skipped"
                raise
            finally:
                _note(rows, f"{test.__module__}::{test.__qualname__}", outcome)
            return result

        return run  # type: ignore[return-value]

    return claim


def _note(rows: tuple[str, ...], test: str, outcome: str) -> None:
    target = os.environ.get("HOCBASO_REQUIREMENTS")
    if target:
        with Path(target).open("a", encoding="utf-8") as lines:
            lines.writelines(json.dumps([row, test, outcome]) + "\n" for row in rows)
