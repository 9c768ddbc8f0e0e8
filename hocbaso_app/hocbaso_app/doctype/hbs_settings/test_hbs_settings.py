"""Settings of a site."""

from __future__ import annotations

import frappe
from frappe.tests.utils import FrappeTestCase

from hocbaso_app.tests import NO_TEST_RECORDS
from hocbaso_app.tests.world import Play

test_ignore = NO_TEST_RECORDS


class TestHBSSettings(FrappeTestCase):
    """Connector and environment."""

    def setUp(self) -> None:
        self.settings = frappe.get_single("HBS Settings")

    def tearDown(self) -> None:
        frappe.db.rollback()
        frappe.clear_document_cache("HBS Settings", "HBS Settings")

    def test_connector_is_off_with_the_regulations_address(self) -> None:
        self.assertFalse(self.settings.connector_enabled)
        self.assertEqual(self.settings.portal_address, "http://csdl.haiphong.edu.vn")

    def test_other_address_needs_the_notice(self) -> None:
        self.settings.portal_address = "https://csdl.example.invalid"
        with self.assertRaises(frappe.ValidationError):
            self.settings.save()
        self.settings.reload()
        notice = {"address_notice": "123/TB-SGDĐT", "address_from": frappe.utils.today()}
        self.settings.update({"portal_address": "https://csdl.example.invalid", **notice})
        self.settings.save()

    def test_real_records_never_over_plain_http(self) -> None:
        self.settings.update({"environment": "production", "connector_enabled": 1})
        with self.assertRaises(frappe.ValidationError):
            self.settings.save()

    def test_environment_is_fixed_once_there_are_records(self) -> None:
        frappe.local.hbs_trust = None
        Play(pupils=1, grade=2).read_in()
        self.settings.reload()
        self.settings.environment = "production"
        with self.assertRaises(frappe.ValidationError):
            self.settings.save()
