"""The desk as people see it, in Debian's Chromium; pictures go to docs/pictures with HOCBASO_PICTURES=1."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from .people import Person

ROOT = Path(__file__).resolve().parents[2]
WIDE, PHONE = {"width": 1366, "height": 768}, {"width": 360, "height": 740}


class Screens:
    """One window after another."""

    def __init__(self, browser: Any, folder: Path) -> None:
        self._browser, self._folder = browser, folder

    def take(self, name: str, address: str, path: str, ready: str, who: Person | None = None) -> Any:
        """A page as somebody sees it (a stranger on a phone), once ``ready`` (a selector) is there; gives the page."""
        context = self._browser.new_context(locale="vi-VN", viewport=WIDE if who else PHONE)
        if who:
            context.add_cookies([{"name": "sid", "value": who.session_id, "url": address}])
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(address + path)
        page.wait_for_selector(ready, timeout=60_000)
        page.wait_for_timeout(2500)
        page.screenshot(path=self._folder / f"{name}.png")
        assert not errors, errors
        return page


@contextmanager
def open_screens() -> Iterator[Screens]:
    """Skips the test where there is no browser."""
    sync_api = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium")
    folder = ROOT / ("docs/pictures" if os.environ.get("HOCBASO_PICTURES") else "build/pictures")
    folder.mkdir(parents=True, exist_ok=True)
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield Screens(browser, folder)
        browser.close()
