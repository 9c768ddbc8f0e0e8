"""Sending again, withdrawing, correcting after a recall: a site's workflow from before lacks these transitions."""

from __future__ import annotations

from hocbaso_app.setup.workflow import add_missing_moves


def execute() -> None:
    """Adds what is missing; an administrator's own transitions stay."""
    add_missing_moves()
