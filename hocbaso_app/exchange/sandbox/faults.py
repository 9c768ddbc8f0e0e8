"""Faults that can be switched on for the next submissions."""

from __future__ import annotations

from collections import Counter
from enum import Enum
from threading import Lock


class Fault(str, Enum):
    """What goes wrong."""

    REFUSE = "refuse"
    TIMEOUT_BEFORE_STORE = "timeout-before-store"
    TIMEOUT_AFTER_STORE = "timeout-after-store"
    SERVER_ERROR = "500"
    ERROR_AFTER_STORE = "500-after-store"
    DUPLICATE = "duplicate"
    SLOW = "slow"
    WRONG_ANSWER = "wrong-answer"
    LOST_QUERY = "lost-query"


class Faults:
    """How often each fault is still to happen; -1 means always."""

    def __init__(self, hang_seconds: float = 75.0, slow_seconds: float = 3.0) -> None:
        """``hang_seconds`` should be longer than a client waits."""
        self.hang_seconds = hang_seconds
        self.slow_seconds = slow_seconds
        self._left: Counter[Fault] = Counter()
        self._lock = Lock()

    def switch(self, fault: Fault, times: int = 1) -> None:
        """Let ``fault`` happen ``times`` times from now; 0 switches it off, -1 keeps it on."""
        with self._lock:
            self._left[fault] = times

    def take(self, fault: Fault) -> bool:
        """Whether the fault happens now."""
        with self._lock:
            left = self._left[fault]
            if left > 0:
                self._left[fault] = left - 1
            return left != 0
