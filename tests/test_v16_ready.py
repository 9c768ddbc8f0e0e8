"""One branch for Frappe 15 and 16: what 16 took away or calls deprecated is not used, in Python, SQL strings or JS."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "hocbaso_app"
CORE = {"record", "signing", "exchange", "print_formats", "demo", "command"}
SOURCES = [p for p in sorted(PACKAGE.rglob("*.py")) if p.relative_to(PACKAGE).parts[0] not in CORE]
SCRIPTS = sorted(PACKAGE.rglob("*.js"))

ATTRIBUTES = {
    "frappe.flags.in_test": "frappe.in_test in 16",
    "frappe.db.set": "frappe.db.set_value",
    "frappe.db.multisql": "frappe.qb",
    "frappe.db.sql_list": "frappe.get_all(pluck=…)",
    "frappe.as_unicode": "str",
    "frappe.utils.encode": "str.encode",
    "frappe.utils.get_gravatar": "gone",
    "frappe.get_list_context": "gone",
    "frappe.model.rename_doc.get_fetch_fields": "gone",
    "frappe.utils.background_jobs.get_jobs": "frappe.utils.background_jobs.is_job_enqueued",
}
"""Dotted name → what to use."""

CALLS = {
    "frappe.cache": "frappe.cache is an object, not a function",
    "frappe.utils.dateutils.datetime_in_user_format": "",
}
MODULES = ("pkg_resources", "frappe.deprecation_dumpster", "frappe.utils.commands", "distutils", "imp", "six")
QUERIES = {"get_all", "get_list", "get_value", "get_values", "get_single_value", "count"}
FUNCTION = re.compile(r"\b(count|sum|avg|min|max|ifnull|coalesce|concat|date_format|distinct|group_concat)\s*\(", re.I)
DESK = {
    r"\bcur_frm\b": "frm",
    r"\bcur_dialog\b": "the dialog itself",
    r"\badd_fetch\b": "fetch_from in the DocType",
    r"\$c_obj\b": "frappe.call",
    r"\bfrappe\.ui\.toolbar\.clear_cache\b": "gone",
    r"\bfrappe\.model\.get_doc\b": "frappe.get_doc",
}


def dotted(node: ast.AST) -> str:
    """``a.b.c`` of an attribute chain; empty for anything else."""
    if isinstance(node, ast.Attribute):
        left = dotted(node.value)
        return f"{left}.{node.attr}" if left else ""
    return node.id if isinstance(node, ast.Name) else ""


def findings(source: str) -> list[str]:
    """What a Python file uses that 16 has not."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and dotted(node) in ATTRIBUTES:
            found.append(f"line {node.lineno}: {dotted(node)}: {ATTRIBUTES[dotted(node)]}")
        if isinstance(node, ast.Call):
            if dotted(node.func) in CALLS:
                found.append(f"line {node.lineno}: {dotted(node.func)}(): {CALLS[dotted(node.func)]}")
            found += _functions_in_fields(node)
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        found += [f"import {m}" for m in modules if any(m == gone or m.startswith(gone + ".") for gone in MODULES)]
    return found


def _functions_in_fields(call: ast.Call) -> list[str]:
    """16 refuses SQL functions in the field strings of its query methods."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if name not in QUERIES or not dotted(call.func).startswith("frappe."):
        return []
    places = [*call.args[1:], *(k.value for k in call.keywords if k.arg in ("fields", "order_by", "group_by", "pluck"))]
    texts = [n for place in places for n in ast.walk(place) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    return [f"line {n.lineno}: SQL function in {n.value!r}" for n in texts if FUNCTION.search(n.value)]


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_python_uses_nothing_that_16_took_away(path: Path) -> None:
    assert not findings(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_scripts_use_nothing_that_16_took_away(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not [f"{pattern}: {use}" for pattern, use in DESK.items() if re.search(pattern, text)]


@pytest.mark.parametrize(
    "source",
    [
        "import frappe\nif frappe.flags.in_test: pass",
        "frappe.cache().set_value('a', 1)",
        "frappe.get_all('Student', fields=['count(name) as n'])",
        "frappe.db.get_value('Student', {}, 'max(creation)')",
        "import pkg_resources",
        "from distutils.version import LooseVersion",
    ],
)
def test_the_scan_finds_each(source: str) -> None:
    assert findings(source)


def test_the_scan_lets_the_query_builder_pass() -> None:
    assert not findings("frappe.qb.from_(t).select(Count('*')).run()\nfrappe.cache.get_value('a')")


def patches() -> list[str]:
    """Lines of patches.txt that name a module."""
    lines = (PACKAGE / "patches.txt").read_text(encoding="utf-8").split("\n")
    return [line.strip() for line in lines if line.strip() and line[0] not in "#["]


@pytest.mark.parametrize("name", patches())
def test_each_patch_is_dated_has_execute_and_a_test(name: str) -> None:
    assert re.fullmatch(r"hocbaso_app\.patches\.v\d+_\d+\.[a-z0-9_]+_20\d\d_\d\d_\d\d", name)
    path = PACKAGE.parent / f"{name.replace('.', '/')}.py"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert "execute" in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert name.rsplit(".", 1)[1] in (PACKAGE / "tests" / "test_patches.py").read_text(encoding="utf-8")


def test_no_patch_stands_twice_or_outside_the_list() -> None:
    named = patches()
    assert len(set(named)) == len(named)
    modules = {p.stem for p in (PACKAGE / "patches").rglob("*.py") if p.stem != "__init__"}
    assert modules == {name.rsplit(".", 1)[1] for name in named}
