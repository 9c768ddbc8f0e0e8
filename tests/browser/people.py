"""People at their own windows of the browser: logged in with password and one-time code, as on any day."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from one_time_code import one_time_code

WIDE = {"width": 1366, "height": 768}
"""The usual school laptop."""

PHONE = {"width": 360, "height": 740}


class Person:
    """One user with one window."""

    def __init__(self, stage: Stage, user: str) -> None:
        self.stage, self.user, self.facts = stage, user, stage.facts[user]
        self.phone = self.facts["duty"].startswith("Phụ huynh")
        self.context = stage.browser.new_context(
            locale="vi-VN",
            viewport=PHONE if self.phone else WIDE,
            base_url=stage.url,
            accept_downloads=True,
            ignore_https_errors=True,  # the program that holds a token has a certificate of its own making
        )
        self.page = self.context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.log_in()

    @property
    def pin(self) -> str:
        """Of the demo key."""
        return str(self.facts["pin"])

    def log_in(self) -> None:
        """The ordinary login page, with the second factor where the role asks for it."""
        page = self.page
        page.goto("/login")
        page.fill("#login_email", self.user)
        page.fill("#login_password", self.facts["password"])
        page.click(".form-login .btn-login")
        if "authenticator" in self.facts:
            page.fill("#login_token", one_time_code(self.facts["authenticator"]))
            page.click("#verify_token")
        page.wait_for_url(lambda url: "/login" not in url)

    def open(self, route: str, ready: str) -> Any:
        """Go to a page of the desk and wait until ``ready`` (a selector) is seen."""
        self.page.goto(route)
        self.page.wait_for_selector(ready, timeout=30_000)
        return self.page

    def call(self, method: str, **arguments: Any) -> Any:
        """A whitelisted method in this person's session, over HTTP as any client would."""
        token = self.page.evaluate("frappe.csrf_token")
        answer = self.context.request.post(
            f"/api/method/{method}", data=arguments, headers={"X-Frappe-CSRF-Token": token}
        )
        assert answer.ok, answer.text()
        return answer.json().get("message")

    def attach(self, doctype: str, name: str, field: str, file_name: str, content: bytes) -> str:
        """A private file at a document's field; gives its address."""
        token = self.page.evaluate("frappe.csrf_token")
        answer = self.context.request.post(
            "/api/method/upload_file",
            headers={"X-Frappe-CSRF-Token": token},
            multipart={
                "doctype": doctype,
                "docname": name,
                "fieldname": field,
                "is_private": "1",
                "file": {"name": file_name, "mimeType": "text/plain", "buffer": content},
            },
        )
        assert answer.ok, answer.text()
        return str(answer.json()["message"]["file_url"])

    def picture(self, name: str) -> None:
        """Of the window as it is."""
        self.page.wait_for_timeout(600)
        self.page.screenshot(path=self.stage.pictures / f"{name}.png")


class Officer:
    """Who decides at the practice portal of the city."""

    def __init__(self, stage: Stage, address: str, token: str) -> None:
        self.stage = stage
        self.page = stage.browser.new_context(viewport=WIDE).new_page()
        self.page.goto(f"{address}/can-bo")
        self.page.fill("#token", token)

    def approve_recall(self, picture: str) -> None:
        """The one that waits."""
        approve = self.page.locator("#thu_hoi button").first
        for _ in range(30):
            self.page.click("#open button")
            self.page.wait_for_timeout(1000)
            if approve.is_visible():
                break
        self.page.screenshot(path=self.stage.pictures / f"{picture}.png")
        approve.click()
        self.page.get_by_text("Đã ghi quyết định.").wait_for()


class Stage:
    """All windows. ``facts``: login → what the made-up person knows."""

    def __init__(self, browser: Any, url: str, facts: dict[str, dict[str, str]], pictures: Path) -> None:
        self.browser, self.url, self.facts, self.pictures = browser, url, facts, pictures
        self.people = _People(self)

    def close(self) -> None:
        """Every window."""
        for person in self.people.values():
            person.context.close()


class _People(dict[str, Person]):
    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self._stage = stage

    def __missing__(self, short: str) -> Person:
        user = next(login for login in self._stage.facts if login.split("@")[0] == short)
        person = self[short] = Person(self._stage, user)
        return person
