"""A sealed file opens whole, with its key, in its context, or not at all."""

import hashlib
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.errors import Tampered
from portal.vault import CHUNK, LocalStore, new_name, open_, seal

TAG = 16
HEADER = 12 + 32 + 7 + 32
SLOT = CHUNK + TAG
DEK = bytes(range(32))
SECRET = b"Agadez,Niger,2019-06-01;"
THREE_CHUNKS = (SECRET * (3 * CHUNK // len(SECRET)))[: 2 * CHUNK + 100]


@pytest.fixture
def store(tmp_path):
    return LocalStore(tmp_path / "vault")


def sealed(store, data=THREE_CHUNKS, *, dek=DEK, context=b"release 1"):
    name = new_name()
    seal(store, name, [data], dek, context)
    return name


def path_of(store, name):
    return store._root / name


def read(store, name, *, dek=DEK, context=b"release 1"):
    return b"".join(open_(store, name, dek, context))


def change(store, name, edit):
    path = path_of(store, name)
    data = bytearray(path.read_bytes())
    path.write_bytes(edit(data))


def refused(store, name, **kwargs):
    with pytest.raises(Tampered):
        read(store, name, **kwargs)


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 7])
def test_what_was_sealed_comes_back(store, size):
    data = os.urandom(size)
    name = new_name()
    result = seal(store, name, (data[i : i + 1000] for i in range(0, size, 1000)), DEK, b"c")
    assert read(store, name, context=b"c") == data
    assert result == (hashlib.sha256(data).hexdigest(), size)


@settings(max_examples=25, deadline=None)
@given(pieces=st.lists(st.integers(0, 2 * CHUNK), max_size=5))
def test_how_the_source_is_cut_makes_no_difference(tmp_path_factory, pieces):
    store = LocalStore(tmp_path_factory.getbasetemp() / "vault-pieces")
    parts = [bytes([n % 251]) * n for n in pieces]
    name = new_name()
    seal(store, name, parts, DEK, b"c")
    assert read(store, name, context=b"c") == b"".join(parts)


def test_no_plaintext_lies_on_disk(store):
    assert SECRET not in path_of(store, sealed(store)).read_bytes()


def test_the_same_file_sealed_twice_has_nothing_in_common(store):
    one, two = (path_of(store, sealed(store)).read_bytes() for _ in range(2))
    blocks = {one[i : i + 32] for i in range(12, len(one), 32)}
    assert not blocks & {two[i : i + 32] for i in range(12, len(two), 32)}


@pytest.mark.parametrize(
    "keep",
    [
        0,
        HEADER - 1,
        HEADER,
        HEADER + 10,
        HEADER + SLOT,
        HEADER + SLOT + 5,
        HEADER + 2 * SLOT,
        HEADER + 2 * SLOT + 100 + TAG - 1,
    ],
)
def test_a_truncated_file_is_refused(store, keep):
    name = sealed(store)
    change(store, name, lambda data: data[:keep])
    refused(store, name)


def test_a_trailing_byte_is_refused(store):
    name = sealed(store)
    change(store, name, lambda data: data + b"\0")
    refused(store, name)


def test_a_trailing_byte_after_a_full_last_chunk_is_refused(store):
    name = sealed(store, bytes(2 * CHUNK))
    change(store, name, lambda data: data + b"\0")
    refused(store, name)


def test_swapped_chunks_are_refused(store):
    name = sealed(store)

    def swap(data):
        first, second = data[HEADER : HEADER + SLOT], data[HEADER + SLOT : HEADER + 2 * SLOT]
        return data[:HEADER] + second + first + data[HEADER + 2 * SLOT :]

    change(store, name, swap)
    refused(store, name)


def test_a_repeated_or_dropped_chunk_is_refused(store):
    for edit in (
        lambda data: data[: HEADER + SLOT] + data[HEADER : HEADER + SLOT] + data[HEADER + SLOT :],
        lambda data: data[:HEADER] + data[HEADER + SLOT :],
    ):
        name = sealed(store)
        change(store, name, edit)
        refused(store, name)


@pytest.mark.parametrize(
    "position", [0, 11, 12, 43, 44, 50, 51, HEADER - 1, HEADER, HEADER + SLOT - 1, HEADER + SLOT + 3, -1]
)
def test_a_flipped_bit_anywhere_is_refused(store, position):
    name = sealed(store)

    def flip(data):
        data[position] ^= 0x10
        return data

    change(store, name, flip)
    refused(store, name)


def test_another_context_is_refused_before_anything_comes_out(store):
    name = sealed(store, context=b"release 1|recipient 7|request 9")
    with pytest.raises(Tampered, match="context"):
        open_(store, name, DEK, b"release 1|recipient 8|request 9")


def test_another_key_is_refused_before_anything_comes_out(store):
    name = sealed(store)
    with pytest.raises(Tampered):
        open_(store, name, bytes(32), b"release 1")


def test_swapped_files_are_refused(store):
    mine, theirs = sealed(store, context=b"for mine"), sealed(store, context=b"for theirs")
    mine_path, theirs_path = path_of(store, mine), path_of(store, theirs)
    mine_bytes = mine_path.read_bytes()
    mine_path.write_bytes(theirs_path.read_bytes())
    theirs_path.write_bytes(mine_bytes)
    refused(store, mine, context=b"for mine")
    refused(store, theirs, context=b"for theirs")


def test_chunks_of_two_files_under_one_key_do_not_mix(store):
    one, two = sealed(store), sealed(store)
    other = path_of(store, two).read_bytes()
    change(
        store,
        one,
        lambda data: data[: HEADER + SLOT] + other[HEADER + SLOT : HEADER + 2 * SLOT] + data[HEADER + 2 * SLOT :],
    )
    refused(store, one)


def test_a_header_moved_to_another_files_chunks_is_refused(store):
    one, two = sealed(store), sealed(store)
    header = path_of(store, two).read_bytes()[:HEADER]
    change(store, one, lambda data: header + data[HEADER:])
    refused(store, one)


def test_a_file_exchanged_between_opening_and_reading_is_refused(store):
    name, other = sealed(store), sealed(store)
    chunks = open_(store, name, DEK, b"release 1")
    path_of(store, name).write_bytes(path_of(store, other).read_bytes())
    with pytest.raises(Tampered, match="exchanged"):
        next(chunks)


def test_a_missing_file_is_refused(store):
    refused(store, new_name())
