"""What a run did: ``summary.json`` and the table at the end."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from hocbaso_app.progress import StageTiming

from .long_term import Later


@dataclass
class Recall:
    """The record that was recalled and its replacement."""

    record_code: str
    replaced_by: str
    reason: str
    recalled_at: str
    approved_by: str
    signatures_kept: int
    signatures_new: int


@dataclass
class Waiting:
    """A record that may not be released yet, and why."""

    record_code: str
    reasons: list[str]


@dataclass
class Summary:
    """Facts of one run, filled stage by stage. Counts are of records unless the name says otherwise."""

    school: str
    school_year: str
    seed: int
    pupils_per_class: int
    started_at: str
    results: dict[str, Counter[str]] = field(default_factory=dict)
    """Class → overall result → pupils; "" where a disability is not assessed."""
    hard_cases: dict[str, str] = field(default_factory=dict)
    """Stem → what is special about the pupil."""
    counts: Counter[str] = field(default_factory=Counter)
    recalls: list[Recall] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    later: Later | None = None
    pdf_missing: str | None = None

    def to_dict(self, timings: list[StageTiming], seconds: float) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "state": "finished",
            "school": self.school,
            "school_year": self.school_year,
            "seed": self.seed,
            "pupils_per_class": self.pupils_per_class,
            "started_at": self.started_at,
            "seconds": seconds,
            "counts": dict(self.counts),
            "results": {name: dict(found) for name, found in self.results.items()},
            "hard_cases": self.hard_cases,
            "recalls": [asdict(r) for r in self.recalls],
            "waiting": [asdict(w) for w in self.waiting],
            "later": asdict(self.later) if self.later else None,
            "pdf_missing": self.pdf_missing,
            "stages": [asdict(t) for t in timings],
        }

    def show(self, console: Console, timings: list[StageTiming], seconds: float, folder: str) -> None:
        """The table at the end, and what to try next."""
        table = Table(title=f"{self.school} – năm học {self.school_year}", title_justify="left")
        table.add_column("Bước")
        table.add_column("Số lượng", justify="right")
        table.add_column("Giây", justify="right")
        for t in timings:
            table.add_row(t.title, f"{t.items} {t.unit}", f"{t.seconds:.1f}")
        table.add_section()
        table.add_row("Cả quá trình", f"{self.counts['records']} học bạ đã phát hành, hợp lệ", f"{seconds:.1f}")
        console.print(table)
        for w in self.waiting:
            console.print(f"Chờ, chưa phát hành: {w.record_code} – {' '.join(w.reasons)}")
        for r in self.recalls:
            console.print(
                f"Thu hồi: {r.record_code} → {r.replaced_by}: {r.reason}. "
                f"Giữ nguyên {r.signatures_kept} chữ ký, ký lại {r.signatures_new}."
            )
        if self.later:
            console.print(self.later.to_text())
        if self.pdf_missing:
            console.print(f"Chưa tạo được PDF: {self.pdf_missing}")
        console.print(f"Kết quả: {folder}\nThử: hocbaso verify {folder}/records --trust {folder}/trust", soft_wrap=True)
