"""The button under the settings of the time-stamping service."""

from __future__ import annotations

from typing import Any

import frappe

from hocbaso_app.permissions.limits import limited
from hocbaso_app.services import timestamps


@frappe.whitelist(methods=["POST"])
@limited(30, 60 * 60)
def try_service() -> dict[str, Any]:
    """Ask the service of the settings for one timestamp and say what came."""
    return timestamps.try_service()
