"""The tree over audit entries is the one of RFC 6962, whoever works it out (rule 39)."""

import hashlib

import pytest
from pymerkle import InmemoryTree

from domain.audit import tree

SIZES = [1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 100]


def hashes(count: int) -> list[str]:
    return [hashlib.sha256(str(number).encode()).hexdigest() for number in range(count)]


def elsewhere(entries: list[str]) -> InmemoryTree:
    """The same tree, by a library that nobody here wrote."""
    theirs = InmemoryTree(algorithm="sha256")
    for each in entries:
        theirs.append_entry(bytes.fromhex(each))
    return theirs


@pytest.mark.parametrize("count", SIZES)
def test_the_root_is_what_another_implementation_comes_to(count: int) -> None:
    entries = hashes(count)

    assert tree.root([tree.leaf(each) for each in entries]) == elsewhere(entries).get_root()


@pytest.mark.parametrize("count", SIZES)
def test_an_entry_is_proved_by_the_nodes_of_another_implementation(count: int) -> None:
    entries = hashes(count)
    leaves, theirs = [tree.leaf(each) for each in entries], elsewhere(entries)

    for index in range(count):
        proof = theirs.prove_inclusion(index + 1).serialize()["path"][1:]
        assert [node.hex() for node in tree.path(leaves, index)] == proof


@pytest.mark.parametrize("count", [8, 11, 16, 29])
def test_the_tree_over_blocks_is_the_tree_over_leaves(count: int) -> None:
    leaves = [tree.leaf(each) for each in hashes(count)]
    blocks = [tree.root(leaves[first : first + 4]) for first in range(0, count, 4)]

    assert tree.root(blocks) == tree.root(leaves)
    for index in range(count):
        block = leaves[index // 4 * 4 : index // 4 * 4 + 4]
        assert tree.path(block, index % 4) + tree.path(blocks, index // 4) == tree.path(leaves, index)


def test_a_tree_that_grows_is_the_same_at_every_size() -> None:
    leaves, growing = [tree.leaf(each) for each in hashes(40)], tree.GrowingTree()

    for size, each in enumerate(leaves, start=1):
        growing.add(each)
        assert growing.root == tree.root(leaves[:size])
