"""Two words for where a key is became six: a USB token is reached by the browser's plug-in, remote signing by CSC."""

from __future__ import annotations

import frappe

from hocbaso_app.services.key_sources import kinds

NOW = {"USB token": kinds.PLUGIN, "Remote signing": kinds.CSC}


def execute() -> None:
    """Only the word changes; a certificate of remote signing gets its service by hand."""
    for before, now in NOW.items():
        for name in frappe.get_all("HBS Certificate", {"key_source": before}, pluck="name", order_by="name"):
            frappe.db.set_value("HBS Certificate", name, "key_source", now, update_modified=False)
