"""The records of a school year in one file, with a manifest that the school has sealed (QĐ Điều 12.k4).

A zip that common tools open: ``hoc-ba/<code>.xml`` with each record's exact octets, ``bien-nhan/<code>.cose`` with its
receipt, the authority's status list, the principal's decision, and last ``ban-ke.cose``: school, year, count, and size
and SHA-256 of everything. Written as a stream, so a thousand records need no more memory than one. The same content,
moment and RSA key give the same octets.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from cryptography import x509

from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.record.times import read_instant
from hocbaso_app.signing.certificate import SigningCertificate
from hocbaso_app.signing.cose import MAX_BYTES, SealError, open_seal, seal
from hocbaso_app.signing.identity import tax_code
from hocbaso_app.signing.keys import KeySource
from hocbaso_app.signing.trust import TrustStore

KIND, PROFILE = "year-archive", "hp-archive-1"
MANIFEST, READABLE, READ_ME = "ban-ke.cose", "ban-ke.json", "DOC-TRUOC.txt"
RECORDS, RECEIPTS = "hoc-ba/", "bien-nhan/"
STATUS_LIST, DECISION = "danh-sach-thu-hoi.cose", "quyet-dinh-khoa.cose"
ACTIVE, RECALLED = "active", "recalled"
CHUNK = 1 << 20
NAMED = 5
"""So many files are named in a refusal; of more, how many others there are."""

READ_ME_TEXT = """Gói lưu trữ học bạ số của một năm học

hoc-ba/MÃ.xml           tệp gốc có chữ ký số của từng học bạ
bien-nhan/MÃ.cose       biên nhận của cơ quan tiếp nhận
danh-sach-thu-hoi.cose  danh sách học bạ đã thu hồi, do cơ quan tiếp nhận ký
quyet-dinh-khoa.cose    quyết định khóa năm học, do hiệu trưởng ký
ban-ke.cose, ban-ke.json  bảng kê mọi tệp với SHA-256, do nhà trường đóng dấu số

Kiểm tra: hocbaso archive verify TỆP --trust THƯ_MỤC_TIN_CẬY
"""

BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, KeyError, TypeError)


class ArchiveError(HocBaSoError):
    """A year archive that is not what its manifest or the store says; ``problems`` names every file."""

    def __init__(self, code: str, message_vi: str, message_en: str, problems: tuple[str, ...] = ()) -> None:
        super().__init__(code, message_vi, message_en)
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Entry:
    """One record to be put in."""

    code: str
    issue_number: int
    status: str
    data: bytes
    receipt: bytes | None = None


@dataclass(frozen=True, slots=True)
class ListedRecord:
    """A record as the manifest names it."""

    code: str
    issue_number: int
    status: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file of the zip as the manifest names it."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Whose archive of which year it is; ``left_out``: records of the year without an accepted file."""

    school_code: str
    school_name: str
    school_year: str
    made_at: str
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the school has sealed."""

    facts: Facts
    records: tuple[ListedRecord, ...]
    files: tuple[ListedFile, ...]

    def to_claims(self) -> dict[str, Any]:
        """JSON- and CBOR-ready."""
        return {
            "profile": PROFILE,
            **asdict(self.facts),
            "count": len(self.records),
            "records": [asdict(record) for record in self.records],
            "files": [asdict(file) for file in self.files],
        }

    @classmethod
    def from_claims(cls, claims: dict[str, Any]) -> Manifest:
        """The inverse; ``TypeError``, ``KeyError`` or ``ValueError`` for other claims."""
        own = dict(claims)
        records = tuple(ListedRecord(**record) for record in own.pop("records"))
        files = tuple(ListedFile(**file) for file in own.pop("files"))
        if own.pop("profile") != PROFILE or own.pop("count") != len(records):
            raise ValueError("another profile, or the count is not that of the list")
        found = cls(Facts(**own), records, files)
        if read_instant(found.facts.made_at).tzinfo is None:
            raise ValueError("a time needs its zone")
        codes = [record.code for record in records]
        paths = [file.path for file in files]
        if len(set(codes)) != len(codes) or len(set(paths)) != len(paths):
            raise ValueError("something stands twice")
        held = {file.path: file.sha256 for file in files}
        if any(held.get(path_of(record.code)) != record.sha256 for record in records):
            raise ValueError("a record's file is not listed with its hash")
        return found


@dataclass(frozen=True, slots=True)
class Verified:
    """An archive whose every file is as its manifest says."""

    manifest: Manifest
    certificate: x509.Certificate
    token: bytes


def path_of(code: str) -> str:
    """Where a record lies in the zip."""
    return f"{RECORDS}{code}.xml"


# ── writing ─────────────────────────────────────────────────────────────────
def write(
    target: IO[bytes], facts: Facts, entries: Iterable[Entry], key: KeySource, others: Mapping[str, bytes] | None = None
) -> Verified:
    """Write the archive; entries in ascending order of their codes, taken one by one.

    ``others``: further files, such as :data:`STATUS_LIST` and :data:`DECISION`.
    """
    records: list[ListedRecord] = []
    files: list[ListedFile] = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as made:
        files.append(_add(made, READ_ME, ("\ufeff" + READ_ME_TEXT.replace("\n", "\r\n")).encode()))
        for name, data in sorted((others or {}).items()):
            files.append(_add(made, name, data))
        for entry in entries:
            if records and entry.code <= records[-1].code:
                raise ValueError(f"{entry.code} is not after {records[-1].code}")
            file = _add(made, path_of(entry.code), entry.data)
            files.append(file)
            records.append(ListedRecord(entry.code, entry.issue_number, entry.status, file.sha256))
            if entry.receipt is not None:
                files.append(_add(made, f"{RECEIPTS}{entry.code}.cose", entry.receipt))
        manifest = Manifest(facts, tuple(records), tuple(files))
        token = seal(manifest.to_claims(), key, kind=KIND)
        _add(made, READABLE, _readable(manifest))
        _add(made, MANIFEST, token)
    return Verified(manifest, key.certificate, token)


def _add(made: zipfile.ZipFile, path: str, data: bytes) -> ListedFile:
    info = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
    info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
    made.writestr(info, data)
    return ListedFile(path, len(data), hashlib.sha256(data).hexdigest())


def _readable(manifest: Manifest) -> bytes:
    return (json.dumps(manifest.to_claims(), ensure_ascii=False, indent=1) + "\n").encode()


# ── reading ─────────────────────────────────────────────────────────────────
def read_manifest(source: Path | IO[bytes]) -> Verified:
    """The manifest with its seal checked; not yet whose seal it is, nor the files."""
    try:
        with zipfile.ZipFile(source) as held:
            return _manifest(held)
    except BROKEN as error:
        raise _unreadable(error) from error


def verify(source: Path | IO[bytes], trust: TrustStore | None) -> Verified:
    """Every file is there, none besides, each with its hash, and the school's approved seal is on the manifest.

    Without ``trust`` the seal is only right, not known to be the school's. :class:`ArchiveError` names what is wrong.
    """
    try:
        with zipfile.ZipFile(source) as held:
            found = _manifest(held)
            problems = tuple(_problems(held, found.manifest))
    except BROKEN as error:
        raise _unreadable(error) from error
    if problems:
        raise ArchiveError(
            "ARCHIVE_ALTERED", f"Gói lưu trữ không đúng bảng kê: {listed(problems)}.", "altered", problems
        )
    if trust is not None:
        _require_seal(found, trust)
    return found


def _manifest(held: zipfile.ZipFile) -> Verified:
    names = [info.filename for info in held.infolist()]
    if len(set(names)) != len(names):
        raise ValueError("a name stands twice in the zip")
    if MANIFEST not in names:
        raise ArchiveError(
            "ARCHIVE_NO_MANIFEST", f"Gói lưu trữ không có bảng kê {MANIFEST}.", "no manifest", (MANIFEST,)
        )
    if held.getinfo(MANIFEST).file_size > MAX_BYTES:
        raise ValueError("the manifest is too large")
    token = held.read(MANIFEST)
    try:
        sealed = open_seal(token, kind=KIND)
    except SealError as error:
        raise ArchiveError("ARCHIVE_SEAL_WRONG", f"Bảng kê của gói lưu trữ: {error.message_vi}", str(error)) from error
    return Verified(Manifest.from_claims(sealed.claims), sealed.certificate, token)


def _problems(held: zipfile.ZipFile, manifest: Manifest) -> Iterator[str]:
    """A sentence for each file that is missing, extra or changed."""
    there = {info.filename: info for info in held.infolist()}
    known = {file.path for file in manifest.files} | {MANIFEST, READABLE}
    for file in manifest.files:
        info = there.get(file.path)
        if info is None:
            yield f"thiếu tệp {file.path}"
        elif info.file_size != file.size or _sha256(held, info) != file.sha256:
            yield f"tệp {file.path} đã bị sửa"
    for path in sorted(there.keys() - known):
        yield f"có tệp lạ {path}"
    expected = _readable(manifest)
    info = there.get(READABLE)
    if info is None:
        yield f"thiếu tệp {READABLE}"
    elif info.file_size != len(expected) or held.read(READABLE) != expected:
        yield f"tệp {READABLE} đã bị sửa"


def _sha256(held: zipfile.ZipFile, info: zipfile.ZipInfo) -> str:
    digest = hashlib.sha256()
    try:
        with held.open(info) as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
    except BROKEN:
        return "unreadable"
    return digest.hexdigest()


def _require_seal(found: Verified, trust: TrustStore) -> None:
    facts, certificate = found.manifest.facts, found.certificate
    moment = read_instant(facts.made_at)
    school = trust.registry.school(facts.school_code)
    result = trust.paths.check(certificate, moment)
    approved = school and school.approved_at(SigningCertificate.of(certificate).sha256, moment)
    if not result.ok or school is None or not approved or tax_code(certificate) != school.tax_code:
        raise ArchiveError(
            "ARCHIVE_NOT_THE_SCHOOLS",
            "Bảng kê của gói lưu trữ không được đóng bằng con dấu số đã duyệt của trường.",
            f"not sealed by {facts.school_code} with an approved certificate: {result.message_en}",
        )


def compare(manifest: Manifest, held: Mapping[str, str]) -> None:
    """The records of the manifest are exactly those that a store holds (code → SHA-256); :class:`ArchiveError` else."""
    own = {record.code: record.sha256 for record in manifest.records}
    problems = [f"thiếu học bạ {code}" for code in sorted(held.keys() - own.keys())]
    problems += [f"học bạ {code} chưa được tiếp nhận" for code in sorted(own.keys() - held.keys())]
    problems += [
        f"học bạ {code} khác bản đã tiếp nhận" for code in sorted(own) if held.get(code, own[code]) != own[code]
    ]
    if problems:
        raise ArchiveError(
            "ARCHIVE_NOT_THE_STORES",
            f"Gói lưu trữ không khớp với kho: {listed(problems)}.",
            f"{len(problems)} differences from the store",
            tuple(problems),
        )


def listed(problems: tuple[str, ...] | list[str]) -> str:
    """The first few, and how many others."""
    text = "; ".join(problems[:NAMED])
    return text if len(problems) <= NAMED else f"{text}; và {len(problems) - NAMED} chỗ khác"


def _unreadable(error: Exception) -> ArchiveError:
    return ArchiveError("ARCHIVE_UNREADABLE", "Không đọc được gói lưu trữ: tệp hỏng hoặc không đúng loại.", f"{error}")
