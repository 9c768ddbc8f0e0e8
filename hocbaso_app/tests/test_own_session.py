"""Over HTTP: an administrator who acts in a teacher's name signs nothing; she herself does."""

from __future__ import annotations

from typing import Any, ClassVar

import frappe

from hocbaso_app.tests.committed import Browser, CommittedTestCase
from hocbaso_app.tests.signers import certificate_of
from hocbaso_app.tests.world import Play

API = "/api/method/hocbaso_app.api."


class TestOwnSession(CommittedTestCase):
    """One class that waits for its signatures."""

    play: ClassVar[Play]

    @classmethod
    def make_world(cls) -> None:
        own = "name = 'Administrator' and doctype = 'User' and fieldname = 'password'"
        (kept,) = frappe.db.sql(f"select password from `__Auth` where {own}")
        cls.addClassCleanup(cls.put_back, f"update `__Auth` set password = %s where {own}", kept[0])
        cls.play = Play(pupils=1, grade=2)
        cls.play.until("checked")

    @classmethod
    def put_back(cls, query: str, password: str) -> None:
        frappe.db.sql(query, password)
        frappe.db.commit()

    def sign(self, browser: Browser) -> Any:
        return browser.post(f"{API}signing.open_batch", stage="gvbm", names=self.play.names())

    def test_nobody_signs_in_a_session_opened_in_his_name(self) -> None:
        teacher = self.play.specialists[0]
        user, certificate = self.play.world.user_of(teacher), certificate_of(self.play, teacher)
        browser = Browser("Administrator")
        browser.post("/api/method/frappe.core.doctype.user.user.impersonate", user=user, reason="Thử")
        self.assertEqual(browser.get("/api/method/frappe.auth.get_logged_user").json["message"], user)
        for answer in (
            self.sign(browser),
            browser.post(f"{API}enrolment.sign_test", certificate=certificate, password=self.play.pin(teacher)),
        ):
            self.assertEqual(answer.status_code, 403)
            self.assertIn("tự đăng nhập", answer.json["exception"])
        self.assertIsNone(frappe.db.get_value("HBS Certificate", certificate, "tested_at"))
        self.assertEqual(self.sign(Browser(user)).status_code, 200)
