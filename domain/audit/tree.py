"""The Merkle tree over a merchant's audit entries, as RFC 6962 (section 2.1) builds it over the entries of a log.

The tree over blocks of leaves, each a power of two but the last, is the tree over the leaves: so the roots of full
blocks are kept, and neither a root nor a proof ever needs all leaves.
"""

import hashlib
from collections.abc import Sequence

BLOCK = 1024
"""So many leaves have one root that is kept."""


def leaf(entry_hash: str) -> bytes:
    """Return the leaf of an entry, whose hash is given in hexadecimal."""
    return hashlib.sha256(b"\0" + bytes.fromhex(entry_hash)).digest()


def root(nodes: Sequence[bytes]) -> bytes:
    """Return the root over leaves, or over the roots of blocks; there is at least one."""
    while len(nodes) > 1:
        nodes = _level_above(nodes)
    return nodes[0]


def path(nodes: Sequence[bytes], index: int) -> list[bytes]:
    """Return the nodes with which node `index`, from nought, comes to the root, the lowest first."""
    beside: list[bytes] = []
    while len(nodes) > 1:
        sibling = index ^ 1
        if sibling < len(nodes):
            beside.append(nodes[sibling])
        nodes, index = _level_above(nodes), index // 2
    return beside


def _level_above(nodes: Sequence[bytes]) -> list[bytes]:
    """A node without a sibling rises as it is."""
    above = [_node(left, right) for left, right in zip(nodes[::2], nodes[1::2], strict=False)]
    return above if len(nodes) % 2 == 0 else [*above, nodes[-1]]


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


class GrowingTree:
    """The tree as one leaf after the other is added: only the roots of its full subtrees are kept."""

    def __init__(self) -> None:
        self._full: list[tuple[int, bytes]] = []

    def add(self, added: bytes) -> None:
        """Add a leaf."""
        height = 0
        while self._full and self._full[-1][0] == height:
            added, height = _node(self._full.pop()[1], added), height + 1
        self._full.append((height, added))

    @property
    def root(self) -> bytes:
        """The root over all leaves so far; there is at least one."""
        whole = self._full[-1][1]
        for _, left in reversed(self._full[:-1]):
            whole = _node(left, whole)
        return whole
