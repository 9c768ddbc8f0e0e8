"""Prints the 107 rows of the regulation with the tests that prove them, and writes docs/requirements.md.

Usage: requirements_table.py RESULTS…, each as `pytest --requirements RESULTS` wrote it, or as the tests on a site did
(`.jsonl`: lines of row, test, outcome). A later file's word about a test counts.
Exit 1 when a claimed test failed.
"""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

DOCS = Path(__file__).resolve().parents[1] / "docs"


@dataclass(frozen=True)
class Row:
    """One row of docs/requirements.csv with the tests of the run that claim it."""

    id: str
    clause: str
    capability: str
    tests: tuple[tuple[str, str], ...]

    @property
    def state(self) -> str:
        """proved: every test that claims the row passed; failed: one did not; open: none claims it."""
        outcomes = {outcome for _, outcome in self.tests}
        if not outcomes:
            return "open"
        if "failed" in outcomes:
            return "failed"
        return "proved" if outcomes == {"passed"} else "skipped"

    @property
    def test_names(self) -> list[str]:
        """The tests without their parameters, each once."""
        names = {name.split("[", 1)[0] for name, _ in self.tests}
        return sorted(name.removeprefix("tests/").removeprefix("hocbaso_app.") for name in names)


def read_rows(results: list[Path]) -> list[Row]:
    """The table's rows in order, joined with the outcomes of the runs."""
    outcomes: dict[str, dict[str, str]] = {}
    for file in results:
        text = file.read_text(encoding="utf-8")
        if file.suffix == ".jsonl":
            claims = [json.loads(line) for line in text.splitlines()]
        else:
            claims = [(row, *test) for row, tests in json.loads(text).items() for test in tests.items()]
        for row, test, outcome in claims:
            outcomes.setdefault(row, {})[test] = outcome
    with (DOCS / "requirements.csv").open(encoding="utf-8", newline="") as table:
        return [
            Row(row["id"], row["clause"], row["capability"], tuple(sorted(outcomes.get(row["id"], {}).items())))
            for row in csv.DictReader(table)
        ]


def count_line(rows: list[Row]) -> str:
    """How many rows are in which state."""
    states = [row.state for row in rows]
    parts = [f"{states.count(state)} {state}" for state in ("proved", "failed", "skipped", "open") if state in states]
    return f"{len(rows)} rows: " + ", ".join(parts)


def markdown(rows: list[Row]) -> str:
    """The page docs/requirements.md."""
    lines = [
        "# The 107 rows of the regulation",
        "",
        "Written by `make requirements` from `docs/requirements.csv` and one run of all tests. A row is *proved* when",
        "a test that does what the row's `test` column says passed; it is *open* when no test claims it yet, whatever",
        "the code can do.",
        "",
        f"**{count_line(rows)}**",
        "",
        "| Row | Clause | What the software does | State | Tests |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        cells = [row.id, row.clause, row.capability, row.state, "<br>".join(f"`{name}`" for name in row.test_names)]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def show(rows: list[Row]) -> None:
    """The same table on the terminal."""
    colours = {"proved": "green", "failed": "bold red", "skipped": "yellow", "open": "dim"}
    table = Table(title=count_line(rows))
    table.add_column("Row")
    for name in ("Clause", "What the software does", "State", "Tests"):
        table.add_column(name, overflow="fold")
    for row in rows:
        state = f"[{colours[row.state]}]{row.state}[/]"
        table.add_row(row.id, row.clause, row.capability, state, "\n".join(row.test_names))
    Console().print(table)


def main(arguments: list[str]) -> int:
    """Prints, writes, and tells by the exit code whether a claimed test failed."""
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    rows = read_rows([Path(name) for name in arguments if Path(name).exists()])
    show(rows)
    (DOCS / "requirements.md").write_text(markdown(rows), encoding="utf-8")
    return int(any(row.state == "failed" for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
