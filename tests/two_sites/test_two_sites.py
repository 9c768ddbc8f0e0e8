"""The year-end from the school's site to the department's, with faults on the way; every number equal on both sides.

The tests build on each other in the order of the file, as the year does.
"""

from __future__ import annotations

from typing import Any

from . import year_end
from .people import People
from .wire import Wire


def test_released(school: People, control: Any, wire: Wire) -> None:
    released = year_end.sign_all(school)
    assert released == 9
