"""Evidence for many records with one timestamp, and its renewal (RFC 6283 3.2 and 4.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from hocbaso_app.signing.timestamps import read_token
from hocbaso_app.signing.validation_data import ValidationData

from .linking import digests_of, over_data, over_timestamp
from .merkle import HashTree, group_path, node
from .record import NO_DATA, ArchiveTimeStamp, Chain, EvidenceError, EvidenceRecord, TimeStamp

Stamper = Callable[[bytes], bytes]
"""Digest → token (DER). The length of the digest tells the algorithm: see :func:`by_length`."""
Vouch = Callable[[bytes], ValidationData]
"""Token → what proves today that its authority's certificate is good."""
_BY_LENGTH = {32: "sha256", 48: "sha384", 64: "sha512"}


def by_length(stamp_digest: Callable[[bytes, str], bytes]) -> Stamper:
    """A :data:`Stamper` of a client's ``stamp_digest(digest, algorithm)``."""
    return lambda digest: stamp_digest(digest, _BY_LENGTH[len(digest)])


class Round:
    """One timestamp for many records: leaves are added one by one, stamped once, and dealt out.

    Only digests are kept, so the number of records is bounded by little. Equal leaves share a place in the tree.
    """

    def __init__(self, algorithm: str = "sha256") -> None:
        self.algorithm = algorithm
        self._places: dict[frozenset[bytes], int] = {}
        self._tree: HashTree | None = None
        self._stamp: TimeStamp | None = None

    def __len__(self) -> int:
        """How many different leaves."""
        return len(self._places)

    def add(self, group: frozenset[bytes]) -> frozenset[bytes]:
        """A data group's digests, which are also the key to :meth:`timestamp`."""
        self._places.setdefault(group, len(self._places))
        return group

    def stamp(self, stamper: Stamper, vouch: Vouch | None = None) -> None:
        """Build the tree and have its root timestamped; the answer is checked."""
        self._tree = HashTree((node(group, self.algorithm) for group in self._places), self.algorithm)
        der = stamper(self._tree.root)
        token = read_token(der)
        if (token.algorithm, token.imprint) != (self.algorithm, self._tree.root) or not token.signature_is_right:
            raise EvidenceError(
                "EVIDENCE_TIMESTAMP_WRONG",
                "Dịch vụ dấu thời gian trả về dấu không thuộc về dữ liệu này nên đã bỏ đi. Hãy thử lại hoặc báo đơn vị "
                "cung cấp dịch vụ.",
                "the token is not over the tree's root",
            )
        self._stamp = TimeStamp(der, vouch(der) if vouch else NO_DATA)

    def timestamp(self, group: frozenset[bytes]) -> ArchiveTimeStamp:
        """What a record of this group gets."""
        if self._tree is None or self._stamp is None:
            raise ValueError("not stamped yet")
        return ArchiveTimeStamp(group_path(self._tree, self._places[group], tuple(group)), self._stamp)

    def chain(self, group: frozenset[bytes]) -> Chain:
        """A chain that begins with it."""
        return Chain(self.algorithm, (self.timestamp(group),))


def make(
    groups: Iterable[Sequence[bytes]], stamper: Stamper, *, vouch: Vouch | None = None, algorithm: str = "sha256"
) -> list[EvidenceRecord]:
    """Evidence for each data group (the octets of its documents), with one timestamp for all.

    ``groups`` may be a generator: the octets of a group are let go before the next.
    """
    one = Round(algorithm)
    keys = [one.add(digests_of(*group)(algorithm)) for group in groups]
    if not keys:
        return []
    one.stamp(stamper, vouch)
    return [EvidenceRecord((one.chain(key),)) for key in keys]


def renew_timestamps(
    records: Iterable[EvidenceRecord], stamper: Stamper, *, vouch: Vouch | None = None
) -> list[EvidenceRecord]:
    """Before a timestamp's certificate ends: each record's newest timestamp under a new one (4.2.1).

    First ``vouch`` tells what proves now that the newest timestamps are good; it is kept with them, under the new one.
    One new timestamp for each digest algorithm among the records.
    """
    vouched = [vouch_for(record, vouch) for record in records]
    rounds = {algorithm: Round(algorithm) for algorithm in sorted({_algorithm(record) for record in vouched})}
    keys = [rounds[_algorithm(record)].add(renewal_key(record)) for record in vouched]
    for one in rounds.values():
        one.stamp(stamper, vouch)
    return [
        record.renewed(rounds[_algorithm(record)].timestamp(key)) for record, key in zip(vouched, keys, strict=True)
    ]


def renew_tree(
    records: Iterable[EvidenceRecord],
    groups: Iterable[Sequence[bytes]],
    stamper: Stamper,
    *,
    vouch: Vouch | None = None,
    algorithm: str = "sha512",
) -> list[EvidenceRecord]:
    """Before a digest algorithm ends: data and all evidence so far under a stronger one (4.2.2).

    ``groups`` are the records' data groups in the same order. As in :func:`renew_timestamps` the newest timestamps
    are vouched for first.
    """
    vouched = [vouch_for(record, vouch) for record in records]
    one = Round(algorithm)
    keys = [one.add(tree_key(record, group, algorithm)) for record, group in zip(vouched, groups, strict=True)]
    if not keys:
        return []
    one.stamp(stamper, vouch)
    return [record.with_chain(one.chain(key)) for record, key in zip(vouched, keys, strict=True)]


def vouch_for(record: EvidenceRecord, vouch: Vouch | None) -> EvidenceRecord:
    """The record with today's validation data at its newest timestamp, beside those of its own day."""
    if vouch is None:
        return record
    newest = record.newest
    return record.with_newest(TimeStamp(newest.token, newest.data | vouch(newest.token)))


def renewal_key(record: EvidenceRecord) -> frozenset[bytes]:
    """What a new timestamp in the last chain covers."""
    return over_timestamp(record.newest.octets(), _algorithm(record))


def tree_key(record: EvidenceRecord, group: Sequence[bytes], algorithm: str) -> frozenset[bytes]:
    """What the first timestamp of a new chain covers; refused for a weaker algorithm."""
    if _strength(algorithm) < _strength(_algorithm(record)):
        raise ValueError("a new chain needs an algorithm that is not weaker")
    return over_data(digests_of(*group), algorithm, record.sequence_octets(len(record.chains)))


def _algorithm(record: EvidenceRecord) -> str:
    return record.chains[-1].algorithm


def _strength(algorithm: str) -> int:
    return list(_BY_LENGTH.values()).index(algorithm)
