"""Code tables: data with a source, and agreement with model, rule pack and XSD."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import FrozenInstanceError
from datetime import date
from pathlib import Path

import pytest
from lxml import etree

from hocbaso_app.record import code_tables, formats
from hocbaso_app.record.code_tables import table
from hocbaso_app.record.rules import load_pack
from hocbaso_app.record.rules.overall import QUALITY_FIELDS

NAMES = (
    "subjects",
    "qualities",
    "genders",
    "ethnic_groups",
    "nationalities",
    "levels",
    "subject_levels",
    "quality_levels",
    "grades",
    "page_kinds",
)
XSD_TYPE = {
    "genders": "gender",
    "subject_levels": "subjectLevel",
    "quality_levels": "qualityLevel",
    "page_kinds": "pageKind",
}


def test_every_shipped_file_is_a_named_table() -> None:
    folder = Path(code_tables.__file__).parent
    assert {file.stem for file in folder.glob("*.json")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_table_says_what_it_is_and_how_sure_we_are(name: str) -> None:
    found = table(name)
    assert found.name == name
    assert found.title
    assert found.source
    assert found.version >= 1
    assert date.fromisoformat(found.valid_from) <= date(2024, 6, 1), "in force when the rule pack is"
    assert found.confidence in {"V", "S", "I", "O", "ours"}
    assert found.values


@pytest.mark.parametrize("name", NAMES)
def test_labels_are_unique_clean_nfc(name: str) -> None:
    labels = list(table(name).values.values())
    assert len(set(labels)) == len(labels)
    assert all(label == label.strip() and unicodedata.is_normalized("NFC", label) for label in labels)
    assert all(unicodedata.is_normalized("NFC", code) for code in table(name).values)


@pytest.mark.parametrize("name", NAMES)
def test_no_code_stands_twice_in_a_file(name: str) -> None:
    pairs: list[tuple[str, object]] = []

    def collect(found: list[tuple[str, object]]) -> dict[str, object]:
        pairs.extend(found)
        return dict(found)

    text = (Path(code_tables.__file__).parent / f"{name}.json").read_text(encoding="utf-8")
    values = json.loads(text, object_pairs_hook=collect)["values"]
    assert len([code for code, _ in pairs if code in values]) == len(values)


def test_54_ethnic_groups_numbered_without_gap() -> None:
    values = table("ethnic_groups").values
    assert list(values) == [f"{n:02d}" for n in range(1, 55)]
    assert (values["01"], values["02"], values["05"], values["54"]) == ("Kinh", "Tày", "Khmer", "Rơ Măm")


def test_subject_codes_are_those_of_the_ministrys_viewer() -> None:
    assert {code: table("subjects").label(code) for code in ("01", "02", "05", "87", "91")} == {
        "01": "Toán",
        "02": "Tiếng Việt",
        "05": "Lịch sử và Địa lí",
        "87": "Tin học và Công nghệ (Công nghệ)",
        "91": "Hoạt động trải nghiệm",
    }
    assert len(table("subjects").values) == 14
    assert next(iter(table("subjects").values)) == "02", "the form begins with Tiếng Việt"


def test_t_and_c_mean_different_things_on_the_two_scales() -> None:
    assert [table("subject_levels").label(code) for code in "TC"] == ["Hoàn thành tốt", "Chưa hoàn thành"]
    assert [table("quality_levels").label(code) for code in "TC"] == ["Tốt", "Cần cố gắng"]


def test_quality_codes_are_the_fifteen_elements_of_the_model() -> None:
    assert set(table("qualities").values) == {tag for _, tag in QUALITY_FIELDS}
    assert len(QUALITY_FIELDS) == 15


def test_rule_pack_uses_only_known_codes() -> None:
    pack = load_pack("tt27-1")
    assert pack is not None
    subjects, grades = table("subjects"), {code.removeprefix("0") for code in table("grades").values}
    for lists in (pack.obligatory_subjects, pack.elective_subjects, pack.tested_subjects):
        assert set(lists) == grades
        assert all(code in subjects for codes in lists.values() for code in codes)
    assert set(pack.subject_levels) == set(table("subject_levels").values)
    assert set(pack.quality_levels) == set(table("quality_levels").values)
    assert set(pack.qualities_from_grade) <= set(table("qualities").values)
    assert pack.level_code in table("levels")


@pytest.mark.parametrize(("name", "kind"), XSD_TYPE.items())
def test_codes_are_those_the_xsd_allows(name: str, kind: str) -> None:
    xs = {"xs": "http://www.w3.org/2001/XMLSchema"}
    root = etree.fromstring(formats.schema_text())
    allowed = root.xpath(f"//xs:simpleType[@name='{kind}']//xs:enumeration/@value", namespaces=xs)
    assert set(table(name).values) == set(map(str, allowed))


def test_unknown_code_is_its_own_label_and_not_in_the_table() -> None:
    assert table("subjects").label("99") == "99"
    assert "99" not in table("subjects")
    with pytest.raises(FileNotFoundError):
        table("no-such-table")
    with pytest.raises(FrozenInstanceError):
        table("subjects").version = 2  # type: ignore[misc]
