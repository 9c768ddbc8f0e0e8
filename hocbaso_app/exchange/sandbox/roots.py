"""``goc-ngay`` at the sandbox: daily roots in memory."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from ..roots.comparison import Difference
from ..roots.handlers import Held


@dataclass
class Roots:
    """What units handed in, and what was found against it."""

    rows: dict[str, list[Held]] = field(default_factory=lambda: defaultdict(list))
    found: dict[str, list[Difference]] = field(default_factory=lambda: defaultdict(list))

    def held(self, unit: str) -> list[Held]:
        """As they came."""
        return self.rows[unit]

    def find(self, unit: str, sha256: str) -> Held | None:
        """By the hash of the statement."""
        return next((row for row in self.rows[unit] if row.kept.sha256 == sha256), None)

    def keep(self, unit: str, held: Held, found: list[Difference]) -> None:
        """Until the sandbox ends."""
        self.rows[unit].append(held)
        self.found[unit] += found
