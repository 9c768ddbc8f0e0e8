"""Prints: every value on paper, the right marks on every page, the original inside, nothing fetched from outside."""

from __future__ import annotations

import dataclasses
import io
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import pikepdf
import pytest
from sample_records import sample_record
from signing_world import LATER, NOW, release, released, world

from hocbaso_app.print_formats import (
    base45,
    fetcher,
    fit,
    form,
    html,
    layouts,
    marks,
    pdf,
    pdfa,
    qr,
    summary,
    view,
    words,
)
from hocbaso_app.record import model
from hocbaso_app.record.code_tables import table
from hocbaso_app.record.document import Document, build
from hocbaso_app.signing.cose import SealError
from hocbaso_app.signing.slots import Stage
from hocbaso_app.signing.verify import Verification, verify

LINK = "https://hocba.example.edu.vn/tra-cuu/123e4567-e89b-42d3-a456-556642440000"
PAPER_PAGES = ["Bìa", "Hướng dẫn", "Thông tin học sinh", "Các môn học", "Phẩm chất", "Chữ ký số"]


def engine_missing() -> str | None:
    """Why no PDF can be made here."""
    try:
        pdf._engine()
    except pdf.PdfEngineMissing as error:
        return str(error)
    return None


MISSING = engine_missing()
needs_engine = pytest.mark.skipif(MISSING is not None, reason=f"NO PDF ENGINE, PRINTS ARE NOT TESTED: {MISSING}")
needs_poppler = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="NO pdftotext (poppler-utils)")


def check(document: Document, **options: Any) -> Verification:
    """Verification of the sample world."""
    return verify(document, world().trust, at=LATER, **options)


@cache
def real() -> Document:
    """A released record without the practice mark (its environment is then a finding, see :func:`in_force`)."""
    return release(sample_record(practice=None))


@cache
def in_force() -> Verification:
    """The same, verified by a production registry."""
    registry = replace(world().registry(), environment="production")
    folder = world().folder.parent / f"{world().folder.name}-production"
    try:
        verification = verify(real(), world().write_trust(registry, folder), at=LATER)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    assert verification.valid, verification.report.to_text()
    return verification


@cache
def token() -> bytes:
    """The sealed summary of the released sample."""
    return summary.make(real(), world().school)


@cache
def full_print() -> bytes:
    """Everything a print can carry."""
    return pdf.render(
        real(), verification=in_force(), link=LINK, seal_summary=token(), receipt={"Mã tiếp nhận": "HP-2026-000123"}
    )


@cache
def page_texts(made: bytes) -> list[str]:
    """Text of each page, white space collapsed."""
    run = subprocess.run(["pdftotext", "-raw", "-", "-"], input=made, capture_output=True, check=True)
    return [" ".join(page.split()) for page in run.stdout.decode().split("\f")[:-1]]


def squeezed(text: str) -> str:
    """Without any white space: lines of a cell may stand apart in the text of a PDF."""
    return re.sub(r"\s+", "", text)


def leaves(value: Any, path: str = "") -> list[tuple[str, str]]:
    """(path, value) of every value of a record."""
    if isinstance(value, str):
        return [(path, value)]
    if isinstance(value, tuple):
        return [leaf for index, item in enumerate(value) for leaf in leaves(item, f"{path}[{index}]")]
    if dataclasses.is_dataclass(value):
        return [leaf for f in dataclasses.fields(value) for leaf in leaves(getattr(value, f.name), f"{path}.{f.name}")]
    return []


CODED = {
    "gender": "genders",
    "ethnic_group": "ethnic_groups",
    "nationality": "nationalities",
    "page_kind": "page_kinds",
}
BOOLEANS = {"promoted", "grade_completed", "primary_completed", "disability_not_assessed"}


def shown(name: str, value: str) -> str:
    """How a reader expects a value on paper, written down here a second time on purpose."""
    if name in CODED:
        return table(CODED[name]).label(value)
    if name in BOOLEANS:
        return "Có" if value == "1" else "Không"
    if name == "grade":
        return value[1]
    if name == "school_year":
        return "{}–{}".format(*value.split("-"))
    if re.fullmatch(r"\d{4}-\d\d-\d\d(T.*)?", value):
        return f"{value[8:10]}/{value[5:7]}/{value[:4]}"
    if name in ("weight_kg", "height_cm"):
        return value.replace(".", ",")
    return value.removeprefix("Trường ") if name == "school_name" else value


def missing_values(record: model.Record, made: bytes) -> list[str]:
    """Values of a record that a print does not show; values are looked for as whole numbers or phrases."""
    everything = squeezed(re.sub(r"Trang sổ \d|Tờ in \d+/\d+", "", " ".join(page_texts(made))))
    missing = []
    for path, value in leaves(record):
        name = path.rsplit(".", 1)[-1]
        wanted = squeezed(shown(name, value))
        if name != "practice" and wanted not in everything:
            missing.append(f"{path} = {value}")
    return missing


@needs_engine
@needs_poppler
@pytest.mark.requirement("Y016")
@pytest.mark.parametrize("grade", [1, 3, 5])
def test_every_value_of_the_file_is_in_the_text_of_the_pdf(grade: int) -> None:
    substitution = model.Substitution(
        absent_name="Trần Thị Bích Ngọc", decision_number="12/QĐ-THHP", from_date="2026-05-20", to_date="2026-06-10"
    )
    record = sample_record(
        grade,
        practice=None,
        issue_number="3",
        replaces_code="0d0fdb1e-6a52-4f0e-8ff6-1f6f3f7d7b01",
        priority_group="Con thương binh",
        guardian_name="Hoàng Thị Lan Chi",
        principal_substitution=substitution,
        part_revisions=tuple(
            model.PartRevision(subject_code=s.subject_code, revision="2" if s.subject_code == "01" else "1")
            for s in sample_record(grade).subjects
        ),
    )
    page = model.MidYearCitation(record_code="3f333df6-90a4-4fda-8dd3-9485d27cee36", sha256="ab" * 32)
    former = model.HistoryEntry(
        school_year="2025-2026",
        class_name="2B",
        school_code="31999902",
        school_name="Trường Tiểu học Sóng Biển",
        province_name="Thành phố Hải Phòng",
        arrived_at="2025-09-05T00:00:00+07:00",
        left_at="2026-01-12T00:00:00+07:00",
        mid_year_page=page,
    )
    remarks = [f"Nhận xét riêng {s.subject_code}: đọc & viết <tốt>, “ghi nhớ”." for s in record.subjects]
    record = replace(
        record,
        history=(former, *record.history),
        subjects=tuple(replace(s, remark=remark) for s, remark in zip(record.subjects, remarks, strict=True)),
        summary=replace(record.summary, extraordinary_rewards="Giấy khen dũng cảm", promotion_decision="45/QĐ-THHP"),
    )
    document = build(record)
    made = pdf.render(document, verification=None, mark="draft")
    assert missing_values(record, made) == []
    changed = replace(record, remarks=model.Remarks(homeroom_remark="Câu này không có trên giấy."))
    assert missing_values(changed, made) == [".remarks.homeroom_remark = Câu này không có trên giấy."]


@needs_engine
@pytest.mark.requirement("Y017")
def test_page_list_equals_the_paper_form() -> None:
    with pikepdf.open(io.BytesIO(full_print())) as made, made.open_outline() as outline:
        titles = [item.title for item in outline.root]
        assert len(made.pages) == len(PAPER_PAGES)
    assert [t.split(" – ")[0] for t in titles] == [f"Trang {n}" for n in range(1, 7)]
    assert all(paper in title for paper, title in zip(PAPER_PAGES, titles, strict=True))
    in_file = set(re.findall(rb' TRANG="(\d)"', real().data))
    assert in_file == {b"3", b"4", b"5", b"6"}
    assert in_file <= {page.number.encode() for page in layouts.pages(real().record)}


FULL_TEACHERS = tuple(
    (f"Nguyễn Thị Phương {name}", f"99918800010{n}") for n, name in enumerate(["Anh", "Bình", "Chi", "Dung", "Hà"])
)
SCHOOL_OF_45 = "Trường Tiểu học Nguyễn Thị Minh Khai Hải Đông"


def words_up_to(length: int) -> str:
    """A remark as teachers write them, as long as it may be."""
    text = "Em nắm chắc kiến thức, vận dụng tốt vào thực tế; đọc to, viết đẹp, tính toán nhanh; cần mạnh dạn hơn. " * 6
    return text[:length].rsplit(" ", 1)[0].rstrip(";,.") + "."


def full_record(grade: int) -> model.Record:
    """All that an ordinary record may hold at once: six years of history, long names and remarks, eight signers."""
    record = sample_record(
        grade,
        full_name="Nguyễn Phúc Hoàng Bảo Quỳnh Phương Anh",
        residence="Số 105/28 đường Nguyễn Bỉnh Khiêm, tổ dân phố 12, phường Hoa Phượng, thành phố Hải Phòng",
        guardian_name="Hoàng Thị Lan Chi",
        priority_group="Con thương binh",
    )
    others = [s.subject_code for s in record.subjects if s.subject_code not in ("02", "01", "91")]
    teachers = dict(zip(others, FULL_TEACHERS * 2, strict=False))
    subjects = tuple(
        replace(
            s,
            remark=words_up_to(110),
            teacher_name=teachers.get(s.subject_code, (s.teacher_name,))[0],
            teacher_citizen_id=teachers.get(s.subject_code, ("", s.teacher_citizen_id))[1],
        )
        for s in record.subjects
    )
    former = model.HistoryEntry(
        school_year="2020-2021",
        class_name="1A12",
        school_code="31999902",
        school_name=SCHOOL_OF_45,
        province_name="Thành phố Hải Phòng",
        arrived_at="2020-09-05T00:00:00+07:00",
    )
    years = [
        replace(former, school_year=f"{y}-{y + 1}", arrived_at=f"{y}-09-05T00:00:00+07:00") for y in range(2020, 2025)
    ]
    return replace(
        record,
        subjects=subjects,
        history=(*years, *record.history),
        summary=replace(record.summary, rewards=words_up_to(80), extraordinary_rewards=words_up_to(60)),
        qualities=replace(
            record.qualities,
            qualities_remark=words_up_to(200),
            general_remark=words_up_to(200),
            specific_remark=words_up_to(200),
        ),
        remarks=model.Remarks(homeroom_remark=words_up_to(250)),
    )


@cache
def full_teacher_keys() -> dict[str, Any]:
    """Keys of the teachers of :func:`full_record` by citizen id."""
    return {citizen_id: world().ca.person(name, citizen_id) for name, citizen_id in FULL_TEACHERS}


def sheets_by_page(made: bytes) -> list[int]:
    """Sheets of each page of the form, by what their foot says."""
    numbers = [int(re.findall(r"Trang sổ (\d)", text)[-1]) for text in page_texts(made)]
    return [numbers.count(number) for number in range(1, 7)]


@needs_engine
@needs_poppler
@pytest.mark.requirement("Y017")
@pytest.mark.parametrize("grade", [1, 3, 5])
def test_an_ordinary_record_at_its_fullest_prints_on_six_sheets(grade: int) -> None:
    keys = full_teacher_keys()
    document = world().sign(
        build(full_record(grade)), key_of=lambda slot: keys.get(slot.signer_citizen_id or "") or world().key_of(slot)
    )
    verification = check(document)
    assert verification.valid, verification.report.to_text()
    assert len({s.certificate.sha256 for s in verification.report.signatures if s.certificate}) == 8
    made = pdf.render(
        document,
        verification=verification,
        mark="recalled",
        link=LINK,
        seal_summary=summary.make(document, world().school),
        receipt={"Số biên nhận": "HP-2026-0000020", "Tiếp nhận lúc": "2026-05-29T10:00:05+07:00"},
    )
    assert marks.watermarks(document, verification, "recalled") == ("ĐÃ THU HỒI", marks.PRACTICE)
    assert sheets_by_page(made) == [1] * 6
    assert missing_values(document.record, made) == []


@needs_engine
@needs_poppler
def test_a_sheet_with_the_signing_blocks_also_holds_the_last_item() -> None:
    full = full_record(5)
    text = words_up_to(500)
    record = replace(
        full,
        summary=replace(full.summary, rewards=text, extraordinary_rewards=text, completion_text=text),
        qualities=replace(full.qualities, qualities_remark=text, general_remark=text, specific_remark=text),
        remarks=model.Remarks(homeroom_remark=text),
    )
    made = pdf.render(build(record), mark="draft")
    assert missing_values(record, made) == []
    assert sheets_by_page(made)[4] == 2, "the texts must reach a second sheet, else this proves nothing"
    last = next(page for page in reversed(page_texts(made)) if "Trang sổ 5" in page)
    assert "6. Hoàn thành chương trình lớp học" in last
    assert "Xác nhận của Hiệu trưởng" in last and "Giáo viên chủ nhiệm" in last


def test_only_a_page_that_spills_is_set_closer_and_only_as_far_as_it_helps() -> None:
    sheets = {("a", "close"): 1, ("b", "close"): 2, ("b", "dense"): 1, ("c", "close"): 3, ("c", "dense"): 2}
    sheets |= {("d", "close"): 2, ("d", "dense"): 2}
    asked: list[tuple[str, str]] = []

    def measure(page: str, setting: str) -> int:
        asked.append((page, setting))
        return sheets[page, setting]

    assert fit.choose("fabcd", [1, 2, 2, 3, 2], measure) == {"a": "close", "b": "dense", "c": "dense"}
    assert ("a", "dense") not in asked and not [page for page, _ in asked if page == "f"]


def test_no_text_of_the_form_is_set_below_9_pt_and_the_foot_not_below_8() -> None:
    rules = re.findall(r"([^{}]+)\{([^{}]*)\}", fetcher.read("hocbaso://print/css/print.css")[0].decode())
    sizes = [(name.strip(), size) for name, body in rules for size in re.findall(r"font-size: ([^;]+);", body)]
    assert len(sizes) > 20
    for name, size in sizes:
        assert re.fullmatch(r"[\d.]+pt", size), f"{name}: {size} is not absolute"
        assert float(size[:-2]) >= (8 if name.startswith(".foot") else 9), f"{name}: {size}"


@needs_engine
@needs_poppler
@pytest.mark.requirement("Y038")
def test_every_page_says_that_it_does_not_replace_the_original() -> None:
    long = sample_record(4)
    long = replace(
        long, subjects=tuple(replace(s, remark="Nhận xét rất dài của thầy cô. " * 15) for s in long.subjects)
    )
    for made in (full_print(), pdf.render(build(long), mark="draft")):
        texts = page_texts(made)
        assert len(texts) >= len(PAPER_PAGES)
        for number, text in enumerate(texts, 1):
            assert squeezed(marks.NOT_A_REPLACEMENT) in squeezed(text)
            assert f"Tờ in {number}/{len(texts)}" in text
            assert "123e4567-e89b-42d3-a456-556642440000" in text
            assert "Lần phát hành: 1" in text
    assert len(texts) > len(PAPER_PAGES), "the long record must reach a second sheet, else this proves less"


@needs_engine
@needs_poppler
@pytest.mark.requirement("Y035")
def test_each_print_kind_has_its_own_mark() -> None:
    confirmation = marks.Confirmation("12/2026", "2026-06-02", "Trần Thị Bích Ngọc")
    texts = {
        kind: page_texts(pdf.render(real(), verification=in_force(), kind=kind, confirmation=confirmation))
        for kind in marks.PrintKind
    }
    for kind, pages in texts.items():
        for other in marks.PrintKind:
            for page in pages:
                assert (squeezed(marks.KIND_TEXTS[other]) in squeezed(page)) == (kind is other)
    assert all("Số xác nhận: 12/2026" in page for page in texts[marks.PrintKind.CONFIRMED])


@pytest.mark.requirement("Y035")
@pytest.mark.parametrize("kind", [marks.PrintKind.CONFIRMED, marks.PrintKind.BOTH])
def test_a_confirmed_print_needs_the_confirmation(kind: marks.PrintKind) -> None:
    with pytest.raises(marks.PrintRefused, match="PRINT_NOT_CONFIRMED"):
        pdf.render(real(), verification=in_force(), kind=kind)


@pytest.mark.parametrize("case", ["unverified", "recalled", "practice registry", "other file"])
def test_no_transaction_print_without_a_valid_record_in_force(case: str) -> None:
    verification = {"unverified": None, "practice registry": check(real()), "other file": check(released())}
    with pytest.raises(marks.PrintRefused, match="PRINT_NOT_VALID"):
        pdf.render(
            real(),
            verification=verification.get(case, in_force()),
            mark="recalled" if case == "recalled" else None,
            kind=marks.PrintKind.WITH_ORIGINAL,
        )


def test_watermarks_follow_from_state_and_verification() -> None:
    practice = released()
    tampered = Document.parse(real().data.replace("Nguyễn Ngọc Ánh".encode(), "Nguyễn Ngọc Anh".encode()))
    half = world().sign(build(sample_record(practice="1")), until=Stage.HOMEROOM)
    late = verify(real(), world().trust, at=NOW + timedelta(days=365 * 40))
    assert marks.watermarks(real(), in_force(), None) == ()
    assert marks.watermarks(real(), in_force(), "recalled") == ("ĐÃ THU HỒI",)
    assert marks.watermarks(real(), None, None) == (marks.UNVERIFIED,)
    assert marks.watermarks(practice, check(practice), None) == (marks.PRACTICE,)
    assert marks.watermarks(practice, None, "draft") == ("BẢN NHÁP", marks.PRACTICE, marks.UNVERIFIED)
    assert marks.watermarks(tampered, in_force(), None) == (marks.UNVERIFIED,)
    assert marks.watermarks(tampered, check(tampered), None) == (marks.INVALID,)
    assert marks.watermarks(half, check(half, stage=Stage.HOMEROOM), None) == (marks.PRACTICE, marks.NOT_RELEASED)
    assert marks.watermarks(real(), late, None) in ((marks.INVALID,), (marks.UNDECIDED,))


@needs_engine
@needs_poppler
def test_marks_stand_on_every_page_and_only_when_due() -> None:
    marked = page_texts(pdf.render(released(), verification=check(released()), mark="recalled"))
    assert all(f"ĐÃ THU HỒI · {marks.PRACTICE}" in page for page in marked)
    words_of_doubt = (marks.PRACTICE, marks.UNVERIFIED, marks.INVALID, marks.NOT_RELEASED, *marks.STATE_MARKS.values())
    assert not [w for page in page_texts(full_print()) for w in words_of_doubt if w in page]


@needs_engine
@needs_poppler
def test_signature_page_names_signer_part_time_certificate_and_receipt() -> None:
    pages = page_texts(full_print())
    last = squeezed(pages[5])
    for signature in in_force().report.signatures:
        assert signature.signer and signature.certificate
        assert squeezed(signature.signer) in last
        assert squeezed(signature.certificate.serial) in last
    assert last.count(squeezed(words.moment(in_force().report.signatures[0].claimed_time) or "?")) >= 15
    assert last.count("Hợplệ") == 15
    assert "HP-2026-000123" in last and real().sha256 in last


@needs_engine
def test_the_original_is_inside_octet_for_octet_as_pdf_a_3_wants_it() -> None:
    made = full_print()
    assert pdfa.original(made) == real().data
    with pikepdf.open(io.BytesIO(made)) as opened:
        (associated,) = opened.Root.AF
        assert associated.AFRelationship == pikepdf.Name.Source
        assert associated.UF == associated.F == pdfa.XML_NAME
        assert associated.EF.F.Subtype == pikepdf.Name("/application/xml")
        assert associated.EF.F.read_bytes() == real().data
        assert len(opened.trailer.ID) == 2
        assert opened.Root.OutputIntents[0].S == pikepdf.Name.GTS_PDFA1
        xmp = opened.open_metadata()
        assert (xmp["pdfaid:part"], xmp["pdfaid:conformance"]) == ("3", "B")
        assert xmp["xmp:CreateDate"].startswith("2026-05-28T17:00:00")
        assert str(opened.docinfo.CreationDate).startswith("D:20260528170000")
        fonts = [o for o in opened.objects if isinstance(o, pikepdf.Dictionary) and o.get("/Type") == "/FontDescriptor"]
        assert fonts and all("/FontFile2" in f or "/FontFile3" in f for f in fonts)


@needs_engine
def test_same_record_same_octets(monkeypatch: pytest.MonkeyPatch) -> None:
    again = pdf.render(
        real(), verification=in_force(), link=LINK, seal_summary=token(), receipt={"Mã tiếp nhận": "HP-2026-000123"}
    )
    assert again == full_print()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    with pikepdf.open(io.BytesIO(pdf.render(real(), mark="draft"))) as opened:
        assert str(opened.docinfo.CreationDate).startswith("D:20231114221320")


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "http://127.0.0.1/x.css",
        "https://example.edu.vn/font.ttf",
        "data:text/css,p{}",
        "ftp://example.edu.vn/x",
        "hocbaso://print/css/../form.py",
        "hocbaso://print/fonts/../../pdf.py",
        "hocbaso://print/templates/cover.html",
        "hocbaso://print/fonts/OFL.txt",
        "hocbaso://elsewhere/css/print.css",
        "",
    ],
)
def test_fetcher_denies_everything_but_our_own_files(url: str) -> None:
    assert fetcher.read("hocbaso://print/css/print.css")[1] == "text/css"
    with pytest.raises(fetcher.ForbiddenUrlError):
        fetcher.read(url)
    if MISSING is None:
        with pytest.raises(fetcher.ForbiddenUrlError):
            fetcher.make_fetcher()(url)


@needs_engine
def test_a_url_in_a_document_reaches_no_file_and_no_network(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "secret.svg"
    secret.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>')
    opened: list[str] = []
    monkeypatch.setattr("urllib.request.OpenerDirector.open", lambda *a, **k: opened.append(str(a)) or 1 / 0)
    bare = pdf._write(pdf._lay_out("<p>x</p>"))
    hostile = pdf._write(pdf._lay_out(f'<p>x</p><img src="{secret.as_uri()}"><img src="http://127.0.0.1:9/a.png">'))
    assert opened == []
    with pikepdf.open(io.BytesIO(bare)) as a, pikepdf.open(io.BytesIO(hostile)) as b:
        assert a.pages[0].Contents.read_bytes() == b.pages[0].Contents.read_bytes()


def test_values_are_escaped_not_markup() -> None:
    record = sample_record(residence='<img src="file:///etc/passwd"><script>x</script>')
    page = html.render_html(form.make_form(build(record)), sha256="0" * 64)
    assert "<script>x" not in page and "<img" not in page and "&lt;script&gt;x" in page


def test_a_missing_engine_is_said_in_vietnamese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(pdf.PdfEngineMissing) as caught:
        pdf.render(released(), verification=check(released()))
    assert "libpango" in caught.value.message_vi and "Hãy cài" in caught.value.message_vi


def scanned(text: str, *, error: str) -> str:
    """A QR code drawn as pixels and read by an independent reader."""
    reader = pytest.importorskip("zxingcpp", reason="NO QR READER (zxing-cpp), QR CODES ARE NOT READ BACK")
    image = pytest.importorskip("PIL.Image", reason="NO PILLOW, QR CODES ARE NOT READ BACK")
    buffer = io.BytesIO()
    qr.code(text, error=error).save(buffer, kind="png", scale=4, border=qr.QUIET_ZONE)
    (found,) = reader.read_barcodes(image.open(buffer))
    return str(found.text)


def test_qr_codes_read_back_and_the_summary_verifies_offline() -> None:
    assert scanned(LINK, error="m") == LINK
    sealed = summary.check(scanned(summary.to_text(token()), error="l"), [world().school.certificate])
    assert sealed.certificate == world().school.certificate
    assert sealed.claims["c"] == real().record.general.record_code
    assert sealed.claims["h"].hex() == real().sha256
    assert sealed.claims["m"]["01"] == "T10" and len(sealed.claims["q"]) == 15
    assert summary.differences(sealed, real()) == ()
    other = build(replace(real().record, summary=replace(real().record.summary, overall_result="Hoàn thành tốt")))
    assert set(summary.differences(sealed, other)) == {"SHA-256 của tệp", "Kết quả giáo dục"}


@needs_engine
@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="NO pdftoppm (poppler-utils)")
def test_qr_codes_read_back_from_the_printed_pages() -> None:
    reader = pytest.importorskip("zxingcpp", reason="NO QR READER (zxing-cpp), QR CODES ARE NOT READ BACK")
    image = pytest.importorskip("PIL.Image", reason="NO PILLOW, QR CODES ARE NOT READ BACK")
    for page in (1, 6):
        run = subprocess.run(
            ["pdftoppm", "-r", "300", "-gray", "-f", str(page), "-l", str(page), "-"],
            input=full_print(),
            capture_output=True,
            check=True,
        )
        found = {str(code.text) for code in reader.read_barcodes(image.open(io.BytesIO(run.stdout)))}
        assert found == {LINK} | ({summary.to_text(token())} if page == 6 else set())


def test_a_summary_that_was_touched_or_is_by_a_stranger_is_refused() -> None:
    good = summary.to_text(token())
    stranger = world().ca.organisation("Trường Khác", "0209999902")
    with pytest.raises(SealError):
        summary.check(good, [stranger.certificate])
    forged = token().replace("Hoàn thành xuất sắc".encode(), "Hoàn thành xuất sẮc".encode())
    assert forged != token()
    with pytest.raises(SealError, match="SEAL_WRONG"):
        summary.check(summary.to_text(forged), [world().school.certificate])
    own = summary.seal(summary.claims(real()), stranger, kind=summary.KIND, embed_certificate=True)
    with pytest.raises(SealError, match="SEAL_CERTIFICATE_UNKNOWN"):
        summary.check(summary.to_text(own), [world().school.certificate])
    for text in ("", "HBS1:", "HBS1:ab", LINK):
        with pytest.raises(SealError):
            summary.check(text, [world().school.certificate])


def test_base45_examples_of_rfc_9285() -> None:
    for data, text in (
        (b"AB", "BB8"),
        (b"Hello!!", "%69 VD92EX0"),
        (b"base-45", "UJCLQE7W581"),
        (b"ietf!", "QED8WEX0"),
    ):
        assert base45.encode(data) == text
        assert base45.decode(text) == data
    for wrong in ("GGW", ":::", "A", "ab"):
        with pytest.raises(ValueError, match="base45"):
            base45.decode(wrong)


def test_words_of_an_official_document() -> None:
    assert words.date("2015-03-05") == "05/03/2015"
    assert words.date("2015") == "2015"
    assert words.moment("2026-05-29T10:00:05+07:00") == "29/05/2026 10:00:05"
    assert words.long_date("2026-05-29T00:00:00+07:00") == "ngày 29 tháng 5 năm 2026"
    assert words.long_date("2026-02-03") == "ngày 03 tháng 02 năm 2026"


def test_rows_stand_in_the_official_order_and_unstudied_ones_are_empty() -> None:
    rows = form.make_form(build(sample_record(5))).subjects
    assert [row.name for row in rows][:4] == ["Tiếng Việt", "Toán", "Ngoại ngữ 1 (Tiếng Anh)", "Lịch sử và Địa lí"]
    assert len(rows) == 14
    empty = [row.name for row in rows if row == view.SubjectRow(row.name)]
    assert empty == ["Tự nhiên và Xã hội", "Tiếng dân tộc"]


def test_a_mid_year_page_has_no_result_and_says_so() -> None:
    year = sample_record(4, page_kind="GIUA_NAM", to_date="2026-01-10")
    halves = tuple(replace(s, page_kind="GIUA_NAM", to_date="2026-01-10") for s in year.subjects)
    record = replace(year, subjects=halves, summary=model.Summary())
    page = html.render_html(form.make_form(build(record)), sha256="0" * 64)
    assert "TRANG GIỮA NĂM" in page and "05/09/2025 – 10/01/2026" in page
    assert "4. Đánh giá kết quả giáo dục:" not in page and "5. Khen thưởng:" not in page


def test_phone_view_has_every_page_with_its_line_and_asks_for_nothing() -> None:
    page = html.render_html(form.make_form(real(), verification=in_force()), sha256=real().sha256, link=LINK)
    assert page.count(marks.NOT_A_REPLACEMENT) == 1 + len(PAPER_PAGES)
    assert 'name="viewport"' in page and "hocbaso://" not in page
    assert not re.search(r"<(script|link|img|iframe)|\burl\(|@import", page)
