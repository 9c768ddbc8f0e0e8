"""Stages with live progress on a terminal, one line each in a log, and their timings."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


@dataclass
class StageTiming:
    """One finished stage; ``items`` is what its unit counts."""

    name: str
    title: str
    items: int
    unit: str
    seconds: float


class Steps:
    """Counts the items of a running stage."""

    def __init__(self, report: Progress, task: int) -> None:
        """For one task of a rich progress."""
        self._report = report
        self._task = task
        self.done = 0

    def advance(self, count: int = 1) -> None:
        """``count`` more items are done."""
        self.done += count
        self._report.advance(self._task, count)  # type: ignore[arg-type]


@dataclass
class Progressing:
    """All stages of a run."""

    console: Console
    timings: list[StageTiming] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        """A live display only where somebody looks at it."""
        self._display = Progress(
            SpinnerColumn(finished_text="✓"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TextColumn("{task.fields[unit]}"),
            TimeElapsedColumn(),
            console=self.console,
            disable=not self.console.is_terminal,
        )

    def __enter__(self) -> Progressing:
        """Start the display."""
        self._display.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the finished stages on the screen."""
        self._display.stop()

    @contextmanager
    def stage(self, name: str, title: str, total: int, unit: str) -> Iterator[Steps]:
        """Time one stage; it is recorded only when it ends well."""
        task = self._display.add_task(title, total=total, unit=unit)
        steps = Steps(self._display, task)
        begin = time.monotonic()
        yield steps
        seconds = time.monotonic() - begin
        self._display.update(task, total=steps.done, completed=steps.done)
        self.timings.append(StageTiming(name, title, steps.done, unit, round(seconds, 3)))
        if not self.console.is_terminal:
            self.console.print(f"{title}: {steps.done} {unit}, {seconds:.1f} s")

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return round(time.monotonic() - self.started, 3)
