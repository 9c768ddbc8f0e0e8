"""For tests within one transaction: a world made once per class, to which each test goes back."""

from __future__ import annotations

import frappe
from frappe.tests.utils import FrappeTestCase


class UntouchedTestCase(FrappeTestCase):
    """Subclasses make their world in ``setUpClass``; nothing is ever committed."""

    @classmethod
    def setUpClass(cls) -> None:
        """What is kept for a request is read anew."""
        super().setUpClass()
        frappe.local.hbs_trust = None
        frappe.local.hbs_scopes = {}

    def setUp(self) -> None:
        """From here on all is undone."""
        frappe.db.savepoint("untouched")

    def tearDown(self) -> None:
        """Each test ends as Administrator, in the world as it was made."""
        frappe.set_user("Administrator")
        frappe.db.rollback(save_point="untouched")
        frappe.local.hbs_scopes = {}
        frappe.local.hbs_trust = None
