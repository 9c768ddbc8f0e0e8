"""The Frappe app seen from outside, without Frappe: DocTypes against the XSD, controllers, hooks, translations."""

from __future__ import annotations

import ast
import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from hocbaso_app.record import model
from hocbaso_app.record.formats import schema_text

PACKAGE = Path(__file__).resolve().parents[1] / "hocbaso_app"
DOCTYPES = sorted((PACKAGE / "hocbaso_app" / "doctype").glob("*/*.json"))
XS = {"xs": "http://www.w3.org/2001/XMLSchema"}
NOT_STORED = {
    "SubjectResult": {"pupil_code", "school_code", "school_year", "page_kind"},  # the record's own
    "General": {"part_revisions"},  # follow from the results
}
GROUPS = [
    (model.General, "general", "hbs_record", ""),
    (model.Summary, "summary", "hbs_record", ""),
    (model.Qualities, "qualities", "hbs_record", ""),
    (model.Remarks, "remarks", "hbs_record", ""),
    (model.SubjectResult, "subjectResult", "hbs_record_result", ""),
    (model.HistoryEntry, "historyEntry", "hbs_record_history", ""),
    (model.Substitution, "substitution", "hbs_record", "homeroom_substitution_"),
    (model.Substitution, "substitution", "hbs_record", "principal_substitution_"),
    (model.Substitution, "substitution", "hbs_record_result", "substitution_"),
    (model.MidYearCitation, "midYear", "hbs_record_history", "mid_year_page_"),
]
"""Model class, XSD type, DocType folder, prefix of the field names."""

PATTERN_LENGTHS = {
    "uuid": 36,
    "sha256": 64,
    "schoolYear": 9,
    "year": 4,
    "citizenId": 12,
    "code2": 2,
    "ethnic": 3,
    "country": 2,
    "subjectCode": 3,
}
KINDS = {
    "date": "Date",
    "instant": "Datetime",
    "weight": "Float",
    "height": "Float",
    "absences": "Float",
    "positive": "Int",
}


def doctype(folder: str) -> dict[str, Any]:
    return json.loads((PACKAGE / "hocbaso_app" / "doctype" / folder / f"{folder}.json").read_text(encoding="utf-8"))


def fields_of(folder: str) -> dict[str, dict[str, Any]]:
    return {field["fieldname"]: field for field in doctype(folder)["fields"]}


XSD = etree.fromstring(schema_text())


def xsd_elements(name: str) -> dict[str, tuple[str, bool]]:
    found = XSD.iterfind(f"xs:complexType[@name='{name}']//xs:element", XS)
    return {e.get("name"): (e.get("type"), e.get("minOccurs") != "0") for e in found}


def enumeration(name: str) -> list[str]:
    return [e.get("value") for e in XSD.iterfind(f"xs:simpleType[@name='{name}']//xs:enumeration", XS)]


def cases() -> list[Any]:
    rows = []
    for kind, xsd_type, folder, prefix in GROUPS:
        elements = xsd_elements(xsd_type)
        for attribute, element, item in model.elements_of(kind):
            if (
                item
                or attribute in NOT_STORED.get(kind.__name__, ())
                or elements[element][0] in ("substitution", "midYear")
            ):
                continue
            rows.append(
                pytest.param(folder, prefix + attribute, *elements[element], id=f"{folder}.{prefix}{attribute}")
            )
    return rows


@pytest.mark.parametrize(("folder", "name", "xsd_type", "mandatory"), cases())
def test_field_follows_the_xsd(folder: str, name: str, xsd_type: str, mandatory: bool) -> None:
    field = fields_of(folder)[name]
    kind = field["fieldtype"]
    length = re.fullmatch(r"text(\d+)", xsd_type)
    if length and int(length[1]) > 250:
        assert kind == "Small Text"
    elif length or xsd_type in PATTERN_LENGTHS:
        assert (kind, field["length"]) == ("Data", int(length[1]) if length else PATTERN_LENGTHS[xsd_type])
    elif xsd_type in KINDS:
        assert kind == KINDS[xsd_type]
    elif xsd_type == "boolean01":
        assert (kind, field.get("options")) == (("Check", None) if mandatory else ("Select", "\nYes\nNo"))
    elif xsd_type == "gender":
        assert field["options"].split("\n") == ["", "Male", "Female", "Not known"]
        assert len(enumeration("gender")) == 3
    elif xsd_type == "score":
        assert field["options"].split("\n") == ["", *map(str, range(11)), "M"]
    elif xsd_type == "grade":
        assert field["options"].split("\n") == ["", "01", "02", "03", "04", "05"]
    else:
        assert kind == "Select"
        assert [option for option in field["options"].split("\n") if option] == enumeration(xsd_type)


@pytest.mark.parametrize("path", DOCTYPES, ids=lambda path: path.stem)
def test_doctype_folder_is_whole(path: Path) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["module"] == "HocBaSo App"
    assert content["name"].lower().replace(" ", "_") == path.stem == path.parent.name
    assert (path.parent / "__init__.py").exists()
    tree = ast.parse((path.parent / f"{path.stem}.py").read_text(encoding="utf-8"))
    assert content["name"].replace(" ", "") in {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    names = [field["fieldname"] for field in content["fields"]]
    assert len(set(names)) == len(names) == len(content["field_order"])
    assert not [row["role"] for row in content["permissions"] if row.get("share")]


@pytest.mark.parametrize("path", DOCTYPES, ids=lambda path: path.stem)
def test_controller_imports_nothing_that_may_be_missing(path: Path) -> None:
    """An ImportError in a controller makes `bench migrate` delete the DocType."""
    bases = path.parents[2] / "documents.py"
    allowed = ("__future__", "re", "typing", "frappe", "hocbaso_app.exceptions", "hocbaso_app.hocbaso_app")
    files = (path.parent / f"{path.stem}.py", bases)
    for node in (node for file in files for node in ast.parse(file.read_text(encoding="utf-8")).body):
        modules = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        assert not [m for m in modules if not any(m == a or m.startswith(a + ".") for a in allowed)]


def test_module_name_leads_to_its_folder() -> None:
    (module,) = (PACKAGE / "modules.txt").read_text(encoding="utf-8").split("\n")[:-1]
    assert (PACKAGE / module.lower().replace(" ", "_")).is_dir()


def test_no_hook_is_written_twice() -> None:
    tree = ast.parse((PACKAGE / "hooks.py").read_text(encoding="utf-8"))
    names = [
        t.id for node in tree.body if isinstance(node, ast.Assign) for t in node.targets if isinstance(t, ast.Name)
    ]
    assert len(set(names)) == len(names)
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            keys = [ast.dump(key) for key in node.keys if key]
            assert len(set(keys)) == len(keys)


def translations() -> dict[str, str]:
    with (PACKAGE / "translations" / "vi.csv").open(encoding="utf-8", newline="") as table:
        return {row[0]: row[1] for row in csv.reader(table)}


def texts_of_doctypes() -> set[str]:
    found = set()
    for path in DOCTYPES:
        content = json.loads(path.read_text(encoding="utf-8"))
        found.add(content["name"])
        for field in content["fields"]:
            found |= {field.get("label", ""), field.get("description", "")}
    return found - {""}


def texts_of_code() -> set[str]:
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_"
            if called and node.args and isinstance(node.args[0], ast.Constant):
                found.add(node.args[0].value)
    for path in PACKAGE.rglob("*.js"):
        found |= {m[1] for m in re.finditer(r'__\("((?:[^"\\]|\\.)*)"', path.read_text(encoding="utf-8"))}
    return found


def test_every_text_of_the_desk_is_in_vietnamese() -> None:
    known = translations()
    assert not sorted((texts_of_doctypes() | texts_of_code()) - known.keys())


def test_translations_keep_their_placeholders() -> None:
    for source, text in translations().items():
        assert text.strip(), source
        assert sorted(re.findall(r"\{\d\}", source)) == sorted(re.findall(r"\{\d\}", text)), source
