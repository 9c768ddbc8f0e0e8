"""The profile hp-1 as a whole: golden files, a bad and a good sample for every element, codes that never repeat."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree
from sample_records import sample_record

from hocbaso_app.record import formats, model
from hocbaso_app.record.document import Document, build
from hocbaso_app.record.errors import FormatError
from hocbaso_app.record.xml_codec import write_record
from hocbaso_app.signing.versions import new_record_code

GOLDEN = Path(__file__).parent / "golden" / "hp-1"
XS = "{http://www.w3.org/2001/XMLSchema}"


@pytest.mark.requirement("Y020")
@pytest.mark.parametrize("grade", range(1, 6))
def test_golden_file(grade: int) -> None:
    """The generator writes the same octets for the same record; a change needs a new format version."""
    golden = (GOLDEN / f"grade-{grade}.xml").read_bytes()
    assert build(sample_record(grade)).data == golden
    assert Document.parse(golden).record == sample_record(grade)


def full_record() -> model.Record:
    """Every optional element filled (some of them could not stand together in a real record)."""
    deputy = model.Substitution(
        absent_name="Lý Thị Sen", decision_number="12/QĐ-TH", from_date="2026-05-01", to_date="2026-05-31"
    )
    record = sample_record(
        district_name="Quận Cũ",
        guardian_name="Nguyễn Thị Dì",
        replaces_code="123e4567-e89b-42d3-a456-556642440001",
        priority_group="Con thương binh",
        homeroom_substitution=deputy,
        principal_substitution=deputy,
    )
    page = model.MidYearCitation(record_code="123e4567-e89b-42d3-a456-556642440002", sha256="0" * 64)
    return replace(
        record,
        history=(replace(record.history[0], left_at="2026-01-10T00:00:00+07:00", mid_year_page=page),),
        summary=replace(record.summary, promotion_decision="7/QĐ-TH", extraordinary_rewards="Thư khen"),
        subjects=(replace(record.subjects[0], substitution=deputy), *record.subjects[1:]),
    )


SCHEMA = etree.fromstring(formats.schema_text())
BAD = {
    "uuid": "123e4567-e89b-12d3-a456-556642440000",
    "sha256": "0" * 63 + "G",
    "schoolYear": "2025-26",
    "year": "25",
    "citizenId": "99931500000",
    "boolean01": "true",
    "gender": "Nam",
    "pageKind": "HOC_KY",
    "subjectLevel": "Đ",
    "qualityLevel": "H",
    "score": "9.5",
    "overall": "Giỏi",
    "positive": "0",
    "code2": "3",
    "ethnic": "Kinh",
    "country": "Việt Nam",
    "subjectCode": "TOAN",
    "grade": "5",
    "date": "31/05/2026",
    "instant": "2026-05-31T00:00:00Z",
    "weight": "0",
    "height": "1,34",
    "absences": "201",
    "formatVersion": "v1.0",
}


def samples() -> list[tuple[str, str]]:
    """(element, a value that its type refuses) for every simple element of the XSD."""
    found = []
    for element in SCHEMA.iterfind(f"{XS}complexType//{XS}element"):
        kind = str(element.get("type"))
        simple = SCHEMA.find(f"{XS}simpleType[@name='{kind}']")
        if simple is None:
            continue
        limit = simple.find(f".//{XS}maxLength")
        found.append(
            (str(element.get("name")), BAD[kind] if limit is None else "ễ" * (int(limit.get("value", "0")) + 1))
        )
    return found


@pytest.mark.requirement("Y009")
def test_every_element_has_a_good_sample() -> None:
    data = build(full_record()).data
    for name, _ in samples():
        assert f"<{name}>".encode() in data or name in ("NGAY_KY", "SO_CCCD"), name
    assert Document.parse(data).record == full_record()


@pytest.mark.requirement("Y009")
@pytest.mark.parametrize(("name", "bad"), [s for s in samples() if s[0] != "NGAY_KY"])
def test_every_element_refuses_a_bad_sample(name: str, bad: str) -> None:
    body = write_record(full_record())
    start = body.index(f"<{name}>") + len(name) + 2
    end = body.index(f"</{name}>", start)
    whole = build(full_record()).data.decode().replace(body, body[:start] + bad + body[end:])
    with pytest.raises(FormatError) as refusal:
        Document.parse(whole.encode())
    assert refusal.value.code == "XSD"
    assert name in refusal.value.message_en


REQUIRED = [
    str(e.get("name"))
    for e in SCHEMA.iterfind(f"{XS}complexType[@name='general']/{XS}sequence/{XS}element")
    if e.get("minOccurs") != "0"
]


@pytest.mark.requirement("Y009")
@pytest.mark.parametrize("name", REQUIRED)
def test_every_required_element_is_missed(name: str) -> None:
    data = build(sample_record()).data.decode()
    start, end = data.index(f"<{name}>"), data.index(f"</{name}>") + len(name) + 3
    with pytest.raises(FormatError, match=f"{name}|THONG_TIN_CHUNG"):
        Document.parse((data[:start] + data[end:]).encode())


def codes(count: int) -> list[str]:
    return [new_record_code() for _ in range(count)]


def test_a_hundred_thousand_codes_from_parallel_workers_never_repeat() -> None:
    with ProcessPoolExecutor(4) as pool:
        made = [code for batch in pool.map(codes, [25_000] * 4) for code in batch]
    assert len(set(made)) == 100_000
