"""What the benchmarks print."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich.table import Table

Row = tuple[str, float, str, bool]
"""Measure, value, limit (empty: none), whether it is met."""


def times_table(title: str, milliseconds: Mapping[str, float], names: Iterable[str]) -> Table:
    """CPU times by name."""
    table = Table(title=title)
    table.add_column("CPU milliseconds, median")
    table.add_column("", justify="right")
    for name in names:
        table.add_row(name, f"{milliseconds[name]:.2f}")
    return table


def limits_table(rows: Sequence[Row]) -> Table:
    """Each measure, and whether it keeps its limit."""
    table = Table(title="Against the limits")
    for heading in ("Measure", "Value", "Limit", "Met"):
        table.add_column(heading, justify="right" if heading == "Value" else "left")
    for name, value, limit, met in rows:
        table.add_row(name, f"{value:.2f}", limit, ("yes" if met else "[bold red]no[/]") if limit else "")
    return table
