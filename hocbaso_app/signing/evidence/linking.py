"""What each timestamp of an evidence record covers, and the root its reduced tree leads to (RFC 6283 3.3, 4.2, 4.3)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .merkle import root_of
from .record import ArchiveTimeStamp, EvidenceRecord

Digests = Callable[[str], frozenset[bytes]]
"""A data group by what counts of it: digest algorithm → one digest per document."""


def digests_of(*documents: bytes) -> Digests:
    """The group of these octets."""
    return lambda algorithm: frozenset(hashlib.new(algorithm, document).digest() for document in documents)


@dataclass(frozen=True, slots=True)
class Link:
    """One timestamp, and the ``root`` that its token must be over; ``None`` when its tree has not what it covers."""

    algorithm: str
    token: bytes
    root: bytes | None


def links(record: EvidenceRecord, group: Digests) -> Iterator[Link]:
    """Every timestamp in order of time."""
    for c, chain in enumerate(record.chains):
        for n, timestamp in enumerate(chain.timestamps):
            if n:
                wanted = over_timestamp(record.timestamp_octets(c, n - 1), chain.algorithm)
            else:
                wanted = over_data(group, chain.algorithm, record.sequence_octets(c) if c else None)
            root = _root(timestamp, wanted, chain.algorithm, exactly=n == 0)
            yield Link(chain.algorithm, timestamp.stamp.token, root)


def over_data(group: Digests, algorithm: str, chains_before: bytes | None) -> frozenset[bytes]:
    """The digests under the first timestamp of a chain: of the data, and of all chains before."""
    before = {hashlib.new(algorithm, chains_before).digest()} if chains_before is not None else set()
    return group(algorithm) | before


def over_timestamp(octets: bytes, algorithm: str) -> frozenset[bytes]:
    """The digest under a later timestamp of a chain: of the TimeStamp element before."""
    return frozenset({hashlib.new(algorithm, octets).digest()})


def _root(timestamp: ArchiveTimeStamp, wanted: frozenset[bytes], algorithm: str, *, exactly: bool) -> bytes | None:
    if not timestamp.path:
        return next(iter(wanted)) if len(wanted) == 1 else None
    first = frozenset(timestamp.path[0])
    if not wanted or (first != wanted if exactly else not wanted <= first):
        return None
    return root_of(next(iter(wanted)), timestamp.path, algorithm)
