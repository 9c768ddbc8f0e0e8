"""Files of a trust folder: written whole or not at all, JSON read without a second meaning."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def replace_file(path: Path, data: bytes) -> None:
    """Whole or not at all: others may be reading."""
    new = path.with_name(f".{path.name}.new")
    new.write_bytes(data)
    new.replace(path)


def write_json(path: Path, value: dict[str, Any]) -> None:
    """For people to read."""
    replace_file(path, (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode())


def read_json(path: Path) -> Any:
    """``OSError`` or ``ValueError`` where there is none."""
    return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a name stands twice: a reader and a program could see different values")
    return dict(pairs)
