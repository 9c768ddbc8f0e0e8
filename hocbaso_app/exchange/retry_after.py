"""``Retry-After`` (RFC 9110, 10.2.3): how long the other side asks us to stay away."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

LONGEST = timedelta(hours=6)
"""Nobody is kept away longer by one header; after that we ask again."""


def retry_after(value: str | None, now: datetime | None = None) -> timedelta | None:
    """Seconds or an HTTP date as a duration, at most :data:`LONGEST`; ``None`` without a usable one."""
    text = (value or "").strip()
    if not text:
        return None
    if text.isdigit():
        wait = timedelta(seconds=min(int(text), int(LONGEST.total_seconds())))
    else:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=timezone.utc)
        wait = moment - (now or datetime.now(timezone.utc))
    return max(timedelta(0), min(wait, LONGEST))
