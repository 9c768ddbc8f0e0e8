"""Files, folders and times named on the command line."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import typer

from hocbaso_app.record.document import Document
from hocbaso_app.record.json_codec import from_json
from hocbaso_app.record.times import VIETNAM
from hocbaso_app.signing.trust import TrustError, TrustStore

from .exits import InputError

MAX_BYTES = 4 << 20


def read(path: Path, limit: int = MAX_BYTES) -> bytes:
    """The bytes of a file (``-`` is stdin), at most ``limit`` and one more; :class:`InputError`."""
    try:
        if str(path) == "-":
            return typer.get_binary_stream("stdin").read(limit + 1)
        with path.open("rb") as stream:
            return stream.read(limit + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError("FILE_UNREADABLE", f"Không đọc được tệp {path}: {reason}.", f"{path}: {error}") from error


def read_record_file(path: Path) -> bytes:
    """The XML bytes of a record given as XML or as our JSON."""
    data = read(path)
    if data.lstrip()[:1] == b"{":
        return from_json(data.decode("utf-8", "replace"))
    return data


def read_document(path: Path) -> Document:
    """A record file, form checked, signatures not."""
    return Document.parse(read_record_file(path))


def write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all (``-`` is stdout); :class:`InputError`."""
    if str(path) == "-":
        typer.get_binary_stream("stdout").write(data)
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError("FILE_UNWRITABLE", f"Không ghi được {path}: {error.strerror}.", f"{path}: {error}") from error


def record_files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files themselves, and for a folder the ``*.xml`` in it by name."""
    for path in paths:
        if path.is_dir():
            yield from sorted(path.glob("*.xml"))
        else:
            yield path


def load_trust(folder: Path, at: datetime | None = None, *, fresh: bool = True) -> TrustStore:
    """The trust folder; :class:`TrustError` also when it isn't there. ``fresh``: see :meth:`TrustStore.load`."""
    if not folder.is_dir():
        raise TrustError("NO_TRUST", f"Không có thư mục tin cậy {folder}.", f"{folder} is not a folder")
    try:
        return TrustStore.load(folder, at=at, fresh=fresh)
    except OSError as error:
        raise TrustError("NO_TRUST", f"Không đọc được thư mục tin cậy {folder}.", f"{folder}: {error}") from error


def parse_time(text: str | None) -> datetime | None:
    """An ISO date or time; Vietnam's zone unless it names one. :class:`typer.BadParameter` for anything else."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise typer.BadParameter(f"“{text}” không phải thời điểm ISO, ví dụ 2026-06-01T08:00:00+07:00.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)
