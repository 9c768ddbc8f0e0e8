"""Faults of a signing service, switched on by name for the next so many times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import Enum
from threading import Lock
from typing import Generic, TypeVar

from hocbaso_app.demo.folder import DemoError

ALWAYS = -1
F = TypeVar("F", bound=Enum)


class Faults(Generic[F]):
    """How often each fault is still to happen."""

    def __init__(self, kind: type[F]) -> None:
        self._kind = kind
        self._left: Counter[F] = Counter()
        self._lock = Lock()

    def switch(self, fault: F, times: int = 1) -> None:
        """Let ``fault`` happen ``times`` times from now; 0 switches it off, :data:`ALWAYS` keeps it on."""
        with self._lock:
            self._left[fault] = times

    def switch_all(self, texts: Sequence[str]) -> None:
        """``name`` (always) or ``name:times`` each; :class:`DemoError` names the known faults."""
        for text in texts:
            name, _, times = text.partition(":")
            try:
                self.switch(self._kind(name), int(times) if times else ALWAYS)
            except ValueError as error:
                known = ", ".join(str(f.value) for f in self._kind)
                raise DemoError(
                    "UNKNOWN_FAULT", f"Không có lỗi “{text}”. Có: {known}.", f"known faults: {known}"
                ) from error

    def clear(self) -> None:
        """All off."""
        with self._lock:
            self._left.clear()

    def take(self, fault: F) -> bool:
        """Whether the fault happens now."""
        with self._lock:
            left = self._left[fault]
            if left > 0:
                self._left[fault] = left - 1
            return left != 0
