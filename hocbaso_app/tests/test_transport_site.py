"""The way to the city database by the settings of a site: real TLS that asks who connects, a real proxy; no secrets
in logs."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import frappe

from hocbaso_app.exceptions import HbsError, NotYoursError
from hocbaso_app.services import connector
from hocbaso_app.setup import roles
from hocbaso_app.tests.portal import work
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.test_exchange_site import ExchangeCase, on_day, rows
from hocbaso_app.tests.test_isolation import school_person
from hocbaso_app.tests.tls import KEY_PASSWORD, Authority, Pair, proxy_server, tls_server
from hocbaso_app.tests.world import acting_as

PROXY_USER, PROXY_PASSWORD = "truong", "bi mat@9-proxy"


def attach(doctype: str, name: str, file_name: str, content: bytes, *, private: int = 1) -> str:
    """A file of a form, as the desk uploads it."""
    about = {"attached_to_doctype": doctype, "attached_to_name": name, "is_private": private}
    file = frappe.get_doc({"doctype": "File", "file_name": file_name, "content": content, **about})
    return str(file.insert(ignore_permissions=True).file_url)


class TransportCase(ExchangeCase):
    """A made-up authority, its portal over TLS."""

    def setUp(self) -> None:
        super().setUp()
        self.unit = self.play.world.unit
        self.authority = Authority("Sở thử nghiệm")
        self.own = self.authority.issue("truong")
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        server = self.authority.issue("cong", "127.0.0.1")
        context = tls_server(self.city.app, server, self.folder, clients=self.authority.root)
        self.address = self.enterContext(context)
        self.addCleanup(_files_gone, frappe.get_all("File", pluck="name", order_by="name"))

    def settings(self, **values: Any) -> None:
        """Saved as by the form."""
        doc = frappe.get_single("HBS Settings")
        root = attach("HBS Settings", "HBS Settings", "goc-so.pem", self.authority.root)
        notice = {"portal_address": self.address, "address_from": frappe.utils.today(), "address_notice": "31/TB-SGDĐT"}
        doc.update({"portal_authority": root, **notice, **values})
        doc.save()

    def account(self, own: Pair | None = None, **values: Any) -> Any:
        """Saved as by the form."""
        own = own or self.own
        doc = frappe.get_doc("HBS Portal Account", self.unit)
        doc.update(
            {
                "client_certificate": attach(doc.doctype, doc.name, "truong.pem", own.certificate),
                "client_key": attach(doc.doctype, doc.name, "truong-khoa.pem", own.key),
                "client_key_password": KEY_PASSWORD,
                **values,
            }
        )
        doc.save()
        return doc


class TestWay(TransportCase):
    """Certificate and proxy."""

    def test_records_go_out_with_certificate_and_proxy_and_no_secret_is_kept_open(self) -> None:
        with proxy_server(f"{PROXY_USER}:{PROXY_PASSWORD}") as proxy:
            self.account()
            own = {"proxy_address": proxy.address, "proxy_user": PROXY_USER, "proxy_password": PROXY_PASSWORD}
            self.settings(**own)
            work()
            self.assertEqual(self.states(), ["Accepted", "Accepted"])
            self.assertTrue(proxy.asked and set(proxy.accounts) == {f"{PROXY_USER}:{PROXY_PASSWORD}"})
        kept = frappe.get_all("HBS Exchange Log", fields=["*"], order_by="name")
        kept += frappe.get_all("HBS Portal Line", fields=["*"], order_by="name")
        kept += [frappe.get_single("HBS Settings").as_dict(), frappe.get_doc("HBS Portal Account", self.unit).as_dict()]
        kept += frappe.get_all("Version", fields=["data"], order_by="name")
        text = str(kept)
        for secret in (PROXY_PASSWORD, KEY_PASSWORD, "PRIVATE KEY"):
            self.assertNotIn(secret, text)

    def test_without_certificate_or_proxy_account_the_desk_says_what_to_do(self) -> None:
        self.settings()
        work()
        self.assertEqual({r.state for r in rows()}, {"Queued"})
        self.assertIn("Tài khoản cổng tiếp nhận", rows("error")[0].error)
        with proxy_server("ai:do") as proxy:
            self.settings(proxy_address=proxy.address, proxy_user=PROXY_USER, proxy_password=PROXY_PASSWORD)
            self.account()
            for row in rows():
                frappe.db.set_value("HBS Submission", row.name, "next_attempt_at", None)
            work()
        self.assertIn("mật khẩu proxy", rows("error")[0].error)
        self.assertNotIn(PROXY_PASSWORD, str(frappe.get_all("HBS Exchange Log", fields=["*"])))
        self.assertEqual(self.states(), ["Released", "Released"])

    def test_wrong_files_are_refused_at_once(self) -> None:
        for changes in ({"client_key_password": "sai"}, {"client_key": None}):
            frappe.db.savepoint("wrong")
            with self.assertRaises(HbsError):
                self.account(**changes)
            frappe.db.rollback(save_point="wrong")
        with self.assertRaises(HbsError):
            open_key = attach("HBS Portal Account", self.unit, "khoa-ho.pem", self.own.open_key)
            self.account(client_key=open_key)
        with self.assertRaises(HbsError):
            attach("HBS Portal Account", self.unit, "cong-khai.pem", self.own.certificate, private=0)
        for address in ("http://ai:do@127.0.0.1:1", "127.0.0.1:1"):
            with self.assertRaises(HbsError):
                self.settings(proxy_address=address)


class TestAddressNotice(TransportCase):
    """QĐ Điều 2.k2: only the department names another address, in writing."""

    @requirement("Y012")
    def test_only_the_department_and_only_by_notice_from_its_day(self) -> None:
        self.account()
        tomorrow = frappe.utils.add_days(frappe.utils.today(), 1)
        old = connector.address()
        frappe.db.set_value("HBS Submission", rows()[1].name, "next_attempt_at", "2999-01-01")
        work()
        self.assertEqual(self.states(), ["Accepted", "Released"])
        receipt = frappe.db.get_value("HBS Submission", rows()[0].name, "receipt")
        department = school_person("so@example.invalid", roles.DEPARTMENT_OFFICER, "31")
        misplaced = school_person("so.gia@example.invalid", roles.DEPARTMENT_OFFICER, self.unit)
        root = attach("HBS Settings", "HBS Settings", "goc-so.pem", self.authority.root)
        admin = frappe.db.get_value("User", {"email": ("like", "quantri@%")})
        change = {"portal_address": self.address, "portal_authority": root, "address_from": tomorrow}

        def save(user: str, **more: Any) -> None:
            with acting_as(user):
                doc = frappe.get_single("HBS Settings")
                doc.update({**change, **more})
                doc.save()

        for user in (admin, self.play.principal, misplaced):
            with self.assertRaises((frappe.PermissionError, NotYoursError)):
                save(user, address_notice="31/TB-SGDĐT")
        for without in ({}, {"address_notice": "31/TB-SGDĐT", "address_from": None}):
            with self.assertRaises(HbsError):
                save(department, **without)
        save(department, address_notice="31/TB-SGDĐT")
        self.assertEqual(connector.address(), old)
        with on_day(tomorrow):
            self.assertEqual(connector.address(), self.address)
            frappe.db.set_value("HBS Submission", rows()[1].name, "next_attempt_at", None)
            work()
        self.assertEqual(self.states(), ["Accepted", "Accepted"])
        message = rows("message_id")[1].message_id
        urls = frappe.get_all("HBS Exchange Log", {"message_id": message}, pluck="url", order_by="name")
        self.assertTrue(urls and all(url.startswith(self.address) for url in urls))
        from hocbaso_app.services import submit

        version = frappe.db.get_value("HBS Record", self.names[0], "current_version")
        self.assertTrue(submit.verified(receipt, version).link.startswith(old))
        (entry,) = frappe.get_all("HBS Audit Entry", {"action": "change address"}, ["actor", "details"], limit=1)
        self.assertEqual(entry.actor, department)
        self.assertIn("31/TB-SGDĐT", entry.details)


def _files_gone(before: list[str]) -> None:
    """What the tests uploaded lies on the disk after a rollback too."""
    for name in frappe.get_all("File", {"name": ("not in", before or [""])}, pluck="name"):
        frappe.delete_doc("File", name, force=True, ignore_permissions=True)
