"""What was made lately, up to so many octets: thousands of records share one timestamp and its revocation lists."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Lately(Generic[Value]):
    """The newest values; whatever strangers hand in, they never hold more than ``most`` octets."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.octets = 0
        self._kept: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Value], size: Callable[[Value], int]) -> Value:
        """What is kept under ``key``, or what ``make`` gives; ``size`` says how many octets that keeps alive."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key][0]
        value = make()
        weight = size(value)
        with self._lock:
            if weight <= self.most and key not in self._kept:
                self._kept[key] = (value, weight)
                self.octets += weight
            while self.octets > self.most:
                self.octets -= self._kept.popitem(last=False)[1][1]
        return value
