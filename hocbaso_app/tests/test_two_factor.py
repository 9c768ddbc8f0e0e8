"""Two-factor login of the demo's signers, over HTTP with real sessions."""

from __future__ import annotations

import time
from typing import Any, ClassVar

import frappe
from frappe.utils.password import update_password

from hocbaso_app.setup import roles
from hocbaso_app.setup.demo import secrets_file, two_factor
from hocbaso_app.tests.committed import PASSWORD, Browser, CommittedTestCase
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.world import Play

SETTINGS = ("enable_two_factor_auth", "two_factor_method", "otp_issuer_name")


class TestTwoFactor(CommittedTestCase):
    """A signer, an administrator who signs nothing, and the settings put back afterwards."""

    play: ClassVar[Play]
    admin: ClassVar[str]

    @classmethod
    def make_world(cls) -> None:
        before = {name: frappe.db.get_single_value("System Settings", name) for name in SETTINGS}
        held = dict(frappe.get_all("Role", fields=["name", "two_factor_auth"], as_list=True, order_by="name"))
        path = secrets_file.path()
        cls.addClassCleanup(_put_back, before, held, path.read_text() if path.exists() else None)
        cls.play = Play(pupils=1, grade=1)
        cls.admin = frappe.db.get_value("User", {"email": ("like", "quantri@%")})
        two_factor.switch_on(cls.play.world.users.values())
        for user in (cls.play.principal, cls.admin):
            update_password(user, PASSWORD)

    def log_in(self, browser: Browser, user: str, **more: Any) -> Any:
        """First or second step."""
        return browser.post("/api/method/login", usr=user, pwd=PASSWORD, **more)

    def code(self) -> str:
        """The principal's, with enough of its half minute left to be typed."""
        left = 30 - time.time() % 30
        if left < 8:
            time.sleep(left + 0.1)
        return two_factor.code(self.play.principal)

    def who(self, browser: Browser) -> str | None:
        """The login of the session, None for a guest."""
        answer = browser.get("/api/method/frappe.auth.get_logged_user")
        return answer.json.get("message") if answer.status_code == 200 else None

    def test_password_alone_opens_nothing(self) -> None:
        browser = Browser()
        answer = self.log_in(browser, self.play.principal)
        self.assertIn("tmp_id", answer.json)
        self.assertNotEqual(answer.json.get("message"), "Logged In")
        self.assertIsNone(self.who(browser))
        self.assertEqual(browser.get("/api/resource/HBS Record").status_code, 403)

    def test_wrong_code_opens_nothing(self) -> None:
        browser = Browser()
        first = self.log_in(browser, self.play.principal)
        wrong = f"{(int(self.code()) + 1) % 10**6:06d}"
        answer = browser.post("/api/method/login", otp=wrong, tmp_id=first.json["tmp_id"])
        self.assertEqual(answer.status_code, 401)
        self.assertIsNone(self.who(browser))

    @requirement("Y066")
    def test_each_new_device_is_asked_for_the_code(self) -> None:
        for _device in ("desk", "phone"):
            browser = Browser()
            first = self.log_in(browser, self.play.principal)
            self.assertIsNone(self.who(browser))
            second = browser.post("/api/method/login", otp=self.code(), tmp_id=first.json["tmp_id"])
            self.assertEqual(second.json["message"], "Logged In")
            self.assertEqual(self.who(browser), self.play.principal)

    def test_only_signers_are_asked(self) -> None:
        browser = Browser()
        self.assertEqual(self.log_in(browser, self.admin).json["message"], "Logged In")
        asked = frappe.get_all("Role", {"two_factor_auth": 1}, pluck="name", order_by="name")
        self.assertEqual(set(asked), set(roles.SIGNERS))

    def test_secret_lies_encrypted_and_enrolling_again_keeps_it(self) -> None:
        from frappe.twofactor import get_default, get_otpsecret_for_

        secret = get_otpsecret_for_(self.play.principal)
        self.assertNotIn(secret, get_default(f"{self.play.principal}_otpsecret"))
        self.assertEqual(secrets_file.path().stat().st_mode & 0o777, 0o600)
        two_factor.switch_on(self.play.world.users.values())
        self.assertEqual(get_otpsecret_for_(self.play.principal), secret)


def _put_back(settings: dict[str, Any], held: dict[str, int], secrets: str | None) -> None:
    frappe.db.rollback()
    for name, value in settings.items():
        frappe.db.set_single_value("System Settings", name, value)
    for role, value in held.items():
        frappe.db.set_value("Role", role, "two_factor_auth", value, update_modified=False)
    path = secrets_file.path()
    if secrets is None:
        path.unlink(missing_ok=True)
    else:
        path.write_text(secrets)
    frappe.db.commit()
    frappe.clear_cache()
