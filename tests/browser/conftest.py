"""A real browser on a real site: `scripts/site-browser` serves a fresh small school and says where."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from .people import Officer, Person, Stage

URL, PEOPLE, PORTAL, CHROMIUM = (
    os.environ.get(f"HOCBASO_{name}") for name in ("PLAY_URL", "PLAY_PEOPLE", "PLAY_PORTAL", "CHROMIUM")
)
PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a served school nothing here can run."""
    if not URL:
        mark = pytest.mark.skip(reason="scripts/site-browser serves the school for these")
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(mark)


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    """The browser, with one window per person."""
    from playwright.sync_api import sync_playwright

    assert URL and PEOPLE
    facts = json.loads(Path(PEOPLE).read_text(encoding="utf-8"))
    pictures = PICTURES if os.environ.get("HOCBASO_PICTURES") else Path("build") / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update"],
        )
        stage = Stage(browser, URL, facts, pictures)
        yield stage
        stage.close()
        browser.close()


@pytest.fixture(scope="session")
def person(stage: Stage) -> dict[str, Person]:
    """Logged-in persons by the first part of their login; opened when first asked for."""
    return stage.people


@pytest.fixture(scope="session")
def officer(stage: Stage) -> Officer:
    """The city's officer at the practice portal."""
    assert PORTAL and PEOPLE
    access = json.loads((Path(PEOPLE).parent / "hbs-demo-portal" / "access.json").read_text(encoding="utf-8"))
    return Officer(stage, PORTAL, access["officer_token"])
