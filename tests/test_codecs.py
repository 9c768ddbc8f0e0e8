"""XML and JSON say the same and come back without loss (property-based)."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from sample_records import sample_record
from signing_world import released

from hocbaso_app.record import formats, json_codec, json_schema, model
from hocbaso_app.record.document import Document, build
from hocbaso_app.record.errors import FormatError
from hocbaso_app.record.json_codec import from_json, to_json

XS = "{http://www.w3.org/2001/XMLSchema}"


def nfc_text(limit: int) -> st.SearchStrategy[str]:
    letters = st.one_of(
        st.sampled_from("aăâbcdđeêghiklmnoôơpqrstuưvxyáàảãạ ẫậỗộữự,.;<>&\"'()-"),
        st.characters(min_codepoint=0x20, max_codepoint=0x2FFF, blacklist_categories=("Cc", "Cs", "Cn", "Co")),
    )
    return (
        st.text(letters, min_size=1, max_size=limit)
        .map(lambda t: unicodedata.normalize("NFC", t))
        .filter(lambda t: 0 < len(t) <= limit)
    )


@st.composite
def records(draw: st.DrawFn) -> model.Record:
    record = sample_record(draw(st.integers(1, 5)), full_name=draw(nfc_text(150)), residence=draw(nfc_text(250)))
    subjects = tuple(
        replace(s, remark=draw(st.none() | nfc_text(60)), level=draw(st.sampled_from("THCM"))) for s in record.subjects
    )
    return replace(
        record,
        subjects=subjects,
        remarks=model.Remarks(homeroom_remark=draw(nfc_text(300))),
        summary=replace(record.summary, rewards=draw(st.none() | nfc_text(80))),
    )


@pytest.mark.requirement("Y029")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(records())
def test_xml_model_json_model_xml_is_identical(record: model.Record) -> None:
    document = build(record)
    assert Document.parse(document.data).record == record
    text = to_json(document.data)
    jsonschema.validate(json.loads(text), json_schema.schema())
    assert from_json(text) == document.data


@pytest.mark.parametrize("grade", range(1, 6))
def test_signed_files_come_back_octet_for_octet(grade: int) -> None:
    data = released(grade).data
    text = to_json(data)
    jsonschema.validate(json.loads(text), json_schema.schema())
    assert from_json(text) == data


def test_the_published_json_schema_is_the_one_made_from_the_xsd() -> None:
    published = Path(formats.__path__[0]) / "hp_1" / "hoc_ba.schema.json"
    assert published.read_text(encoding="utf-8") == json_schema.text()


def test_model_and_xsd_agree_in_names_order_and_obligation() -> None:
    root = etree.fromstring(formats.schema_text())
    kinds = {
        "general": model.General,
        "historyEntry": model.HistoryEntry,
        "summary": model.Summary,
        "subjectResult": model.SubjectResult,
        "qualities": model.Qualities,
        "remarks": model.Remarks,
        "substitution": model.Substitution,
        "partRevision": model.PartRevision,
        "midYear": model.MidYearCitation,
        "record": model.Record,
    }
    for name, kind in kinds.items():
        sequence = root.find(f"{XS}complexType[@name='{name}']/{XS}sequence")
        assert sequence is not None
        in_xsd = [(e.get("name"), e.get("minOccurs") != "0") for e in sequence]
        defaults = {f.name: f.default for f in kind.__dataclass_fields__.values()}
        in_model = [(tag, defaults[field] is not None) for field, tag, _ in model.elements_of(kind)]
        assert in_model == in_xsd, name
    repeated = {e.get("name") for e in root.iter(f"{XS}element") if e.get("maxOccurs")}
    assert repeated == json_codec.ARRAYS


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"HOC_BA": "x"}',
        '{"HOC_BA": {"a b": "x"}}',
        '{"HOC_BA": {"A": 1}}',
        '{"HOC_BA": {}, "HOC_BA": {}}',
        '{"HOC_BA": {"Signature": "%%%"}}',
        '{"HOC_BA": {"X><Y": "1"}}',
        "[" * 5000,
    ],
)
def test_other_json_is_refused(text: str) -> None:
    with pytest.raises(FormatError) as refusal:
        from_json(text)
    assert refusal.value.message_vi


TEXT_LIMITS = [
    (tag, field, int(facet.get("value", "0")))
    for field, tag, _ in model.elements_of(model.General)
    for node in [etree.fromstring(formats.schema_text())]
    for element in node.iterfind(f"{XS}complexType[@name='general']/{XS}sequence/{XS}element[@name='{tag}']")
    for facet in node.iterfind(f"{XS}simpleType[@name='{element.get('type')}']//{XS}maxLength")
    if field not in ("circular", "rule_pack", "regulation")
]


@pytest.mark.parametrize(("tag", "field", "limit"), TEXT_LIMITS)
def test_length_is_counted_in_vietnamese_letters(tag: str, field: str, limit: int) -> None:
    """Exactly the limit passes, one more is refused; a letter with two marks counts as one."""
    assert build(sample_record(**{field: "ễ" * limit})).record
    with pytest.raises(FormatError, match=tag):
        build(sample_record(**{field: "ễ" * (limit + 1)}))


GROUPS = (
    "THONG_TIN_CHUNG",
    "QUA_TRINH_HOC_TAP",
    "TONG_KET",
    "BANG_DIEM",
    "DANH_GIA_NANG_LUC_PHAM_CHAT",
    "NHAN_XET_CHUNG",
)


@pytest.mark.requirement("Y021")
@pytest.mark.parametrize(
    "group",
    [*GROUPS, "DANH_SACH_THONG_TIN_KY"],
)
def test_a_deleted_group_is_named(group: str) -> None:
    data = released().data
    start, end = data.index(f"<{group}".encode()), data.index(f"</{group}>".encode()) + len(group) + 3
    with pytest.raises(FormatError) as refusal:
        Document.parse(data[:start] + data[end:])
    assert group in refusal.value.message_en


@pytest.mark.requirement("Y010")
def test_both_schools_of_a_transfer_are_in_the_file() -> None:
    record = sample_record()
    here = record.history[0]
    there = replace(
        here,
        class_name="5B",
        school_code="31999955",
        school_name="Trường Tiểu học Sông Cấm",
        left_at="2026-01-12T00:00:00+07:00",
        mid_year_page=model.MidYearCitation(record_code="123e4567-e89b-42d3-a456-556642440009", sha256="ab" * 32),
    )
    moved = replace(record, history=(there, replace(here, arrived_at="2026-01-15T00:00:00+07:00")))
    parsed = Document.parse(build(moved).data).record
    assert [(h.school_name, h.arrived_at) for h in parsed.history] == [
        ("Trường Tiểu học Sông Cấm", "2025-09-05T00:00:00+07:00"),
        ("Trường Tiểu học Hoa Phượng", "2026-01-15T00:00:00+07:00"),
    ]
