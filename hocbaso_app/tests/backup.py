"""A backup of this app's tables, taken and put back: what a site is after its database came from last week."""

from __future__ import annotations

from typing import Any

import frappe

from hocbaso_app.services import schedule

KEPT = ("tabHBS Access Log", "tabHBS Refused Access")
"""Of no account for what is tested here."""

EVERYTHING = "tabHBS "
SCHOOL = tuple(f"tabHBS {name}" for name in ("Record", "Submission", "Recall Request", "Recall Item", "Recall Reply"))
AUTHORITY = tuple(f"tabHBS {name}" for name in ("Received Record", "Incoming ", "Recall Case", "Recall Note"))
"""Whose tables are whose where both sides live on one site; names begin so."""


class Backup:
    """All rows of the app's own DocTypes as they are now; people, classes and settings stay as they are."""

    def __init__(self) -> None:
        tables = frappe.db.sql("show tables like %s", ("tabHBS %",), pluck=True)
        names = sorted(set(tables) - set(KEPT))
        self._rows: dict[str, list[dict[str, Any]]] = {
            table: frappe.db.sql(f"select * from `{table}`", as_dict=True) for table in names
        }
        self._series = frappe.db.sql("select name, current from tabSeries where name like %s", ("HBS-%",), as_dict=True)

    def put_back(self, *, only: str | tuple[str, ...] = EVERYTHING) -> None:
        """Whatever came since is gone. ``only``: tables whose name begins so."""
        for table, rows in self._rows.items():
            if not table.startswith(only):
                continue
            frappe.db.sql(f"delete from `{table}`")
            for row in rows:
                columns = ", ".join(f"`{column}`" for column in row)
                frappe.db.sql(f"insert into `{table}` ({columns}) values %s", [tuple(row.values())])
        for row in self._series if only == EVERYTHING else ():
            frappe.db.sql("update tabSeries set current = %s where name = %s", (row.current, row.name))
        forget()


def forget() -> None:
    """What the process remembers of rows that are gone."""
    frappe.clear_cache()
    schedule.forget()
    frappe.local.hbs_scopes = {}
    frappe.local.document_cache = {}
