"""One small run of the demo, shared by the tests of demo and command line."""

from __future__ import annotations

import atexit
import io
import shutil
import tempfile
from functools import cache
from pathlib import Path

from rich.console import Console

from hocbaso_app.demo.run import run_demo

PUPILS = 3


@cache
def demo_output() -> Path:
    """The output folder of a run with three pupils per class; nobody may change it."""
    folder = Path(tempfile.mkdtemp(prefix="hocbaso-demo-test-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    run_demo(folder, pupils=PUPILS, seed=3, console=Console(file=io.StringIO()))
    return folder


def released() -> list[Path]:
    """The released records."""
    return sorted((demo_output() / "records").glob("*.xml"))
