"""Shared by all tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from portal_world import PortalWorld, portal_world
from werkzeug.test import Client

pytest_plugins = ["plugins.requirements", "pytester"]


@pytest.fixture
def city(tmp_path: Path) -> Iterator[PortalWorld]:
    """A running portal with the sample school on its registry."""
    (tmp_path / "trust").mkdir()
    with portal_world(tmp_path) as world:
        yield world


@pytest.fixture
def web(city: PortalWorld) -> Client:
    """That portal without a socket."""
    return Client(city.app)
