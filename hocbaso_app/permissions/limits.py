"""So many requests of one person in so many seconds. Frappe's own limit counts by address, and a school has one."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import frappe
from frappe import _

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


def limited(limit: int, seconds: int) -> Callable[[Endpoint], Endpoint]:
    """For endpoints that sign, print or hand out files: by login, by address for somebody not logged in."""

    def decorate(endpoint: Endpoint) -> Endpoint:
        @wraps(endpoint)
        def run(*args: Any, **kwargs: Any) -> Any:
            if getattr(frappe.local, "request", None):
                _count(f"{endpoint.__module__}.{endpoint.__name__}", limit, seconds)
            return endpoint(*args, **kwargs)

        return run  # type: ignore[return-value]

    return decorate


def _count(endpoint: str, limit: int, seconds: int) -> None:
    who = frappe.session.user if frappe.session.user != "Guest" else frappe.local.request_ip
    key = frappe.cache.make_key(f"hbs-limit:{endpoint}:{who}")
    if frappe.cache.incrby(key, 1) == 1:
        frappe.cache.expire(key, seconds)
    if int(frappe.cache.get(key) or 0) > limit:
        frappe.throw(
            _("That was very often in a short time. Wait a little, then go on."), frappe.RateLimitExceededError
        )
