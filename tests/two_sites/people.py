"""People at work over HTTP: logged in with password and one-time code, then calling what the desk calls."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import requests
from one_time_code import one_time_code


class Person:
    """One user of one site."""

    def __init__(self, address: str, user: str, facts: dict[str, str]) -> None:
        self.address, self.user, self.facts = address, user, facts
        self._session = requests.Session()
        self._session.trust_env = False
        self.log_in()

    @property
    def pin(self) -> str:
        """Of the demo key."""
        return self.facts["pin"]

    @property
    def session_id(self) -> str:
        """For a browser that goes on where this person is."""
        return str(self._session.cookies["sid"])

    def log_in(self) -> None:
        """Password, then the code of the authenticator where the role asks for it."""
        said = self._post("/api/method/login", usr=self.user, pwd=self.facts["password"])
        if "tmp_id" in said:
            self._post("/api/method/login", tmp_id=said["tmp_id"], otp=one_time_code(self.facts["authenticator"]))

    def call(self, method: str, **arguments: Any) -> Any:
        """A whitelisted method's answer."""
        return self._post(f"/api/method/{method}", **arguments).get("message")

    def rows(self, doctype: str, fields: list[str], **filters: Any) -> list[dict[str, Any]]:
        """What this person's list shows, by name."""
        found: list[dict[str, Any]] = self.call(
            "frappe.client.get_list",
            doctype=doctype,
            filters=filters,
            fields=["name", *fields],
            order_by="name asc",
            limit_page_length=0,
        )
        return found

    def get(self, doctype: str, name: str) -> dict[str, Any]:
        """A document as this person's form shows it."""
        found: dict[str, Any] = self.call("frappe.client.get", doctype=doctype, name=name)
        return found

    def attach(self, doctype: str, name: str, field: str, file_name: str, content: bytes) -> str:
        """A private file at a document's field; gives its address."""
        answer = self._session.post(
            f"{self.address}/api/method/upload_file",
            data={"doctype": doctype, "docname": name, "fieldname": field, "is_private": "1"},
            files={"file": (file_name, content, "text/plain")},
            headers={"Accept": "application/json"},
            timeout=120,
        )
        assert answer.ok, _said(answer)
        return str(answer.json()["message"]["file_url"])

    def _post(self, path: str, **body: Any) -> dict[str, Any]:
        answer = self._session.post(self.address + path, json=body, headers={"Accept": "application/json"}, timeout=120)
        assert answer.ok, f"{self.user} {path}: {answer.status_code} {_said(answer)}"
        found: dict[str, Any] = answer.json()
        return found


class People(dict[str, Person]):
    """By the first part of the login; logged in when first asked for."""

    def __init__(self, address: str, folder: str) -> None:
        super().__init__()
        self._address, self._file = address, Path(folder) / "private" / "hbs-demo-people.json"

    @property
    def logins(self) -> dict[str, str]:
        """Short name → login of everybody whom the site's secrets file knows."""
        return {login.split("@")[0]: login for login in self._known()}

    def look_up(self, code: str) -> dict[str, Any]:
        """What a stranger is told of a record code."""
        path = f"{self._address}/tra-cuu/{code}"
        found: dict[str, Any] = requests.get(path, headers={"Accept": "application/json"}, timeout=60).json()
        return found

    def __missing__(self, short: str) -> Person:
        user = self.logins[short]
        person = self[short] = Person(self._address, user, self._known()[user])
        return person

    def _known(self) -> dict[str, dict[str, str]]:
        known: dict[str, dict[str, str]] = json.loads(self._file.read_text(encoding="utf-8"))
        return known


def _said(answer: requests.Response) -> str:
    try:
        raw = answer.json()
    except ValueError:
        return answer.text[:500]
    if "_server_messages" in raw:
        return " ".join(json.loads(text)["message"] for text in json.loads(raw["_server_messages"]))
    return str(raw.get("exception") or raw)[:1500]
