"""An upload's file behaves like any other file, and the disk sees ciphertext only."""

import csv
import io
import os
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.errors import StorageFull
from portal.vault import CHUNK, Spool
from tests.core.vault.disk import count_open, files_limited_to, open_below

MARKER = b"camp Za'atari, F, 34;"


def a_spool(data=b"", *, memory=0, directory=None, piece=1000):
    spool = Spool(memory, directory)
    for start in range(0, len(data), piece):
        spool.write(data[start : start + piece])
    spool.seek(0)
    return spool


@pytest.mark.parametrize("memory", [0, CHUNK, 10 * CHUNK])
@pytest.mark.parametrize("size", [0, 1, CHUNK, CHUNK + 1, 4 * CHUNK + 17])
def test_what_was_written_is_read(memory, size):
    data = os.urandom(size)
    with a_spool(data, memory=memory) as spool:
        assert spool.read() == data
        assert spool.size == size


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4 * CHUNK), st.integers(-1, 3 * CHUNK)), max_size=8))
def test_it_reads_anywhere_like_a_file_in_memory(steps):
    data = bytes(range(256)) * (3 * CHUNK // 256) + b"tail"
    real = io.BytesIO(data)
    with a_spool(data, memory=CHUNK, piece=CHUNK) as spool:
        for offset, size in steps:
            assert spool.seek(offset) == real.seek(offset)
            assert spool.read(size) == real.read(size)
            assert spool.tell() == real.tell()


def test_the_file_on_disk_has_no_name_and_holds_no_plaintext(tmp_path):
    with a_spool(MARKER * 20_000, memory=CHUNK, directory=tmp_path):
        assert list(tmp_path.iterdir()) == []
        (descriptor,) = open_below(tmp_path)
        written = descriptor.read_bytes()
    assert len(written) >= 4 * CHUNK
    assert MARKER not in written


def test_a_small_upload_opens_no_file(tmp_path):
    before = count_open()
    with a_spool(bytes(3 * CHUNK), memory=3 * CHUNK, directory=tmp_path):
        assert count_open() == before


def test_closing_gives_the_disk_back(tmp_path):
    before = count_open()
    spool = a_spool(bytes(3 * CHUNK), directory=tmp_path)
    assert count_open() == before + 1
    spool.close()
    assert count_open() == before
    with pytest.raises(ValueError):
        spool.read()


def test_it_is_written_from_front_to_back_only():
    with a_spool(b"abc") as spool, pytest.raises(io.UnsupportedOperation):
        spool.write(b"d")


def test_it_can_be_appended_to_after_reading():
    with a_spool(b"abc") as spool:
        assert spool.read() == b"abc"
        spool.write(b"def")
        spool.seek(0)
        assert spool.read() == b"abcdef"


def test_a_position_before_the_start_is_refused():
    with a_spool(b"abc") as spool, pytest.raises(ValueError):
        spool.seek(-4, os.SEEK_END)


def test_no_room_says_so(tmp_path):
    with files_limited_to(CHUNK), Spool(0, tmp_path) as spool, pytest.raises(StorageFull):
        spool.write(bytes(3 * CHUNK))


def test_lines_and_text_are_read_like_from_any_file():
    rows = [["id", "pays"], *([str(n), "Côte d’Ivoire"] for n in range(20_000))]
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    with a_spool(text.getvalue().encode(), memory=CHUNK) as spool:
        assert spool.readline() == b"id,pays\r\n"
        spool.seek(0)
        assert list(csv.reader(io.TextIOWrapper(spool, encoding="utf-8", newline=""))) == rows


def test_a_zip_is_read_from_it():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("rows.csv", os.urandom(5 * CHUNK))
    with a_spool(packed.getvalue(), piece=CHUNK + 5) as spool, zipfile.ZipFile(spool) as archive:
        assert archive.testzip() is None
