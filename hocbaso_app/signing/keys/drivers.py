"""Where the PKCS#11 drivers of tokens lie on a machine: a list of known names and places, and any path."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .source import KeySourceError


@dataclass(frozen=True)
class Driver:
    """One driver's library on this machine."""

    name: str
    path: Path


@cache
def _known() -> dict[str, Any]:
    text = Path(__file__).with_name("pkcs11_drivers.json").read_text(encoding="utf-8")
    return json.loads(text)  # type: ignore[no-any-return]


def installed(platform: str = sys.platform) -> list[Driver]:
    """The known drivers that are here, makers' own before the general ones."""
    known = _known()
    folders = [Path(folder) for folder in known["folders"].get(platform, ())]
    suffixes = known["suffixes"].get(platform, ())
    found: dict[Path, Driver] = {}
    for driver in known["drivers"]:
        for stem in driver["files"]:
            for path in (folder / (stem + suffix) for folder in folders for suffix in suffixes):
                if path.is_file():
                    found.setdefault(path.resolve(), Driver(driver["name"], path))
    return list(found.values())


def drivers_of(path: str | None) -> list[Driver]:
    """The driver at a path, or all that are installed; DRIVER_MISSING when there is none."""
    if path:
        chosen = Path(path)
        if not chosen.is_file():
            raise _missing(f"Không có tệp trình điều khiển {path}.", f"no driver at {path}")
        return [Driver(next((d.name for d in installed() if d.path == chosen), chosen.stem), chosen)]
    found = installed()
    if not found:
        raise _missing("Máy này chưa có trình điều khiển của thiết bị ký.", "no known PKCS#11 driver is installed")
    return found


def _missing(what: str, message_en: str) -> KeySourceError:
    return KeySourceError(
        "DRIVER_MISSING",
        f"{what} Hãy cài trình điều khiển của nơi cấp thiết bị (thường có sẵn trong USB token), hoặc chỉ đúng đường "
        "dẫn tới tệp đó.",
        message_en,
    )
