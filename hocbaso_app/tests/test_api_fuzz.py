"""Generated requests against this site's portal over HTTP: nothing makes it fail or answer otherwise than described.

Schemathesis itself is not in a bench, so the requests are drawn here with a fixed seed: each field of each message
missing, of another type, huge, odd text; bodies that are no message at all; paths with odd codes.
"""

from __future__ import annotations

from random import Random
from typing import Any, ClassVar
from uuid import uuid4

import frappe
import requests

from hocbaso_app.exchange.codes import code_set
from hocbaso_app.exchange.contract import examples
from hocbaso_app.exchange.extensions import EXTENSION_PATH
from hocbaso_app.exchange.transactions import Kind, hash_password
from hocbaso_app.exchange.transport import error_of
from hocbaso_app.services.receiving.extensions import EXTENSIONS
from hocbaso_app.tests.authority import running_authority
from hocbaso_app.tests.committed import CommittedTestCase
from hocbaso_app.tests.world import Play

ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    2**70,
    "",
    " ",
    "\u0000",
    "\ud83c",
    "ế" * 300,
    "' or 1=1 --",
    "<script>",
    "../../etc/passwd",
    [],
    ["x"],
    {},
    {"a": {"b": []}},
    "9" * 5000,
    "2026-02-30T25:61:00+99:00",
)
BODIES = (b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 20_000, b'{"a":' * 2000)


class TestApiFuzz(CommittedTestCase):
    """A school with an account, and its authority."""

    play: ClassVar[Play]

    @classmethod
    def make_world(cls) -> None:
        cls.play = Play(pupils=1, grade=1)

    def test_no_request_makes_the_portal_fail(self) -> None:
        known, random = code_set(), Random(2026)
        with running_authority(self.play) as authority:
            account = {"user_name": authority.access["user_name"]}
            account["password"] = hash_password(authority.access["password"])
            token = requests.post(authority.address + known.token_path, json=account, timeout=30).json()["token"]
            headers = {"Authorization": f"Bearer {token}"}
            for kind in Kind:
                path = authority.address + known.paths[kind]
                for body in self.bodies(kind, token, account, authority.unit, random):
                    with self.subTest(kind=kind, body=str(body)[:160]):
                        self.check(requests.post(path, json=body, headers=headers, timeout=30))
                self.wrong_bodies(path, headers)
            self.wrong_bodies(authority.address + known.token_path, {})
            for name, value in (("user_name", v) for v in ODD):
                self.check(
                    requests.post(authority.address + known.token_path, json={**account, name: value}, timeout=30)
                )
            for name in (*EXTENSIONS, "khong-co", "a b", "%00"):
                path = f"{authority.address}{EXTENSION_PATH}/{name}"
                self.wrong_bodies(path, headers)
                for value in ODD:
                    body = dict.fromkeys(random.sample(["nam_hoc", "lop", "cho", "ma", "x", "muc"], 3), value)
                    with self.subTest(extension=name, body=str(body)[:160]):
                        self.check(requests.post(path, json=body, headers=headers, timeout=30), own_codes=True)
            for code in ("%00", "x" * 5000, "a/b", "..%2f..", "%F0%9F%8E", str(uuid4())):
                for page in ("tra-cuu", "so-theo-doi"):
                    answer = requests.get(f"{authority.address}/{page}/{code}", timeout=30)
                    self.assertLess(answer.status_code, 500, f"{page}/{code[:40]}")

    def bodies(self, kind: Kind, token: str, account: dict[str, str], unit: str, random: Random) -> Any:
        """The example of a transaction with this school's values, one field after the other made odd or taken away."""
        good = examples.request(kind, code_set())
        inner = good.get("authenticationRequest", good)
        inner.update({"ma_don_vi": unit, "messageid": str(uuid4())})
        if inner is not good:
            inner.update({"token": token, **account})
        for place in (good, inner):
            for name in list(place):
                yield self.changed(good, place, name)
                for value in random.sample(ODD, 8):
                    yield self.changed(good, place, name, value)

    def changed(self, good: dict[str, Any], place: dict[str, Any], name: str, *value: Any) -> dict[str, Any]:
        """A copy with one field changed or, without a value, gone."""
        own = {**place, name: value[0]} if value else {k: v for k, v in place.items() if k != name}
        return own if place is good else {**good, "authenticationRequest": own}

    def wrong_bodies(self, path: str, headers: dict[str, str]) -> None:
        for data in BODIES:
            with self.subTest(path=path.rpartition("/")[2], data=data[:20]):
                given = {**headers, "Content-Type": "application/json"}
                answer = requests.post(path, data=data, headers=given, timeout=30)
                self.assertLess(answer.status_code, 500, f"{path} {data[:20]!r}")

    def check(self, answer: requests.Response, *, own_codes: bool = False) -> None:
        """Below 500; a code of the set, or no transaction at all. Extensions may have codes of their own."""
        self.assertLess(answer.status_code, 500, last_error() if answer.status_code >= 500 else "")
        if answer.status_code == 200:
            found = answer.json()
            error = error_of(found)
            self.assertTrue(error is None or own_codes or error in code_set().errors, str(found)[:300])


def last_error() -> str:
    """The end of what the site logged last."""
    frappe.db.rollback()
    found = frappe.get_all("Error Log", pluck="error", order_by="creation desc", limit=1)
    return str(found[0] if found else "")[-300:]
