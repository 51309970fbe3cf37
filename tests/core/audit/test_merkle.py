"""The tree against the recursion that RFC 9162 defines it by, published roots, and another program."""

import hashlib

import pymerkle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.audit import merkle

# Leaves and roots published with the first Certificate Transparency implementation.
CT_LEAVES = [
    bytes.fromhex(leaf)
    for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [merkle.leaf_hash(n.to_bytes(4, "big")) for n in range(300)]


def largest_power_below(n):
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def defined_root(leaves):
    """RFC 9162, section 2.1.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = largest_power_below(len(leaves))
    return hashlib.sha256(b"\x01" + defined_root(leaves[:k]) + defined_root(leaves[k:])).digest()


def defined_path(m, leaves):
    """RFC 9162, section 2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = largest_power_below(len(leaves))
    if m < k:
        return [*defined_path(m, leaves[:k]), defined_root(leaves[k:])]
    return [*defined_path(m - k, leaves[k:]), defined_root(leaves[:k])]


def defined_subproof(m, leaves, b):
    """RFC 9162, section 2.1.4.1."""
    if m == len(leaves):
        return [] if b else [defined_root(leaves)]
    k = largest_power_below(len(leaves))
    if m <= k:
        return [*defined_subproof(m, leaves[:k], b), defined_root(leaves[k:])]
    return [*defined_subproof(m - k, leaves[k:], False), defined_root(leaves[:k])]


def flipped(one, bit=0):
    changed = bytearray(one)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@pytest.mark.parametrize("size", range(1, 9))
def test_the_published_roots_come_out(size):
    assert merkle.tree_hash(merkle.leaf_hash(leaf) for leaf in CT_LEAVES[:size]).hex() == CT_ROOTS[size - 1]


def test_the_empty_tree_has_the_hash_of_nothing():
    assert merkle.root(()) == merkle.tree_hash([]) == merkle.EMPTY == defined_root([])


def test_appending_gives_the_defined_root_at_every_size():
    frontier = ()
    for size in range(130):
        assert merkle.root(frontier) == defined_root(LEAVES[:size])
        frontier = merkle.append(size, frontier, LEAVES[size])


def test_the_frontier_stays_small():
    size, frontier = merkle.extend(0, (), LEAVES)
    assert (size, len(frontier)) == (300, (300).bit_count())


def test_a_frontier_of_another_size_is_refused():
    with pytest.raises(ValueError, match="frontier"):
        merkle.append(2, (LEAVES[0], LEAVES[1]), LEAVES[2])


def test_every_small_inclusion_proof_is_the_defined_one_and_holds():
    for size in range(1, 40):
        for index in range(size):
            proof = merkle.proof(LEAVES, merkle.inclusion_path(index, size))
            assert proof == defined_path(index, LEAVES[:size])
            assert merkle.verify_inclusion(LEAVES[index], index, size, proof, defined_root(LEAVES[:size]))


def test_every_small_consistency_proof_is_the_defined_one_and_holds():
    for second in range(40):
        for first in range(second + 1):
            proof = merkle.proof(LEAVES, merkle.consistency_path(first, second))
            if first:
                assert proof == defined_subproof(first, LEAVES[:second], True)
            roots = defined_root(LEAVES[:first]), defined_root(LEAVES[:second])
            assert merkle.verify_consistency(first, roots[0], second, roots[1], proof)


@settings(max_examples=100)
@given(st.data())
def test_a_changed_inclusion_proof_is_rejected(data):
    size = data.draw(st.integers(1, 300))
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.proof(LEAVES, merkle.inclusion_path(index, size))
    root = defined_root(LEAVES[:size])
    mutants = [
        (LEAVES[index], index, size, [*proof, LEAVES[0]], root),
        (flipped(LEAVES[index], data.draw(st.integers(0, 255))), index, size, proof, root),
        (LEAVES[index], index, size, proof, flipped(root, data.draw(st.integers(0, 255)))),
        (LEAVES[index], size, size, proof, root),
        (LEAVES[index], -1, size, proof, root),
    ]
    if proof:
        broken = data.draw(st.integers(0, len(proof) - 1))
        mutants += [
            (LEAVES[index], index, size, proof[:-1], root),
            (LEAVES[index], index, size, proof[1:], root),
            (LEAVES[index], index, size, [*proof[:broken], flipped(proof[broken]), *proof[broken + 1 :]], root),
            (LEAVES[index], index, size, [*proof[:broken], proof[broken] + b"\0", *proof[broken + 1 :]], root),
            (LEAVES[index], index ^ 1, size, proof, root),
        ]
    assert merkle.verify_inclusion(LEAVES[index], index, size, proof, root)
    for mutant in mutants:
        assert not merkle.verify_inclusion(*mutant)


@settings(max_examples=100)
@given(st.data())
def test_a_changed_consistency_proof_is_rejected(data):
    second = data.draw(st.integers(1, 300))
    first = data.draw(st.integers(1, second))
    proof = merkle.proof(LEAVES, merkle.consistency_path(first, second))
    old, new = defined_root(LEAVES[:first]), defined_root(LEAVES[:second])
    mutants = [
        (first, flipped(old), second, new, proof),
        (first, old, second, flipped(new), proof),
        (first, old, second, new, [*proof, LEAVES[0]]),
        (second + 1, old, second, new, proof),
        (0, old, second, new, proof),
    ]
    if proof:
        broken = data.draw(st.integers(0, len(proof) - 1))
        mutants += [
            (first, old, second, new, proof[:-1]),
            (first, old, second, new, proof[1:]),
            (first, old, second, new, [*proof[:broken], flipped(proof[broken]), *proof[broken + 1 :]]),
            (first, old, second, new, []),
        ]
    assert merkle.verify_consistency(first, old, second, new, proof)
    for mutant in mutants:
        assert not merkle.verify_consistency(*mutant)


def test_a_rewritten_past_has_no_proof():
    rewritten = [*LEAVES[:3], LEAVES[200], *LEAVES[4:9]]
    old, new = defined_root(LEAVES[:6]), defined_root(rewritten)
    for leaves in (LEAVES, rewritten):
        proof = merkle.proof(leaves, merkle.consistency_path(6, 9))
        assert not merkle.verify_consistency(6, old, 9, new, proof)


@settings(max_examples=50, deadline=None)
@given(bodies=st.lists(st.binary(max_size=40), min_size=1, max_size=60), data=st.data())
def test_another_program_agrees(bodies, data):
    oracle = pymerkle.InmemoryTree(algorithm="sha256")
    for body in bodies:
        oracle.append_entry(body)
    leaves = [merkle.leaf_hash(body) for body in bodies]
    index = data.draw(st.integers(0, len(bodies) - 1))
    size = data.draw(st.integers(index + 1, len(bodies)))
    assert oracle.get_root(size) == merkle.tree_hash(leaves[:size])
    theirs = oracle.prove_inclusion(index + 1, size)
    pymerkle.verify_inclusion(leaves[index], merkle.tree_hash(leaves[:size]), theirs)
    ours = merkle.proof(leaves, merkle.inclusion_path(index, size))
    assert {bytes.fromhex(one) for one in theirs.serialize()["path"]} == {*ours, leaves[index]}


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5)])
def test_a_leaf_outside_the_tree_has_no_path(index, size):
    with pytest.raises(ValueError, match="index"):
        merkle.inclusion_path(index, size)


@pytest.mark.parametrize(("first", "second"), [(6, 5), (-1, 5)])
def test_a_later_tree_is_not_the_beginning_of_an_earlier_one(first, second):
    with pytest.raises(ValueError, match="first"):
        merkle.consistency_path(first, second)
    assert not merkle.verify_consistency(first, merkle.EMPTY, second, merkle.EMPTY, [])
