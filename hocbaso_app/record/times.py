"""Times as they stand in an HBS file: whole seconds in Vietnam's zone."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7))


def write_instant(moment: datetime) -> str:
    """``YYYY-MM-DDThh:mm:ss+07:00`` of an aware moment; ``ValueError`` for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(VIETNAM).replace(microsecond=0).isoformat()


def read_instant(value: str) -> datetime:
    """The inverse of :func:`write_instant`."""
    return datetime.fromisoformat(value)
