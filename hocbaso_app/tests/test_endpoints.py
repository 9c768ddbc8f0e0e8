"""Every endpoint of this app: typed, not for guests, limited where it costs, and closed to another school."""

from __future__ import annotations

import ast
import inspect
import json
import pkgutil
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import frappe

import hocbaso_app
from hocbaso_app.setup import roles
from hocbaso_app.tests.committed import Browser, CommittedTestCase
from hocbaso_app.tests.test_isolation import OTHER, other_school, school_person
from hocbaso_app.tests.world import Play

FOR_GUESTS = frozenset({"api.prints.download_pdf"})
"""Open to people who are not logged in; each asks for the document's own permission or gives out public facts."""

SECRET_NAMES = frozenset({"password", "pin", "pwd"})
COSTLY = frozenset(
    {
        "api.long_term.copy",
        "api.long_term.package",
        "api.long_term.received_copy",
        "api.long_term.received_package",
        "api.prints.original",
        "api.prints.package",
        "api.prints.print_class",
        "api.prints.receipt",
        "api.prints.record_pdf",
        "api.prints.stored_pdf",
        "api.receiving.record_original",
        "api.receiving.record_page",
        "api.receiving.record_pdf",
        "api.roots.received_proof",
        "api.roots.record_proof",
        "api.signing.open_batch",
    }
)
"""Sign, print or hand out files. The family's PDF counts its requests in the service."""


def endpoints() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Path below the app → function, for everything that is whitelisted in it."""
    for module in pkgutil.walk_packages(hocbaso_app.__path__, "hocbaso_app."):
        parts = module.name.split(".")
        if "tests" not in parts and not parts[-1].startswith("test_") and {"api", "doctype", "page"} & set(parts):
            import_module(module.name)
    known = {function for function in frappe.whitelisted if (function.__module__ or "").startswith("hocbaso_app.")}
    for function in sorted(known, key=lambda f: (f.__module__, f.__qualname__)):
        yield f"{function.__module__}.{function.__qualname__}".removeprefix("hocbaso_app."), function


def decorators(function: Callable[..., Any]) -> set[str]:
    """Names of what a function is decorated with, read off its source."""
    source = inspect.unwrap(function)
    tree = ast.parse(Path(inspect.getsourcefile(source) or "").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == source.__name__:
            calls = [d.func if isinstance(d, ast.Call) else d for d in node.decorator_list]
            return {ast.unparse(call) for call in calls}
    return set()


class TestEndpoints(CommittedTestCase):
    """A released class of one school, asked for by the principal of another."""

    play: ClassVar[Play]
    record: ClassVar[str]
    browser: ClassVar[Browser]
    secrets: ClassVar[tuple[str, ...]]

    @classmethod
    def make_world(cls) -> None:
        cls.play = Play(pupils=1, grade=1)
        cls.record = cls.play.until("released")[0]
        doc = frappe.get_doc("HBS Record", cls.record)
        cls.secrets = (doc.full_name, doc.pupil_code, doc.record_code, cls.play.homeroom)
        other_school()
        stranger = school_person("hieutruong.khac@example.invalid", roles.PRINCIPAL, OTHER, is_principal=1, is_clerk=1)
        frappe.get_doc("User", stranger).add_roles(roles.CLERK, roles.SCHOOL_ADMIN, roles.HOMEROOM_TEACHER)
        frappe.db.commit()
        cls.browser = Browser(stranger)

    def test_every_argument_and_answer_has_a_type(self) -> None:
        for path, function in endpoints():
            with self.subTest(path):
                signature = inspect.signature(inspect.unwrap(function))
                untyped = [
                    p.name for p in signature.parameters.values() if p.annotation is p.empty and p.name != "self"
                ]
                self.assertEqual(untyped, [])
                self.assertIsNot(signature.return_annotation, signature.empty)

    def test_guests_are_let_in_only_where_it_is_said(self) -> None:
        guests = {path for path, function in endpoints() if function in frappe.guest_methods}
        self.assertEqual(guests - FOR_GUESTS, set())
        browser = Browser()
        for path, _function in endpoints():
            if path not in guests and path.startswith("api."):
                with self.subTest(path):
                    self.assertEqual(browser.post(f"/api/method/hocbaso_app.{path}").status_code, 403)

    def test_what_takes_a_secret_or_a_guest_is_limited(self) -> None:
        for path, function in endpoints():
            names = set(inspect.signature(inspect.unwrap(function)).parameters)
            if names & SECRET_NAMES or function in frappe.guest_methods or path in COSTLY:
                with self.subTest(path):
                    self.assertTrue({"rate_limit", "limited"} & decorators(function))

    def test_the_limit_counts_one_person(self) -> None:
        own, other = Browser(self.play.principal), self.browser
        key = frappe.cache.make_key(f"hbs-limit:hocbaso_app.api.prints.original:{self.play.principal}")
        path = "/api/method/hocbaso_app.api.prints.original"
        try:
            frappe.cache.set(key, 299)
            self.assertEqual(own.get(path, name=self.record).status_code, 200)
            self.assertEqual(own.get(path, name=self.record).status_code, 429)
            self.assertEqual(other.get(path, name=self.record).status_code, 403)
        finally:
            frappe.cache.delete(key)

    def test_another_school_gets_nothing_and_changes_nothing(self) -> None:
        before = self.stored()
        tried = 0
        for path, function in endpoints():
            if not path.startswith("api."):
                continue
            for values in self.arguments(function):
                with self.subTest(path, **{k: str(v)[:40] for k, v in values.items()}):
                    answer = self.browser.post(f"/api/method/hocbaso_app.{path}", **values)
                    if answer.status_code == 403 and "POST" not in self.methods(function):
                        answer = self.browser.get(f"/api/method/hocbaso_app.{path}", **self.as_query(values))
                    tried += 1
                    self.assert_silent(answer)
                    self.assertLess(answer.status_code, 500, answer.get_data(as_text=True)[-600:])
                    self.assertEqual(self.stored(), before)
        self.assertGreater(tried, 60)

    def methods(self, function: Callable[..., Any]) -> list[str]:
        """HTTP methods an endpoint takes."""
        return list(frappe.allowed_http_methods_for_whitelisted_func[function])

    def as_query(self, values: dict[str, Any]) -> dict[str, Any]:
        """Lists as JSON text, as the desk sends them."""
        return {k: json.dumps(v) if isinstance(v, list | dict) else v for k, v in values.items()}

    def assert_silent(self, answer: Any) -> None:
        """Nothing of the school's in it."""
        text = answer.get_data(as_text=True)
        for secret in self.secrets:
            self.assertNotIn(secret, text)
            self.assertNotIn(json.dumps(secret)[1:-1], text)

    def stored(self) -> dict[str, Any]:
        """The school's documents, and how many there are of each kind."""
        unit = self.play.world.unit
        found: dict[str, Any] = {}
        for doctype in frappe.get_all(
            "DocType", {"module": "HocBaSo App", "istable": 0, "issingle": 0}, pluck="name", order_by="name"
        ):
            if doctype != "HBS Refused Access" and frappe.get_meta(doctype).has_field("unit"):
                query = f"select * from `tab{doctype}` where unit = %s order by name"
                found[doctype] = frappe.db.sql(query, unit, as_dict=True)
        return found

    def documents(self) -> list[str]:
        """Names of the school's documents, one of each kind, for endpoints that take a name."""
        names = [self.record]
        for doctype in ("HBS Record Version", "HBS Signing Batch", "HBS Certificate", "HBS Summary Confirmation"):
            names.append(frappe.db.get_value(doctype, {"unit": self.play.world.unit}, "name", order_by="name"))
        return names

    def arguments(self, function: Callable[..., Any]) -> Iterator[dict[str, Any]]:
        """The endpoint's arguments with the other school's documents in them; several where a name could be any."""
        names = list(inspect.signature(inspect.unwrap(function)).parameters)
        takes_name = {"name", "docname", "dn", "batch", "record"} & set(names)
        for document in self.documents() if takes_name else [self.record]:
            yield {name: self.value(name, document) for name in names if name not in ("self", "version")}

    def value(self, name: str, document: str) -> Any:
        """A plausible value for an argument of this name."""
        known: dict[str, Any] = {
            "academic_year": self.play.school.school_year,
            "batch": document,
            "changes": [{"record": self.record, "field": "homeroom_remark", "value": "Khác"}],
            "content": "QQ==",
            "dn": document,
            "docname": document,
            "docs": [self.record],
            "doctype": "HBS Record",
            "dt": "HBS Record",
            "filters": {"name": self.record},
            "fields": ["full_name"],
            "items": [self.record],
            "kind": "information",
            "looked_at": 0,
            "name": document,
            "names": [self.record],
            "password": "000000",
            "pin": "000000",
            "record": document,
            "sheet": "homeroom",
            "stage": "gvcn",
            "student_group": self.play.group,
            "tags": ["x"],
            "unit": self.play.world.unit,
            "values": ["QQ=="],
        }
        return known.get(name, "0" if name in ("add", "cache", "debug") else "x")
