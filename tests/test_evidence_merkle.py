"""Merkle trees and reduced hash trees (RFC 4998 4.2, 4.3)."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hocbaso_app.signing.evidence.merkle import HashTree, group_path, node, root_of


def digest(data: bytes, algorithm: str = "sha256") -> bytes:
    return hashlib.new(algorithm, data).digest()


leaves = st.lists(st.binary(max_size=4).map(digest), min_size=1, max_size=40)
distinct = st.lists(st.binary(max_size=4).map(digest), min_size=1, max_size=40, unique=True)


@given(leaves)
def test_every_leaf_reaches_the_root(digests: list[bytes]) -> None:
    tree = HashTree(digests)
    assert all(root_of(leaf, tree.path(i)) == tree.root for i, leaf in enumerate(digests))


@given(distinct, st.data())
def test_a_path_proves_no_other_digest_than_those_of_its_first_list(digests: list[bytes], data: st.DataObject) -> None:
    tree = HashTree(digests)
    path = tree.path(data.draw(st.integers(0, len(digests) - 1)))
    stranger = digest(b"a document of more than four octets")
    assert root_of(stranger, path) != tree.root
    if path:
        far = [leaf for leaf in digests if leaf not in path[0]]
        assert all(root_of(leaf, path) is None for leaf in far)


@given(distinct, st.data())
def test_any_changed_digest_of_a_path_misses_the_root(digests: list[bytes], data: st.DataObject) -> None:
    tree = HashTree(digests)
    index = data.draw(st.integers(0, len(digests) - 1))
    path = [list(one) for one in tree.path(index)]
    if not path:
        return
    level = data.draw(st.integers(0, len(path) - 1))
    place = data.draw(st.integers(0, len(path[level]) - 1))
    bit = data.draw(st.integers(0, 255))
    changed = bytearray(path[level][place])
    changed[bit // 8] ^= 1 << bit % 8
    path[level][place] = bytes(changed)
    assert root_of(digests[index], tuple(tuple(one) for one in path)) != tree.root


@given(st.lists(st.lists(st.binary(max_size=4).map(digest), min_size=1, max_size=4), min_size=1, max_size=20))
def test_each_member_of_a_group_reaches_the_root_and_the_first_list_is_the_group(groups: list[list[bytes]]) -> None:
    tree = HashTree([node(group) for group in groups])
    for i, group in enumerate(groups):
        path = group_path(tree, i, group)
        assert all(root_of(member, path) == tree.root for member in group)
        assert list(path[0]) == sorted(group) if path else len(groups) == len(group) == 1


@given(leaves)
def test_the_height_is_that_of_a_balanced_tree(digests: list[bytes]) -> None:
    tree = HashTree(digests)
    assert max(len(tree.path(i)) for i in range(len(tree))) == (len(digests) - 1).bit_length()


def test_the_worked_example_of_the_standard() -> None:
    """RFC 4998 4.2, figures 1 and 2: h1 and the group {h2a, h2b, h2c} under one father, h3 beside it."""
    h1, h2a, h2b, h2c, h3 = (digest(name.encode()) for name in ("d1", "d2a", "d2b", "d2c", "d3"))
    h2abc = digest(b"".join(sorted((h2a, h2b, h2c))))
    h12 = digest(b"".join(sorted((h1, h2abc))))
    tree = HashTree([h1, h2abc, h3])
    assert tree.root == digest(b"".join(sorted((h12, h3))))
    assert tree.path(0) == (tuple(sorted((h1, h2abc))), (h3,))
    assert group_path(tree, 1, [h2a, h2b, h2c]) == (tuple(sorted((h2a, h2b, h2c))), (h1,), (h3,))


def test_another_algorithm_gives_another_tree() -> None:
    digests = [digest(bytes([i]), "sha512") for i in range(5)]
    tree = HashTree(digests, "sha512")
    assert len(tree.root) == 64 and root_of(digests[4], tree.path(4), "sha512") == tree.root


@pytest.mark.parametrize("digests", [[], [b"short"], [digest(b"a"), digest(b"b", "sha512")]])
def test_what_is_no_list_of_digests_is_refused(digests: list[bytes]) -> None:
    with pytest.raises(ValueError, match="digests"):
        HashTree(digests)


@pytest.mark.parametrize("index", [-1, 2])
def test_there_is_no_leaf_outside(index: int) -> None:
    with pytest.raises(IndexError):
        HashTree([digest(b"a"), digest(b"b")]).path(index)


def test_an_empty_list_in_a_path_proves_nothing() -> None:
    assert root_of(digest(b"a"), ((),)) is None
    assert root_of(digest(b"a"), ((digest(b"a"), digest(b"b")), ())) is None
