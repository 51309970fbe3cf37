"""The store keeps whole files under its own names, or nothing."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from portal.errors import Invalid, StorageFull, Tampered
from portal.vault import CHUNK, LocalStore, new_name, open_, seal
from tests.core.vault.disk import count_open, files_limited_to

DEK = bytes(32)


@pytest.fixture
def store(tmp_path):
    return LocalStore(tmp_path / "vault")


def everything_in(store):
    return sorted(path.name for path in store._root.iterdir())


def test_only_the_owner_may_read(store):
    name = new_name()
    before = os.umask(0)
    try:
        store.put(name, [b"x"])
    finally:
        os.umask(before)
    assert stat.S_IMODE(store._root.stat().st_mode) == 0o700
    assert stat.S_IMODE((store._root / name).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "name",
    [
        "",
        "x",
        "../../etc/passwd",
        "..",
        "a/" * 16,
        "0" * 31,
        "0" * 33,
        "0" * 32 + "\n",
        "0" * 31 + "\0",
        "A" * 32,
        "..%2f" * 6 + "00",
        "/" + "0" * 31,
    ],
)
@pytest.mark.parametrize("deed", ["put", "open", "delete", "exists"])
def test_only_names_the_server_made_are_taken(store, name, deed):
    arguments = (name, [b"x"]) if deed == "put" else (name,)
    with pytest.raises(Invalid):
        getattr(store, deed)(*arguments)
    assert everything_in(store) == []


def test_a_file_that_is_there_is_never_replaced(store):
    name = new_name()
    store.put(name, [b"first"])
    with pytest.raises(Invalid, match="there is a sealed file"):
        store.put(name, [b"second"])
    with store.open(name) as file:
        assert file.read() == b"first"
    assert everything_in(store) == [name]


def test_a_source_that_breaks_off_leaves_nothing(store):
    def breaking():
        yield b"x" * (2 * CHUNK)
        raise RuntimeError("the job was stopped")

    with pytest.raises(RuntimeError):
        seal(store, new_name(), breaking(), DEK, b"c")
    assert everything_in(store) == []


def test_a_limit_on_file_size_is_no_room_and_leaves_nothing(store):
    with files_limited_to(CHUNK), pytest.raises(StorageFull, match="free some space"):
        seal(store, new_name(), [bytes(4 * CHUNK)], DEK, b"c")
    assert everything_in(store) == []


def test_a_full_disk_leaves_nothing(tmp_path):
    mount = tmp_path / "small"
    mount.mkdir()
    script = (
        "import sys; from pathlib import Path; from portal.errors import StorageFull\n"
        "from portal.vault import LocalStore, new_name, open_, seal\n"
        "store = LocalStore(Path(sys.argv[1]) / 'vault')\n"
        "kept = new_name(); seal(store, kept, [b'kept'], bytes(32), b'c')\n"
        "try: seal(store, new_name(), (bytes(65536) for _ in range(99)), bytes(32), b'c')\n"
        "except StorageFull as error: print(type(error).__name__)\n"
        "assert list(store.names()) == [kept] == [p.name for p in store._root.iterdir()]\n"
        "assert b''.join(open_(store, kept, bytes(32), b'c')) == b'kept'\n"
    )
    # A private mount namespace: the small disk is gone with the process.
    shell = f'mount -t tmpfs -o size=1m none "{mount}" && exec "$0" -c "$1" "{mount}"'
    command = ["unshare", "--mount", "sh", "-c", shell, sys.executable, script]
    if subprocess.run(["unshare", "--mount", "mount", "-t", "tmpfs", "none", mount], capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path.cwd())
    assert (done.returncode, done.stdout.strip()) == (0, "StorageFull"), done.stderr


def test_no_half_file_is_ever_visible_under_its_name(store):
    name = new_name()

    def watching():
        for _ in range(3):
            assert not store.exists(name)
            yield bytes(CHUNK)

    store.put(name, watching())
    assert store.exists(name)


def test_delete_forgets_and_may_be_said_twice(store):
    name = new_name()
    store.put(name, [b"x"])
    store.delete(name)
    store.delete(name)
    assert not store.exists(name)
    with pytest.raises(Tampered, match="not where it was put"):
        store.open(name)


def test_what_a_killed_writer_left_is_swept_and_nothing_else(store):
    kept = new_name()
    store.put(kept, [b"x"])
    left = store._root / f"{new_name()}.{new_name()}.part"
    fresh = store._root / f"{new_name()}.{new_name()}.part"
    left.write_bytes(b"half")
    fresh.write_bytes(b"being written")
    os.utime(left, (1_000, 1_000))
    assert store.sweep(older_than=2_000) == 1
    assert everything_in(store) == sorted([kept, fresh.name])


def test_a_failed_read_leaves_no_open_file(store):
    name = new_name()
    seal(store, name, [b"x"], DEK, b"c")
    before = count_open()
    with pytest.raises(Tampered):
        open_(store, name, DEK, b"other")
    assert count_open() == before
