"""Every morning: reminders and escalation of recall requests at the authority."""

from __future__ import annotations

from hocbaso_app.services.recall_cases import watch
from hocbaso_app.services.receiving import settings


def remind() -> dict[str, int]:
    """Nothing to do where this site does not receive."""
    return watch.run() if settings.is_on() else {"reminded": 0, "escalated": 0}
