"""A year archive on its way to the authority: in parts, since a transaction holds 10 MB, and resumable after any break.

Extension ``luu-tru``, JSON both ways. ``bat-dau`` names the archive by its SHA-256 and is answered with the parts that
are still missing; ``phan`` brings one; ``ket-thuc`` has it put together and verified; ``trang-thai`` asks about it.
Each is harmless twice.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .codes import Disposition
from .errors import RefusedError

NAME = "luu-tru"
BEGIN, PART, FINISH, STATE = "bat-dau", "phan", "ket-thuc", "trang-thai"
PART_SIZE = 4 << 20
MOST_BYTES = 2 << 30
CHUNK = 1 << 20

Ask = Callable[[dict[str, Any]], dict[str, Any]]
"""``PortalClient.extension`` with this extension's name."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is sent."""

    unit: str
    school_year: str
    sha256: str
    size: int
    part_size: int = PART_SIZE

    @classmethod
    def of(cls, path: Path, unit: str, school_year: str, part_size: int = PART_SIZE) -> Parcel:
        """Of a file."""
        return cls(unit, school_year, hash_of(path), path.stat().st_size, part_size)

    @property
    def parts(self) -> int:
        """How many."""
        return max(1, -(-self.size // self.part_size))

    def begin(self) -> dict[str, Any]:
        """The first message."""
        return {
            "buoc": BEGIN,
            "ma_don_vi": self.unit,
            "nam_hoc": self.school_year,
            "sha256": self.sha256,
            "kich_thuoc": self.size,
            "kich_thuoc_phan": self.part_size,
        }

    def length(self, number: int) -> int:
        """Octets of a part, counted from 0."""
        return min(self.part_size, self.size - number * self.part_size)


def send(path: Path, parcel: Parcel, ask: Ask) -> Iterator[tuple[int, dict[str, Any]]]:
    """Every part that the other side does not have yet, then the end; yields how many it has, and its last answer."""
    answer = ask(parcel.begin())
    missing = [int(number) for number in answer.get("con_thieu") or ()]
    yield parcel.parts - len(missing), answer
    for done, number in enumerate(missing, 1):
        with path.open("rb") as stream:
            stream.seek(number * parcel.part_size)
            data = stream.read(parcel.part_size)
        content = base64.b64encode(data).decode()
        answer = ask({"buoc": PART, "sha256": parcel.sha256, "so": number, "content": content})
        yield parcel.parts - len(missing) + done, answer
    yield parcel.parts, ask({"buoc": FINISH, "sha256": parcel.sha256})


def state(sha256: str, ask: Ask) -> dict[str, Any]:
    """How far the other side is with an archive."""
    return ask({"buoc": STATE, "sha256": sha256})


def read_begin(body: dict[str, Any], unit: str) -> Parcel:
    """The first message as the receiving side reads it; :class:`RefusedError` for one that can't be right."""
    try:
        parcel = Parcel(
            str(body["ma_don_vi"]),
            str(body["nam_hoc"]),
            str(body["sha256"]),
            int(body["kich_thuoc"]),
            int(body["kich_thuoc_phan"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise refused("ARCHIVE_REQUEST", "Yêu cầu nộp gói lưu trữ sai thể thức.", f"{error}") from error
    if parcel.unit != unit:
        raise refused("ARCHIVE_UNIT", "Gói lưu trữ không phải của đơn vị này.", "of another unit")
    sizes = 0 < parcel.size <= MOST_BYTES and 1 <= parcel.part_size <= PART_SIZE
    if not sizes or len(parcel.sha256) != 64 or set(parcel.sha256) - set("0123456789abcdef"):
        raise refused("ARCHIVE_REQUEST", "Gói lưu trữ quá lớn hoặc yêu cầu sai thể thức.", "sizes or hash")
    return parcel


def read_part(body: dict[str, Any], parcel: Parcel) -> tuple[int, bytes]:
    """Number and octets of a part."""
    try:
        number = int(body["so"])
        data = base64.b64decode(body["content"], validate=True)
    except (KeyError, TypeError, ValueError) as error:
        raise refused("ARCHIVE_PART", "Phần của gói lưu trữ sai thể thức.", f"{error}") from error
    if not 0 <= number < parcel.parts or len(data) != parcel.length(number):
        raise refused("ARCHIVE_PART", f"Phần {number} của gói lưu trữ sai độ dài.", "number or length")
    return number, data


class Tray:
    """Parts of one archive in a folder, until they are put together."""

    def __init__(self, folder: Path, parcel: Parcel) -> None:
        """Each part is a file that is there whole or not at all."""
        self._folder = folder / parcel.sha256
        self._parcel = parcel

    def put(self, number: int, data: bytes) -> None:
        """A part; the same again changes nothing."""
        self._folder.mkdir(parents=True, exist_ok=True)
        waiting = self._folder / f"{number}.part"
        waiting.write_bytes(data)
        waiting.replace(self._folder / str(number))

    def missing(self) -> list[int]:
        """Numbers of the parts that are not here yet."""
        return [n for n in range(self._parcel.parts) if not self._is_whole(n)]

    def join(self, target: Path) -> None:
        """One file of all parts; :class:`RefusedError` and an empty tray when it is not what was announced."""
        digest = hashlib.sha256()
        target.parent.mkdir(parents=True, exist_ok=True)
        waiting = target.with_suffix(".part")
        with waiting.open("wb") as out:
            for number in range(self._parcel.parts):
                data = (self._folder / str(number)).read_bytes()
                digest.update(data)
                out.write(data)
        if digest.hexdigest() != self._parcel.sha256:
            waiting.unlink()
            self.clear()
            raise refused("ARCHIVE_HASH", "Gói lưu trữ ghép lại không đúng SHA-256; hãy gửi lại.", "hash differs")
        waiting.replace(target)
        self.clear()

    def clear(self) -> None:
        """Away with the parts."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _is_whole(self, number: int) -> bool:
        path = self._folder / str(number)
        return path.exists() and path.stat().st_size == self._parcel.length(number)


def hash_of(path: Path) -> str:
    """SHA-256 (hex) of a file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def refused(code: str, message_vi: str, message_en: str) -> RefusedError:
    """What the sending side did wrong."""
    return RefusedError(code, message_vi, message_en, Disposition.ATTENTION)
