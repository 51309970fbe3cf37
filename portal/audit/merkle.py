"""The Merkle tree of RFC 9162, section 2.1: what makes one signature speak for every event before it.

The log keeps only the frontier, the roots of the perfect subtrees that its size is the sum of: at most 64
hashes are enough to append for ever. Proofs are about ranges of leaves, so that whoever stores inner hashes
may look them up instead of computing them.
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence

HASH_BYTES = 32
EMPTY = hashlib.sha256(b"").digest()

Frontier = tuple[bytes, ...]


def leaf_hash(body: bytes) -> bytes:
    """Hash one leaf; the 0 in front keeps a leaf from posing as a node."""
    return hashlib.sha256(b"\0" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees into one."""
    return hashlib.sha256(b"\1" + left + right).digest()


def append(size: int, frontier: Frontier, leaf: bytes) -> Frontier:
    """Add one leaf hash to a tree of `size` leaves; the frontier runs from the largest subtree down.

    Raises ValueError if the frontier is not that of a tree of this size.
    """
    if len(frontier) != size.bit_count():
        raise ValueError("frontier: does not belong to a tree of this size")
    parts = list(frontier)
    while size & 1:
        leaf = node_hash(parts.pop(), leaf)
        size >>= 1
    return (*parts, leaf)


def extend(size: int, frontier: Frontier, leaves: Iterable[bytes]) -> tuple[int, Frontier]:
    """Add leaf hashes one after the other; give the new size and frontier."""
    for leaf in leaves:
        frontier = append(size, frontier, leaf)
        size += 1
    return size, frontier


def root(frontier: Frontier) -> bytes:
    """Give the tree's root hash.

    >>> root(()).hex()[:8]
    'e3b0c442'
    """
    if not frontier:
        return EMPTY
    *rest, total = frontier
    for left in reversed(rest):
        total = node_hash(left, total)
    return total


def tree_hash(leaves: Iterable[bytes]) -> bytes:
    """Give the root over these leaf hashes."""
    return root(extend(0, (), leaves)[1])


def inclusion_path(index: int, size: int) -> list[range]:
    """Name the ranges of leaves whose hashes prove that leaf `index` is in a tree of `size`, nearest first.

    Raises ValueError unless 0 <= index < size. Source: RFC 9162, section 2.1.3.1.
    """
    if not 0 <= index < size:
        raise ValueError("index: not a leaf of this tree")
    path = []
    start, stop = 0, size
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            path.append(range(middle, stop))
            stop = middle
        else:
            path.append(range(start, middle))
            start = middle
    return path[::-1]


def consistency_path(first: int, second: int) -> list[range]:
    """Name the ranges whose hashes prove that a tree of `second` leaves begins with one of `first`.

    Empty if first is 0 or equals second. Raises ValueError unless 0 <= first <= second.
    Source: RFC 9162, section 2.1.4.1.
    """
    if not 0 <= first <= second:
        raise ValueError("first: not the size of an earlier tree")
    if first in {0, second}:
        return []
    path = []
    start, stop, known = 0, second, True  # known: the verifier has this subtree's hash, it is the old root
    while start + first != stop:
        middle = start + _split(stop - start)
        if start + first <= middle:
            path.append(range(middle, stop))
            stop = middle
        else:
            path.append(range(start, middle))
            first -= middle - start
            start, known = middle, False
    if not known:
        path.append(range(start, stop))
    return path[::-1]


def proof(leaves: Sequence[bytes], path: Iterable[range]) -> list[bytes]:
    """Compute the hash of each range of a path."""
    return [tree_hash(leaves[part.start : part.stop]) for part in path]


def verify_inclusion(leaf: bytes, index: int, size: int, hashes: Sequence[bytes], expected: bytes) -> bool:
    """Say whether the proof shows `leaf` at `index` of the tree with root `expected`.

    Source: RFC 9162, section 2.1.3.2.
    """
    if not 0 <= index < size or not _all_hashes(hashes):
        return False
    node, last, total = index, size - 1, leaf
    for one in hashes:
        if last == 0:
            return False
        if node & 1 or node == last:
            total = node_hash(one, total)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            total = node_hash(total, one)
        node, last = node >> 1, last >> 1
    return last == 0 and hmac.compare_digest(total, expected)


def verify_consistency(first: int, first_root: bytes, second: int, second_root: bytes, hashes: Sequence[bytes]) -> bool:
    """Say whether the proof shows that the second tree begins with the first.

    An empty first tree is the beginning of any. Source: RFC 9162, section 2.1.4.2.
    """
    if not 0 <= first <= second or not _all_hashes(hashes):
        return False
    if first == 0:
        return not hashes and first_root == EMPTY
    if first == second:
        return not hashes and hmac.compare_digest(first_root, second_root)
    steps = list(hashes) if first & (first - 1) else [first_root, *hashes]
    return bool(steps) and _climbs(first - 1, second - 1, steps, (first_root, second_root))


def _climbs(node: int, last: int, steps: Sequence[bytes], roots: tuple[bytes, bytes]) -> bool:
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = steps[0]
    for one in steps[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old, new = node_hash(one, old), node_hash(one, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, one)
        node, last = node >> 1, last >> 1
    return last == 0 and hmac.compare_digest(old, roots[0]) and hmac.compare_digest(new, roots[1])


def _split(size: int) -> int:
    """Give the largest power of two smaller than `size` (at least 2)."""
    return 1 << (size - 1).bit_length() - 1


def _all_hashes(hashes: Iterable[bytes]) -> bool:
    return all(len(one) == HASH_BYTES for one in hashes)
