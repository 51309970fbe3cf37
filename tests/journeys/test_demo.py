"""``make demo``: the story from an empty folder, played again over what stands, served until Ctrl-C."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE = 250  # for a machine that does other things too
pytestmark = [pytest.mark.long, pytest.mark.timeout(3 * PATIENCE)]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    yield folder
    for process in whose(folder):  # whatever a failed test left running would answer bells that are not for it
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


@pytest.fixture(scope="module")
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def portal(place, *words, **more):
    # Nothing of the tests' own services: the demonstration starts its own
    bare = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    env = bare | {"PORTAL_INSTANCE": str(place / "instance"), "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "portal", *map(str, words)],
        cwd=ROOT, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more,
    )  # fmt: skip


def demo(place, port, serve, **more):
    return portal(
        place, "demo", "--port", port, "--serve", serve, "--rows", 3000, "--incidents", place / "none", **more
    )


def packages(place):
    return {path.name: path.read_bytes() for path in (place / "demo-downloads").iterdir()}


def whose(place):
    """Return the processes that belong to an instance."""
    mark, found = str(place / "instance").encode(), []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            told = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
        except OSError:
            continue
        if mark in told:
            found.append(int(process.name))
    return found


@pytest.fixture(scope="module")
def played(place, port):
    """The story as it was told the first time."""
    process = demo(place, port, "no")
    told, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, told
    return told


def test_it_plays_the_main_job_and_leaves_two_packages(place, played):
    assert "the log verifies" in played
    assert "the events of the synthetic survey take its place" in played
    assert len(packages(place)) == 2
    assert whose(place) == []
    people = place / "instance" / "demo-people.txt"
    assert people.stat().st_mode & 0o077 == 0
    assert {path.stat().st_mode & 0o077 for path in (place / "instance" / "keys").iterdir()} == {0}


def test_played_again_it_doubles_nothing_and_serves_until_it_is_told_to_stop(place, port, played):
    before = packages(place)
    process = demo(place, port, "yes", start_new_session=True)
    told = ""
    while "Ctrl-C ends every process" not in told:
        line = process.stdout.readline()
        assert line, told
        told += line
    # The same two requests, the same two files; somebody may look at them now
    assert re.findall(r"MMC-4Mi-\d+-\d{4}", told)
    assert {*re.findall(r"MMC-4Mi-\d+-(\d{4})", told)} == {"0001", "0002"}
    assert packages(place).keys() == before.keys()
    with socket.create_connection(("127.0.0.1", port), timeout=5):
        pass
    # A second one on the same port is told how to take another
    other = demo(place, port, "no")
    refused, _ = other.communicate(timeout=PATIENCE)
    assert other.returncode == 2
    assert f"{port} is taken" in refused
    assert f"PORT={port + 1}" in refused
    # Ctrl-C ends every process that was started
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=PATIENCE)
    deadline = time.monotonic() + 20
    while whose(place) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert whose(place) == []


def test_a_code_is_told_for_a_sample_person_only(place, played):
    process = portal(place, "code", "amina")
    told, _ = process.communicate(timeout=PATIENCE)
    assert re.match(r"\d{6}  \(for \d+ more seconds\)", told), told
    process = portal(place, "code", "nobody")
    told, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode != 0
    assert "amina" in told
