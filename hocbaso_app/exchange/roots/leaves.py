"""What a daily root is made over: kept files and entries of the audit trail, as hashes; no pupil's data."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import cbor2

from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.record.times import read_instant
from hocbaso_app.signing.evidence.merkle import HashTree
from hocbaso_app.signing.malformed import MALFORMED

VERSION, RECEIVED = "version", "received"
PREFIX = "hocbaso-daily-root-1"
"""Stands in front of each leaf, so that none can be taken for two digests in a row."""

MOST = 500_000
"""Leaves of one list that is read."""


class RootError(HocBaSoError):
    """A daily root or its list is damaged or does not fit."""


@dataclass(frozen=True, slots=True)
class FileLeaf:
    """One file. ``moment``: since when it is complete (as in a record file); empty while it is being signed."""

    kind: str
    name: str
    code: str
    sha256: str
    status: str
    moment: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What stays the same while the file changes."""
        return (self.kind, self.name)

    def fields(self) -> list[Any]:
        """As it is written and hashed."""
        return [self.kind, self.name, self.code, bytes.fromhex(self.sha256), self.status, self.moment]


@dataclass(frozen=True, slots=True)
class EntryLeaf:
    """One entry of the trail: its number, and its hash, which covers its values and the entry before."""

    number: int
    hash: str

    def fields(self) -> list[Any]:
        """As it is written and hashed."""
        return [self.number, bytes.fromhex(self.hash)]


@dataclass(frozen=True, slots=True)
class Leaves:
    """What came or changed since the root before, in one order."""

    files: tuple[FileLeaf, ...] = ()
    entries: tuple[EntryLeaf, ...] = ()

    def __post_init__(self) -> None:
        """In order and each once."""
        object.__setattr__(self, "files", tuple(sorted(self.files, key=lambda leaf: leaf.key)))
        object.__setattr__(self, "entries", tuple(sorted(self.entries, key=lambda leaf: leaf.number)))

    def digests(self) -> list[bytes]:
        """Files first, then entries."""
        return [*map(digest, self.files), *map(digest, self.entries)]

    def root(self) -> str:
        """Hex. A day on which nothing happened has the root of its prefix alone."""
        digests = self.digests()
        return HashTree(digests).root.hex() if digests else hashlib.sha256(PREFIX.encode()).hexdigest()

    def to_bytes(self) -> bytes:
        """Deterministic CBOR."""
        rows: dict[str, Any] = {
            "files": [f.fields() for f in self.files],
            "entries": [e.fields() for e in self.entries],
        }
        return cbor2.dumps(rows, canonical=True)

    @classmethod
    def from_bytes(cls, data: bytes) -> Leaves:
        """The inverse; :class:`RootError` for anything else."""
        try:
            rows = cbor2.loads(data)
            if set(rows) != {"files", "entries"} or len(rows["files"]) + len(rows["entries"]) > MOST:
                raise ValueError("not a list of leaves")
            found = cls(_files(rows["files"]), _entries(rows["entries"]))
        except (*MALFORMED, cbor2.CBORError) as error:
            raise damaged(str(error)) from error
        _require_once([f.key for f in found.files])
        _require_once([e.number for e in found.entries])
        return found


def digest(leaf: FileLeaf | EntryLeaf) -> bytes:
    """SHA-256 of a leaf."""
    kind = "file" if isinstance(leaf, FileLeaf) else "entry"
    return hashlib.sha256(cbor2.dumps([PREFIX, kind, *leaf.fields()], canonical=True)).digest()


def _files(rows: Iterable[Any]) -> tuple[FileLeaf, ...]:
    return tuple(file_leaf(row) for row in rows)


def file_leaf(row: Any) -> FileLeaf:
    """From its fields; ``ValueError`` or ``TypeError`` for others."""
    kind, name, code, sha256, status, moment = row
    texts = (kind, name, code, status, moment)
    if not all(isinstance(text, str) and len(text) <= 140 for text in texts) or kind not in (VERSION, RECEIVED):
        raise ValueError("a file's leaf")
    if moment and read_instant(moment).tzinfo is None:
        raise ValueError("a time needs its zone")
    return FileLeaf(kind, name, code, _hash(sha256), status, moment)


def _entries(rows: Iterable[Any]) -> tuple[EntryLeaf, ...]:
    found = []
    for number, entry_hash in rows:
        if type(number) is not int or number < 1:
            raise ValueError("an entry's number")
        found.append(EntryLeaf(number, _hash(entry_hash)))
    return tuple(found)


def _hash(value: Any) -> str:
    if not isinstance(value, bytes) or len(value) != 32:
        raise ValueError("a hash has 32 octets")
    return value.hex()


def _require_once(keys: Sequence[Any]) -> None:
    if len(set(keys)) != len(keys):
        raise damaged("a leaf stands twice")


def damaged(why: str) -> RootError:
    """The sentence of something that can't be read."""
    return RootError("ROOT_DAMAGED", "Gốc băm trong ngày hoặc danh sách kèm theo bị hỏng.", why)
