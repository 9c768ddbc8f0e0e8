"""``hocbaso archive``: is a year archive what its sealed manifest says, and what is in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Group
from rich.table import Table

from hocbaso_app.exchange import archive
from hocbaso_app.exchange.archive import ArchiveError, Manifest
from hocbaso_app.signing.identity import common_name
from hocbaso_app.signing.trust import TrustStore

from .exits import ExitCode, InputError

UNREADABLE = frozenset({"ARCHIVE_UNREADABLE", "ARCHIVE_NO_MANIFEST"})


@dataclass(frozen=True)
class Answer:
    """What was found; without a trust folder the seal is right but nobody's."""

    file: Path
    manifest: Manifest | None
    signer: str
    known: bool
    error: ArchiveError | None

    @property
    def exit_code(self) -> ExitCode:
        """0 right, 1 wrong, 3 no archive at all; 2 when nobody said whom to trust."""
        if self.error is not None:
            return ExitCode.UNREADABLE if self.error.code in UNREADABLE else ExitCode.FAILED
        return ExitCode.OK if self.known else ExitCode.INDETERMINATE

    def to_dict(self) -> dict[str, Any]:
        """For programs."""
        facts = self.manifest.facts if self.manifest else None
        return {
            "file": str(self.file),
            "exit_code": int(self.exit_code),
            "school_code": facts.school_code if facts else None,
            "school_year": facts.school_year if facts else None,
            "records": len(self.manifest.records) if self.manifest else None,
            "signer": self.signer or None,
            "error": {"code": self.error.code, "message_vi": self.error.message_vi} if self.error else None,
            "problems": list(self.error.problems) if self.error else [],
        }

    def to_text(self) -> str:
        """For people."""
        if self.error is not None:
            lines = [f"{self.file}", f"  ! {self.error.code}: {self.error.message_vi}"]
            return "\n".join([*lines, *(f"    - {problem}" for problem in self.error.problems)])
        assert self.manifest is not None
        facts = self.manifest.facts
        seal = "con dấu đã duyệt của trường" if self.known else "CHƯA kiểm tra con dấu của ai (thiếu --trust)"
        return (
            f"{self.file}\n  {facts.school_name} ({facts.school_code}), năm học {facts.school_year}: "
            f"{len(self.manifest.records)} học bạ, đúng bảng kê; {seal}: {self.signer}"
        )


def verify_archive(file: Path, trust: TrustStore | None) -> Answer:
    """Every file against the manifest, the manifest against the school's seal."""
    try:
        found = archive.verify(file, trust)
    except ArchiveError as error:
        return Answer(file, None, "", False, error)
    except OSError as error:
        raise _unread(file, error) from error
    return Answer(file, found.manifest, common_name(found.certificate), trust is not None, None)


def manifest_of(file: Path) -> Manifest:
    """The manifest of an archive."""
    try:
        return archive.read_manifest(file).manifest
    except OSError as error:
        raise _unread(file, error) from error


def manifest_table(file: Path, manifest: Manifest) -> Group:
    """School, year, and every record with its hash."""
    facts = manifest.facts
    table = Table()
    table.add_column("Mã số học bạ", no_wrap=True)
    for name in ("Lần", "Trạng thái", "SHA-256"):
        table.add_column(name, overflow="fold")
    words = {archive.ACTIVE: "có hiệu lực", archive.RECALLED: "đã thu hồi"}
    for record in manifest.records:
        table.add_row(record.code, str(record.issue_number), words.get(record.status, record.status), record.sha256)
    head = (
        f"{file}: {facts.school_name} ({facts.school_code}), năm học {facts.school_year}, lập lúc {facts.made_at}\n"
        f"{len(manifest.records)} học bạ, {len(manifest.files)} tệp; chưa có bản được tiếp nhận: {facts.left_out}"
    )
    return Group(head, table)


def _unread(file: Path, error: OSError) -> InputError:
    return InputError("FILE_UNREADABLE", f"Không đọc được tệp {file}: {error.strerror}.", f"{file}: {error}")
