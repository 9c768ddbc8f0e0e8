"""Two real sites and the wire between them; `scripts/site-two` says where the bench is."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .people import People
from .wire import Wire

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "site"
PUPILS = 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a bench nothing here can run."""
    if not os.environ.get("HOCBASO_TWO_SITES"):
        mark = pytest.mark.skip(reason="scripts/site-two makes the two sites for these")
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(mark)


class Control:
    """Orders to the house (``house.py``); each waits for its answer."""

    def __init__(self, wire_port: int) -> None:
        command = [SCRIPT, "two", str(wire_port), str(PUPILS)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.places: dict[str, dict[str, str]] = self._answer("ready")

    def __call__(self, do: str, *names: str, **arguments: Any) -> Any:
        """One order; names in the order of the verb's parameters."""
        first = {
            "execute": ("kind", "method"),
            "keep": ("kind", "name"),
            "restore": ("kind", "name"),
            "database": ("verb",),
            "redis": ("verb",),
        }.get(do, ("part",))
        assert self._process.stdin
        order = {"do": do, **dict(zip(first, names, strict=True)), **arguments}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._answer("answer")

    def close(self) -> None:
        """The house ends, and what it started."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(120)

    def _answer(self, wanted: str) -> Any:
        assert self._process.stdout
        for line in self._process.stdout:
            if line.startswith("{"):
                said = json.loads(line)
                assert wanted in said, said
                return said[wanted]
            print(line, end="")
        raise AssertionError(f"the house ended: {self._process.wait()}")


@pytest.fixture(scope="session")
def _wire_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="session")
def control(_wire_port: int) -> Iterator[Control]:
    """Who rules the processes of both sites."""
    made = Control(_wire_port)
    yield made
    made.close()


@pytest.fixture(scope="session")
def wire(control: Control, _wire_port: int) -> Iterator[Wire]:
    """Between the school and the department."""
    made = Wire(_wire_port, control.places["city"]["address"])
    made.plug()
    yield made
    made.unplug()


@pytest.fixture(scope="session")
def school(control: Control, wire: Wire) -> People:
    """People of the school."""
    return People(**control.places["school"])


@pytest.fixture(scope="session")
def city(control: Control) -> People:
    """Officers of the department."""
    return People(**control.places["city"])
