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


# --- the desk: workspace, reports, cards, charts, tours ---------------------------------------------------------------

MODULE = PACKAGE / "hocbaso_app"


def desk_documents(kind: str) -> list[dict[str, Any]]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted((MODULE / kind).glob("*/*.json"))]


def names_of(kind: str) -> set[str]:
    return {document["name"] for document in desk_documents(kind)}


WORKSPACES = desk_documents("workspace")


@pytest.mark.parametrize("workspace", WORKSPACES, ids=lambda workspace: workspace["name"])
def test_every_link_of_the_workspace_leads_somewhere(workspace: dict[str, Any]) -> None:
    known = {"DocType": names_of("doctype"), "Report": names_of("report"), "Page": names_of("page")}
    targets = [(row["link_type"], row["link_to"]) for row in workspace["links"] if row["type"] == "Link"]
    targets += [(row["type"], row["link_to"]) for row in workspace["shortcuts"]]
    assert not [(kind, name) for kind, name in targets if name not in known[kind]]
    assert {row["number_card_name"] for row in workspace["number_cards"]} <= names_of("number_card")
    assert {row["chart_name"] for row in workspace["charts"]} <= names_of("dashboard_chart")


@pytest.mark.parametrize("workspace", WORKSPACES, ids=lambda workspace: workspace["name"])
def test_every_block_of_the_workspace_is_declared(workspace: dict[str, Any]) -> None:
    """A block that the tables don't name is shown empty."""
    tables = {
        "number_card": [row["number_card_name"] for row in workspace["number_cards"]],
        "chart": [row["chart_name"] for row in workspace["charts"]],
        "custom_block": [row["custom_block_name"] for row in workspace["custom_blocks"]],
        "shortcut": [row["label"] for row in workspace["shortcuts"]],
        "card": [row["label"] for row in workspace["links"] if row["type"] == "Card Break"],
        "onboarding": sorted(names_of("module_onboarding")),
    }
    shown: dict[str, list[str]] = {kind: [] for kind in tables}
    for block in json.loads(workspace["content"]):
        if block["type"] in shown:
            shown[block["type"]] += [value for key, value in block["data"].items() if key.endswith("_name")]
    assert shown.pop("onboarding") in ([], tables.pop("onboarding"))
    assert shown == tables


def test_the_desks_documents_name_what_is_there() -> None:
    for document in desk_documents("dashboard_chart"):
        assert document["source"] in names_of("dashboard_chart_source")
        assert document["chart_type"] == "Custom", "Frappe keeps other charts in one cache for all users of a site"
    (dashboard,) = desk_documents("hocbaso_app_dashboard")
    assert {row["card"] for row in dashboard["cards"]} <= names_of("number_card")
    assert {row["chart"] for row in dashboard["charts"]} <= names_of("dashboard_chart")
    for tour in desk_documents("form_tour"):
        fields = fields_of(tour["reference_doctype"].lower().replace(" ", "_"))
        assert {step["fieldname"] for step in tour["steps"]} <= set(fields)
    for onboarding in desk_documents("module_onboarding"):
        assert {row["step"] for row in onboarding["steps"]} == names_of("onboarding_step")
    for step in desk_documents("onboarding_step"):
        assert step.get("reference_document") in {None, *names_of("doctype")}


def test_methods_named_in_json_are_whitelisted() -> None:
    named = {document["method"] for document in desk_documents("number_card") if document.get("method")}
    for path in (MODULE / "dashboard_chart_source").glob("*/*.js"):
        (method,) = re.findall(r'method: "([\w.]+)"', path.read_text(encoding="utf-8"))
        named.add(method)
    for method in named:
        module, function = method.rsplit(".", 1)
        tree = ast.parse((PACKAGE.parent / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8"))
        (found,) = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function]
        assert "frappe.whitelist" in ast.unparse(found.decorator_list[0])


@pytest.mark.parametrize("path", sorted((MODULE / "report").glob("*/*.json")), ids=lambda path: path.stem)
def test_report_folder_is_whole(path: Path) -> None:
    report = json.loads(path.read_text(encoding="utf-8"))
    assert report["name"].lower().replace(" ", "_") == path.stem == path.parent.name
    assert (report["is_standard"], report["report_type"]) == ("Yes", "Script Report")
    assert report["ref_doctype"] in names_of("doctype")
    assert report["roles"]
    source = (path.parent / f"{path.stem}.py").read_text(encoding="utf-8")
    assert "get_all" not in source
    assert "frappe.db" not in source
    assert f'query_reports["{report["name"]}"]' in (path.parent / f"{path.stem}.js").read_text(encoding="utf-8")


def test_texts_of_the_desks_documents_are_in_vietnamese() -> None:
    found = {*names_of("report"), *names_of("number_card"), *names_of("dashboard_chart")}
    found |= names_of("hocbaso_app_dashboard")
    for workspace in WORKSPACES:
        found |= {workspace["title"], *(row["label"] for row in [*workspace["links"], *workspace["shortcuts"]])}
    for tour in desk_documents("form_tour"):
        found |= {step[name] for step in tour["steps"] for name in ("title", "description")}
    for document in desk_documents("module_onboarding"):
        found |= {document[name] for name in ("title", "subtitle", "success_message")}
    for step in desk_documents("onboarding_step"):
        found |= {step["title"], step["description"]}
    assert not sorted(found - translations().keys())
