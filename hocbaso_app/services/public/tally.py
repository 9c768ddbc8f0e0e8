"""How often something happened in the present stretch of time, counted by all workers together and by each alone.

All together through Redis. When Redis is gone or was emptied, what this process has
counted itself still holds, and is written back there.
"""

from __future__ import annotations

import time
from collections import Counter
from threading import Lock

import frappe
from redis.exceptions import RedisError

MOST_KEYS = 20_000
"""Kept in one process; beyond that the oldest stretch's counts go first, then everybody counts as one."""

_lock = Lock()
_counted: dict[tuple[str, str, int], Counter[str]] = {}


class Tally:
    """``name``: of what is counted. ``seconds``: the length of a stretch."""

    def __init__(self, name: str, seconds: int) -> None:
        self._name = name
        self._seconds = seconds

    def add(self, who: str, times: int = 1) -> int:
        """Count ``times`` more of ``who`` (or fewer); gives how many there are now."""
        stretch = self._stretch()
        own = self._add_here(who, times, stretch)
        key = self._key(who, stretch)
        try:
            shared = int(frappe.cache.incrby(key, times))
            if shared == times:
                frappe.cache.expire(key, 2 * self._seconds)
            if shared < own:
                frappe.cache.set(key, own, ex=2 * self._seconds)
        except RedisError:
            return own
        return max(own, shared)

    def count(self, who: str) -> int:
        """How many there are, without one more."""
        stretch = self._stretch()
        with _lock:
            own = _counted.get((frappe.local.site, self._name, stretch), Counter())[who]
        try:
            return max(own, int(frappe.cache.get(self._key(who, stretch)) or 0))
        except RedisError:
            return own

    def ends_in(self) -> int:
        """Seconds until the present stretch is over."""
        return self._seconds - int(time.time()) % self._seconds

    def _stretch(self) -> int:
        return int(time.time()) // self._seconds

    def _key(self, who: str, stretch: int) -> bytes:
        return frappe.cache.make_key(f"hbs-tally:{self._name}:{stretch}:{who}")

    def _add_here(self, who: str, times: int, stretch: int) -> int:
        site = frappe.local.site
        with _lock:
            for known in [k for k in _counted if k[:2] == (site, self._name) and k[2] != stretch]:
                del _counted[known]
            here = _counted.setdefault((site, self._name, stretch), Counter())
            if who not in here and len(here) >= MOST_KEYS:
                who = "*"
            here[who] += times
            return here[who]


def forget() -> None:
    """Start counting anew, in this process and for all; for tests and for an administrator."""
    with _lock:
        for known in [k for k in _counted if k[0] == frappe.local.site]:
            del _counted[known]
    frappe.cache.delete_keys("hbs-tally:")
