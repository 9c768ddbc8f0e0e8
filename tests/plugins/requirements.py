"""Records which rows of docs/requirements.csv the run proved.

A test claims a row with `@pytest.mark.requirement("Y093")` when it does what the row's `test` column says.
`pytest --requirements FILE` writes `{row: {test: outcome}}`; outcome is "passed", "failed" or "skipped".
An id that is not in the table stops the run.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Generator
from pathlib import Path

import pytest

TABLE = Path(__file__).resolve().parents[2] / "docs" / "requirements.csv"


def row_ids() -> frozenset[str]:
    """The ids of all rows of the regulation."""
    with TABLE.open(encoding="utf-8", newline="") as table:
        return frozenset(row["id"] for row in csv.DictReader(table))


def claimed(item: pytest.Item) -> list[str]:
    """The rows a test claims to prove."""
    return [str(row) for mark in item.iter_markers("requirement") for row in mark.args]


class Recorder:
    """Collects outcomes by row; a test counts as passed only when set-up, call and tear-down passed."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.outcomes: dict[str, dict[str, str]] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Notes the outcome of each phase; the worst one stays."""
        report = yield
        for row in claimed(item):
            tests = self.outcomes.setdefault(row, {})
            before = tests.get(item.nodeid)
            if before in (None, "passed"):
                tests[item.nodeid] = report.outcome
        return report

    def pytest_sessionfinish(self) -> None:
        """Writes the file."""
        self.target.parent.mkdir(parents=True, exist_ok=True)
        self.target.write_text(json.dumps(self.outcomes, indent=1, sort_keys=True), encoding="utf-8")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds --requirements."""
    parser.addoption("--requirements", metavar="FILE", type=Path, help="write which rows were proved to FILE (JSON)")


def pytest_configure(config: pytest.Config) -> None:
    """Starts the recorder when asked for."""
    target = config.getoption("--requirements")
    if target is not None:
        config.pluginmanager.register(Recorder(target), "requirement-recorder")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuses a claim of a row that does not exist."""
    known = row_ids()
    wrong = sorted({f"{row} ({item.nodeid})" for item in items for row in claimed(item) if row not in known})
    if wrong:
        raise pytest.UsageError("not in docs/requirements.csv: " + ", ".join(wrong))
