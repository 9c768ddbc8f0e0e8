"""The output folder of the demo in its fixed shape."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hocbaso_app.record.errors import HocBaSoError

_KINDS = ("trust", "records", "json", "print", "receipts", "recalled", "waiting")
_MADE_BY = "hocbaso demo"


class DemoError(HocBaSoError):
    """The demo can't go on."""


@dataclass(frozen=True)
class OutputFolder:
    """``trust/ records/ json/ print/ receipts/ recalled/ waiting/ summary.json``.

    A record's files have the same stem everywhere: class, number, record code.
    ``waiting/`` holds what may not be released yet.
    """

    root: Path

    def prepare(self) -> None:
        """Make it, or empty what an earlier demo left; :class:`DemoError` for a folder with anything else in it."""
        if self.root.exists() and not self._is_ours():
            raise DemoError(
                "DEMO_FOLDER_IN_USE",
                f"Thư mục {self.root} có dữ liệu khác. Hãy chọn thư mục trống bằng --out.",
                f"{self.root} is not empty and not made by the demo",
            )
        for kind in _KINDS:
            shutil.rmtree(self.root / kind, ignore_errors=True)
            (self.root / kind).mkdir(parents=True)
        self.write_summary({"state": "running"})

    def _is_ours(self) -> bool:
        if not self.root.is_dir():
            return False
        try:
            return bool(json.loads((self.root / "summary.json").read_text(encoding="utf-8"))["made_by"] == _MADE_BY)
        except FileNotFoundError:
            return not any(self.root.iterdir())
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def path(self, kind: str, stem: str, suffix: str) -> Path:
        """Where one file goes."""
        return self.root / kind / f"{stem}{suffix}"

    @property
    def trust(self) -> Path:
        """The trust folder."""
        return self.root / "trust"

    def write_summary(self, facts: dict[str, Any]) -> None:
        """``summary.json``."""
        text = json.dumps({"made_by": _MADE_BY, **facts}, ensure_ascii=False, indent=1)
        (self.root / "summary.json").write_text(text + "\n", encoding="utf-8")


def stem_of(class_name: str, number: int, record_code: str) -> str:
    """No personal data in file names."""
    return f"{class_name}-{number:02d}-{record_code}"
