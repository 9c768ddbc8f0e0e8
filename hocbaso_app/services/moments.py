"""Moments between the core, which wants a zone, and the site's database, which keeps its own clock time."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from frappe.utils import format_datetime, get_datetime, get_system_timezone


def zone() -> ZoneInfo:
    """The site's."""
    return ZoneInfo(get_system_timezone())


def aware(value: Any) -> datetime | None:
    """A stored moment with its zone; None for none."""
    return get_datetime(value).replace(tzinfo=zone()) if value else None


def naive(moment: datetime | None) -> datetime | None:
    """As it is stored."""
    return moment.astimezone(zone()).replace(tzinfo=None) if moment else None


def said(value: Any) -> str:
    """``17:00 ngày 12/6/2026``, as it stands in a sentence."""
    return format_datetime(get_datetime(value), "HH:mm 'ngày' d/M/yyyy")
