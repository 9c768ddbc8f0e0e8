"""``hocbaso timestamp``, ``export`` and ``original``: from level B to T, to copies at LT and LTA, and back."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import datetime, timezone
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from hocbaso_app.record.document import SEAL_SLOT
from hocbaso_app.signing.timestamps import TimestampClient, TimestampError, slots_without, timestamp_slots

from .evidence import bundle_beside, evidence_path
from .evidence_app import Files, Trust, Tsa, TsaUser, client_of
from .exits import ExitCode
from .inputs import load_trust, read, read_document, record_files, write


class CopyLevel(str, Enum):
    """Levels of a copy."""

    LT = "LT"
    LTA = "LTA"


def timestamp(
    files: Files,
    trust: Trust,
    tsa: Tsa,
    tsa_user: TsaUser = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Mặc định ghi vào chính tệp đó")] = None,
) -> None:
    """Thêm dấu thời gian cho mọi chữ ký chưa có. / XAdES-T: a timestamp for each signature, before the file is sent."""
    paths = list(record_files(files))
    if output and len(paths) != 1:
        raise typer.BadParameter("--output chỉ đi cùng một tệp")
    client = client_of(load_trust(trust), tsa, tsa_user)
    code = ExitCode.OK
    for path in paths:
        count = _stamp(path, output or path, client)
        if count is None:
            print(
                f"{path}: không sửa nữa vì con dấu đã có dấu thời gian, hoặc cạnh tệp đã có bằng chứng (.evidence); "
                "dùng export hoặc evidence."
            )
            code = ExitCode.FAILED
        else:
            print(f"{path}: thêm {count} dấu thời gian")
    raise typer.Exit(code)


def stamp_signed(paths: Iterable[Path], client: TimestampClient) -> None:
    """After signing: level T where the service answers; else a sentence, and the signatures stay at level B."""
    for path in paths:
        try:
            print(f"{path}: thêm {_stamp(path, path, client) or 0} dấu thời gian", file=sys.stderr)
        except TimestampError as error:
            print(f"{path}: còn ở mức XAdES-B. {error.message_vi} (hocbaso timestamp)", file=sys.stderr)


def _stamp(path: Path, output: Path, client: TimestampClient) -> int | None:
    """How many were added; ``None`` for a file that is frozen: by the timestamp of its seal, or by evidence, which is
    of these very octets."""
    document = read_document(path)
    slots = slots_without(document)
    if slots and (evidence_path(output).exists() or (SEAL_SLOT not in slots and document.slot(SEAL_SLOT))):
        return None
    write(output, timestamp_slots(document, slots, client).data)
    return len(slots)


def export(
    file: Annotated[Path, typer.Argument(help="Tệp học bạ số đã phát hành")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Bản sao")],
    trust: Trust,
    level: Annotated[CopyLevel, typer.Option("--level", help="LT hoặc LTA")] = CopyLevel.LTA,
    tsa: Annotated[str | None, typer.Option("--tsa", help="Địa chỉ dịch vụ dấu thời gian; LTA luôn cần")] = None,
    tsa_user: TsaUser = None,
) -> None:
    """Bản sao XAdES-LT/LTA cho phần mềm kiểm tra khác. / A copy with all validation data inside; the original stays."""
    from hocbaso_app.signing.export import make_copy

    document, store, evidence = read_document(file), load_trust(trust), bundle_beside(file)
    stamper = client_of(store, tsa, tsa_user).stamp_digest if tsa else None
    data = make_copy(document, level.value, store, stamper, at=datetime.now(timezone.utc), evidence=evidence)
    write(output, data)
    print(f"{output}: bản sao XAdES-{level.value}, {len(data)} byte; bản gốc {document.sha256}")


def original(
    file: Annotated[Path, typer.Argument(help="Bản sao XAdES-LT hoặc LTA")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Tệp gốc lấy ra")],
) -> None:
    """Lấy lại đúng tệp gốc từ bản sao. / The original's exact octets back from a copy."""
    from hocbaso_app.signing.export import read_copy
    from hocbaso_app.signing.export.reading import MAX_BYTES

    copy = read_copy(read(file, MAX_BYTES))
    write(output, copy.original.data)
    print(f"{output}: tệp gốc của bản sao XAdES-{copy.level}, SHA-256 {copy.original.sha256}")
