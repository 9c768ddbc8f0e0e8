"""Telling what another transaction did from what is wrong."""

from __future__ import annotations

import frappe

_DUPLICATE, _TIMEOUT, _DEADLOCK, _CHANGED = 1062, 1205, 1213, 1020


def wrote_the_same(error: BaseException) -> bool:
    """Another transaction has written a row with this key."""
    return isinstance(error, frappe.DuplicateEntryError) or _code(error) == _DUPLICATE


def in_the_way(error: BaseException) -> bool:
    """Another worker wrote the same, or both waited for each other: a second look decides."""
    if wrote_the_same(error) or isinstance(error, frappe.QueryDeadlockError | frappe.QueryTimeoutError):
        return True
    return _code(error) in (_TIMEOUT, _DEADLOCK, _CHANGED)


def _code(error: BaseException) -> object:
    return error.args[0] if error.args else None
