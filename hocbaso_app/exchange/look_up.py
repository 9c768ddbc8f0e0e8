"""What anyone may know of a record code (our extension, QĐ Đ4.k6): genuine, recalled or unknown; nothing personal."""

from __future__ import annotations

from dataclasses import asdict, dataclass

GENUINE, RECALLED, UNKNOWN = "genuine", "recalled", "unknown"
LOOK_UP_PATH = "/tra-cuu"
"""Where a portal with our extension answers ``GET /tra-cuu/<code>``: a page, or JSON for who asks for it."""


@dataclass(frozen=True, slots=True)
class LookUp:
    """The answer about one code; times as in a record file, empty where there is nothing to say."""

    status: str
    sha256: str = ""
    issue: str = ""
    received_at: str = ""
    recalled_at: str = ""
    replaced_by: str = ""

    def to_json(self) -> dict[str, str]:
        """Without what is empty."""
        return {name: value for name, value in asdict(self).items() if value}
