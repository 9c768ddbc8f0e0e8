"""Every few minutes: tickets whose hours are over get their list of changes."""

from __future__ import annotations

from hocbaso_app.services.locks import tickets


def close_tickets() -> list[str]:
    """Names of those closed."""
    return tickets.close_ended()
