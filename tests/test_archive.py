"""Year archives: made, verified, altered in every way, sent in parts through breaks."""

from __future__ import annotations

import hashlib
import io
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from signing_world import NOW, World, world
from test_cli import hocbaso

from hocbaso_app.exchange import archive, archive_parts
from hocbaso_app.exchange.archive import ArchiveError, Entry, Facts
from hocbaso_app.exchange.archive_parts import Parcel, Tray
from hocbaso_app.exchange.errors import RefusedError, UncertainError
from hocbaso_app.record.times import write_instant
from hocbaso_app.signing.cose import seal

SCHOOL = "31999901"
FACTS = Facts(SCHOOL, "Trường Tiểu học Hoa Phượng", "2025-2026", write_instant(NOW), left_out=2)


def code(number: int) -> str:
    return f"{number:08x}-0000-4000-8000-000000000000"


def entries(count: int, size: int = 2000) -> Iterator[Entry]:
    for number in range(count):
        data = hashlib.sha256(f"{number}".encode()).hexdigest().encode() * (size // 64)
        status = archive.RECALLED if number == 1 else archive.ACTIVE
        yield Entry(code(number), 1, status, data, b"receipt %d" % number if number % 2 else None)


def made(count: int = 5, w: World | None = None) -> bytes:
    out = io.BytesIO()
    others = {archive.STATUS_LIST: b"list", archive.DECISION: b"decision"}
    archive.write(out, FACTS, entries(count), (w or world()).school, others)
    return out.getvalue()


def altered(data: bytes, change: Callable[[dict[str, bytes]], None]) -> io.BytesIO:
    """The same zip with other members."""
    with zipfile.ZipFile(io.BytesIO(data)) as held:
        members = {name: held.read(name) for name in held.namelist()}
    change(members)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as new:
        for name, content in members.items():
            new.writestr(name, content)
    return out


def test_what_was_put_in_is_there_and_sealed() -> None:
    found = archive.verify(io.BytesIO(made()), world().trust)
    assert found.manifest.facts == FACTS
    assert [record.code for record in found.manifest.records] == [code(n) for n in range(5)]
    for record, entry in zip(found.manifest.records, entries(5), strict=True):
        assert (record.status, record.sha256) == (entry.status, hashlib.sha256(entry.data).hexdigest())
    with zipfile.ZipFile(io.BytesIO(made())) as held:
        assert held.read(archive.path_of(code(3))) == list(entries(5))[3].data
        assert held.testzip() is None


def test_the_same_content_gives_the_same_octets() -> None:
    assert made() == made()


CHANGES: dict[str, tuple[Callable[[dict[str, bytes]], Any], str]] = {
    "missing": (lambda m: m.pop(archive.path_of(code(2))), f"thiếu tệp hoc-ba/{code(2)}.xml"),
    "missing receipt": (lambda m: m.pop(f"bien-nhan/{code(1)}.cose"), f"thiếu tệp bien-nhan/{code(1)}.cose"),
    "extra": (lambda m: m.update({"hoc-ba/them.xml": b"x"}), "có tệp lạ hoc-ba/them.xml"),
    "changed": (
        lambda m: m.update({archive.path_of(code(0)): m[archive.path_of(code(0))][:-1] + b"!"}),
        f"tệp hoc-ba/{code(0)}.xml đã bị sửa",
    ),
    "swapped": (
        lambda m: m.update({archive.path_of(code(0)): m[archive.path_of(code(2))]}),
        f"tệp hoc-ba/{code(0)}.xml đã bị sửa",
    ),
    "decision": (lambda m: m.update({archive.DECISION: b"khac"}), f"tệp {archive.DECISION} đã bị sửa"),
    "readable": (lambda m: m.update({archive.READABLE: b"{}"}), f"tệp {archive.READABLE} đã bị sửa"),
    "no readable": (lambda m: m.pop(archive.READABLE), f"thiếu tệp {archive.READABLE}"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_missing_extra_or_changed_is_refused_by_name(name: str) -> None:
    change, sentence = CHANGES[name]
    with pytest.raises(ArchiveError) as error:
        archive.verify(altered(made(), change), world().trust)
    assert sentence in error.value.problems
    assert sentence in error.value.message_vi


def test_manifest_of_somebody_else_altered_or_gone_is_refused() -> None:
    w = world()
    foreign = io.BytesIO()
    archive.write(foreign, FACTS, entries(2), w.department)
    with pytest.raises(ArchiveError, match="ARCHIVE_NOT_THE_SCHOOLS"):
        archive.verify(foreign, w.trust)
    archive.verify(foreign, None)
    other = io.BytesIO()
    archive.write(other, Facts("31999902", "Trường khác", "2025-2026", FACTS.made_at), entries(2), w.school)
    with pytest.raises(ArchiveError, match="ARCHIVE_NOT_THE_SCHOOLS"):
        archive.verify(other, w.trust)

    def spoil(members: dict[str, bytes]) -> None:
        token = bytearray(members[archive.MANIFEST])
        token[token.index(SCHOOL.encode())] ^= 1
        members[archive.MANIFEST] = bytes(token)

    with pytest.raises(ArchiveError, match="ARCHIVE_SEAL_WRONG"):
        archive.verify(altered(made(), spoil), w.trust)
    with pytest.raises(ArchiveError, match="ARCHIVE_NO_MANIFEST"):
        archive.verify(altered(made(), lambda m: m.pop(archive.MANIFEST)), w.trust)
    for data in (b"", b"no zip", made()[:-40], made()[: len(made()) // 2]):
        with pytest.raises(ArchiveError):
            archive.verify(io.BytesIO(data), w.trust)


def test_a_manifest_that_contradicts_itself_is_refused() -> None:
    w = world()
    claims = archive.verify(io.BytesIO(made()), w.trust).manifest.to_claims()
    wrong: list[dict[str, Any]] = [
        {**claims, "count": 4},
        {**claims, "records": [*claims["records"][:-1], {**claims["records"][-1], "sha256": "0" * 64}]},
        {**claims, "records": [*claims["records"], claims["records"][0]], "count": 6},
        {**claims, "files": [*claims["files"], claims["files"][0]]},
        {**claims, "profile": "hp-archive-2"},
        {**claims, "made_at": "2026-05-29T10:00:00"},
    ]
    for found in wrong:
        token = seal(found, w.school, kind=archive.KIND)
        with pytest.raises(ArchiveError):
            archive.verify(altered(made(), lambda m, t=token: m.update({archive.MANIFEST: t})), w.trust)  # type: ignore[misc]


@pytest.mark.requirement("Y103")
def test_count_and_hashes_equal_the_store_else_refused_with_which_one() -> None:
    manifest = archive.verify(io.BytesIO(made()), world().trust).manifest
    held = {entry.code: hashlib.sha256(entry.data).hexdigest() for entry in entries(5)}
    archive.compare(manifest, held)
    cases = {
        f"thiếu học bạ {code(9)}": {**held, code(9): "0" * 64},
        f"học bạ {code(4)} chưa được tiếp nhận": {c: s for c, s in held.items() if c != code(4)},
        f"học bạ {code(0)} khác bản đã tiếp nhận": {**held, code(0): "0" * 64},
    }
    for sentence, store in cases.items():
        with pytest.raises(ArchiveError) as error:
            archive.compare(manifest, store)
        assert error.value.problems == (sentence,)
    with pytest.raises(ArchiveError) as error:
        archive.verify(altered(made(), lambda m: m.pop(archive.path_of(code(2)))), world().trust)
    assert error.value.problems == (f"thiếu tệp hoc-ba/{code(2)}.xml",)


def test_entries_come_in_order_and_once() -> None:
    for wrong in ([1, 0], [1, 1]):
        found = [list(entries(2))[n] for n in wrong]
        with pytest.raises(ValueError, match="is not after"):
            archive.write(io.BytesIO(), FACTS, found, world().school)


def test_a_thousand_records_need_no_more_memory_than_a_few(tmp_path: Path) -> None:
    """98 kB each, as a grade-5 record has; memory beyond the manifest itself stays flat."""
    peaks = []
    for count in (50, 1000):
        path = tmp_path / f"{count}.zip"
        tracemalloc.start()
        with path.open("wb") as out:
            archive.write(out, FACTS, entries(count, 98_000), world().school)
        archive.verify(path, world().trust)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 12_000_000, peaks
    assert path.stat().st_size > 0


# ── in parts ────────────────────────────────────────────────────────────────
class Desk:
    """The receiving side over a folder, with breaks: after each of ``breaks`` messages the answer is lost."""

    def __init__(self, folder: Path, breaks: set[int] | None = None) -> None:
        self.folder, self.breaks = folder, breaks or set()
        self.messages = 0
        self.parcel: Parcel | None = None
        self.received: list[int] = []

    def ask(self, body: dict[str, Any]) -> dict[str, Any]:
        self.messages += 1
        answer = self.answer(body)
        if self.messages in self.breaks:
            raise UncertainError("CUT", "Mất kết nối.", "cut")
        return answer

    def answer(self, body: dict[str, Any]) -> dict[str, Any]:
        if body["buoc"] == archive_parts.BEGIN:
            self.parcel = archive_parts.read_begin(body, SCHOOL)
        assert self.parcel is not None
        tray = Tray(self.folder, self.parcel)
        if body["buoc"] == archive_parts.PART:
            number, data = archive_parts.read_part(body, self.parcel)
            tray.put(number, data)
            self.received.append(number)
        elif body["buoc"] == archive_parts.FINISH:
            if not (self.folder / "whole.zip").exists():
                tray.join(self.folder / "whole.zip")
            return {"trang_thai": "Taken"}
        return {"con_thieu": tray.missing()}


def test_parts_go_on_after_every_break_and_none_is_sent_twice_for_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(made(40))
    parcel = Parcel.of(path, SCHOOL, "2025-2026", part_size=1000)
    assert parcel.parts > 5
    desk = Desk(tmp_path / "desk", breaks={1, 3, 6, 9, parcel.parts + 8})
    for _attempt in range(20):
        try:
            steps = list(archive_parts.send(path, parcel, desk.ask))
            break
        except UncertainError:
            continue
    assert steps[-1] == (parcel.parts, {"trang_thai": "Taken"})
    assert sorted(desk.received) == list(range(parcel.parts))
    assert (tmp_path / "desk" / "whole.zip").read_bytes() == path.read_bytes()
    assert [p.name for p in (tmp_path / "desk").iterdir()] == ["whole.zip"]


def test_parts_that_are_wrong_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(made(3))
    parcel = Parcel.of(path, SCHOOL, "2025-2026", part_size=1000)
    with pytest.raises(RefusedError, match="ARCHIVE_UNIT"):
        archive_parts.read_begin(parcel.begin(), "31999902")
    for change in ({"sha256": "../../x"}, {"kich_thuoc": 0}, {"kich_thuoc": 3 << 30}, {"kich_thuoc_phan": 9 << 20},
                   {"kich_thuoc_phan": "x"}, {"nam_hoc": None, "sha256": None}):  # fmt: skip
        with pytest.raises(RefusedError, match="ARCHIVE_REQUEST"):
            archive_parts.read_begin({**parcel.begin(), **change}, SCHOOL)
    for body in ({"so": 0, "content": "QQ=="}, {"so": 999, "content": "QQ=="}, {"so": 0, "content": "%"}, {}):
        with pytest.raises(RefusedError, match="ARCHIVE_PART"):
            archive_parts.read_part(body, parcel)
    tray = Tray(tmp_path / "tray", parcel)
    for number in range(parcel.parts):
        tray.put(number, b"x" * parcel.length(number))
    with pytest.raises(RefusedError, match="ARCHIVE_HASH"):
        tray.join(tmp_path / "tray" / "whole.zip")
    assert tray.missing() == list(range(parcel.parts))


# ── on the command line ─────────────────────────────────────────────────────
def test_on_the_command_line(tmp_path: Path) -> None:
    right, wrong = tmp_path / "dung.zip", tmp_path / "sai.zip"
    right.write_bytes(made())
    wrong.write_bytes(altered(made(), lambda m: m.pop(archive.path_of(code(2)))).getvalue())
    trust = str(world().folder)
    answer = hocbaso("archive", "verify", right, "--trust", trust)
    assert (answer.code, "5 học bạ" in answer.out) == (0, True)
    assert hocbaso("archive", "verify", right).code == 2
    answer = hocbaso("archive", "verify", wrong, "--trust", trust)
    assert (answer.code, f"thiếu tệp hoc-ba/{code(2)}.xml" in answer.out) == (1, True)
    answer = hocbaso("archive", "verify", wrong, "--trust", trust, "--json")
    assert f'"thiếu tệp hoc-ba/{code(2)}.xml"' in answer.out
    assert hocbaso("archive", "verify", tmp_path / "khong-co.zip").code == 3
    answer = hocbaso("archive", "show", right)
    assert (answer.code, code(4) in answer.out) == (0, True)
    assert '"count": 5' in hocbaso("archive", "show", right, "--json").out
