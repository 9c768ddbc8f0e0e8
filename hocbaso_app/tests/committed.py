"""For tests that need a second connection (HTTP, jobs, Data Import): a committed world, forgotten afterwards.

Evidence can't be deleted through Frappe, so what a test class wrote is taken out below it, table by table.
"""

from __future__ import annotations

from threading import Thread
from typing import Any

import frappe
from frappe.tests.utils import FrappeTestCase
from frappe.utils.password import update_password

PASSWORD = "Hoa-phuong-2026-thu-nghiem"
"""Of the made-up people of one test class."""


class CommittedTestCase(FrappeTestCase):
    """Subclasses make their world in :meth:`make_world`; everything written since then goes when the class ends."""

    @classmethod
    def make_world(cls) -> None:
        """What the tests of this class work on."""

    @classmethod
    def setUpClass(cls) -> None:
        """Made once, committed."""
        super().setUpClass()
        frappe.local.hbs_trust = None
        frappe.local.hbs_scopes = {}
        started = frappe.utils.now()
        kept = frappe.get_all("HBS Subject Course", pluck="name", order_by="name")
        cls.addClassCleanup(_forget_since, started, kept, _settings())
        cls.make_world()
        frappe.set_user("Administrator")
        frappe.db.commit()

    def tearDown(self) -> None:
        """Each test ends as Administrator, with nothing half written."""
        frappe.set_user("Administrator")
        frappe.db.rollback()
        frappe.local.hbs_scopes = {}


def _settings() -> list[tuple[str, str, str | None]]:
    """What the app's settings say: rows without a time of their own."""
    return list(frappe.db.sql("select doctype, field, value from tabSingles where doctype like 'HBS %%'"))


def _forget_since(started: str, kept: list[str], settings: list[tuple[str, str, str | None]]) -> None:
    """``kept``: courses that subjects had before; a row has the creation time of its form, not its own."""
    frappe.set_user("Administrator")
    frappe.db.rollback()
    columns = frappe.db.sql(
        "select table_name from information_schema.columns where table_schema = %s and column_name = 'creation'",
        frappe.conf.db_name,
    )
    for (table,) in columns:
        frappe.db.sql(f"delete from `{table}` where creation >= %s", started)
    frappe.db.delete("HBS Subject Course", {"name": ("not in", kept or [""])})
    frappe.db.sql("delete from tabSingles where doctype like 'HBS %%'")
    for row in settings:
        frappe.db.sql("insert into tabSingles (doctype, field, value) values (%s, %s, %s)", row)
    frappe.db.commit()
    frappe.clear_cache()
    frappe.local.hbs_scopes = {}


class Browser:
    """One person's session with the real application: cookies, forms, JSON, as over the wire."""

    def __init__(self, user: str | None = None) -> None:
        import frappe.app
        from werkzeug.test import Client

        self.client = Client(frappe.app.application)
        self.site = frappe.local.site
        if user:
            update_password(user, PASSWORD)
            frappe.db.commit()
            answer = self.post("/api/method/login", usr=user, pwd=PASSWORD)
            assert answer.status_code == 200, answer.text

    def get(self, path: str, **values: Any) -> Any:
        """A GET with a query."""
        return self.open("GET", path, query_string=values)

    def post(self, path: str, **values: Any) -> Any:
        """A POST with a JSON body."""
        return self.open("POST", path, json=values)

    def open(self, method: str, path: str, **arguments: Any) -> Any:
        """Any request; the answer is read to its end, so that what runs after it has run."""
        found: list[Any] = []

        def run() -> None:
            headers = {"X-Frappe-Site-Name": self.site, "Accept": "application/json"}
            answer = self.client.open(path, method=method, headers=headers, **arguments)
            answer.get_data()
            answer.close()
            found.append(answer)

        thread = Thread(target=run)  # the application sets up frappe.local for itself
        thread.start()
        thread.join()
        frappe.db.rollback()  # see what the request wrote
        return found[0]
