"""Merkle trees after RFC 4998 4.2 and 4.3: an inner node is the digest of its children, sorted and put together.

A reduced tree (:data:`Path`) is what one leaf needs to reach the root: lists of
digests from the leaf's own list upwards; a father is never written, since it
is computed. The tree is binary; a node left over moves up unchanged.

Leaves and inner nodes are digested alike (that is the standard), so a leaf must
be the digest of something that can't be mistaken for two digests in a row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

Path = tuple[tuple[bytes, ...], ...]
"""Reduced hash tree: the list with the leaf first. Empty: the leaf is the root."""


def node(digests: Iterable[bytes], algorithm: str = "sha256") -> bytes:
    """The digest of digests in binary ascending order; a single one is its own node (RFC 4998 4.2, step 3)."""
    ordered = sorted(digests)
    if not ordered:
        raise ValueError("a node needs a digest")
    return ordered[0] if len(ordered) == 1 else hashlib.new(algorithm, b"".join(ordered)).digest()


class HashTree:
    """A tree over leaves in the given order; about twice the leaves' octets in memory."""

    def __init__(self, digests: Iterable[bytes], algorithm: str = "sha256") -> None:
        """At least one digest, all of the algorithm's length."""
        leaves = list(digests)
        size = hashlib.new(algorithm).digest_size
        if not leaves or any(len(leaf) != size for leaf in leaves):
            raise ValueError(f"a tree needs digests of {size} octets")
        self.algorithm = algorithm
        self._levels = [leaves]
        while len(leaves) > 1:
            leaves = [node(leaves[i : i + 2], algorithm) for i in range(0, len(leaves), 2)]
            self._levels.append(leaves)

    @property
    def root(self) -> bytes:
        """What is timestamped or signed."""
        return self._levels[-1][0]

    def __len__(self) -> int:
        """How many leaves."""
        return len(self._levels[0])

    def siblings(self, index: int) -> Path:
        """For each level the digests that are not computed from below; the way up for a group of several documents."""
        if not 0 <= index < len(self):
            raise IndexError(index)
        lists = []
        for level in self._levels[:-1]:
            other = index ^ 1
            if other < len(level):
                lists.append((level[other],))
            index //= 2
        return tuple(lists)

    def path(self, index: int) -> Path:
        """The reduced tree of a leaf: the first list holds it and its sibling, each further one the next sibling."""
        siblings = self.siblings(index)
        if not siblings:
            return ()
        return (tuple(sorted((self._levels[0][index], *siblings[0]))), *siblings[1:])


def group_path(tree: HashTree, index: int, group: Sequence[bytes]) -> Path:
    """The reduced tree of leaf ``index``, which is the :func:`node` of a data group's digests.

    The first list is exactly the group, also for a group of one (RFC 6283 3.2.1), so that a verifier can ask for that.
    """
    siblings = tree.siblings(index)
    return (tuple(sorted(group)), *siblings) if siblings or len(group) > 1 else ()


def root_of(digest: bytes, path: Path, algorithm: str = "sha256") -> bytes | None:
    """The root that a reduced tree leads to (RFC 4998 4.3); ``None`` when the digest is not in its first list."""
    if not path:
        return digest
    if digest not in path[0] or not all(path):
        return None
    found = node(path[0], algorithm)
    for digests in path[1:]:
        found = node((found, *digests), algorithm)
    return found
