"""Real workers and keepers in processes of their own, a real queue, a real database, and ways to do them harm."""

import contextlib
import dataclasses
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import select

from portal import embedded
from portal.app import create_app
from portal.db import db, session, transaction
from portal.jobs import bell
from portal.jobs.models import Work
from tests import queues, snapshots
from tests.snapshots import moments  # noqa: F401 -- a fixture

LEASE = 2
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def queue_url(tmp_path_factory):
    """Return the address of the queue's server with a number for its database: the server itself, or an embedded one."""
    if queues.NAMED:
        yield lambda number: queues.address(queues.HOUSES + number)
        return
    folder = tmp_path_factory.mktemp("queue")
    server = embedded.start(folder)
    yield lambda number: f"{embedded.url_for(folder)}?db={number}"
    server.terminate()
    server.wait()


class Zygote:
    """The process that forks workers; all of them end with the session."""

    def __init__(self):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.zygote"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self.started = []

    def start(self, **order):
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        pid = int(self._process.stdout.readline())
        self.started.append(pid)
        return pid

    def end_all(self):
        """End every worker and keeper with whatever it forked: each leads a process group of its own."""
        for pid in self.started:
            for group in {pid, *_children(pid)}:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(group, signal.SIGKILL)
        self.started.clear()

    def close(self):
        self.end_all()
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


def _children(pid):
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


@pytest.fixture(scope="session")
def zygote():
    zygote = Zygote()
    yield zygote
    zygote.close()


class House:
    """One instance at a moment of the main job, with its own queue."""

    def __init__(self, moment, folder, zygote, redis_url):
        self.facts, self.folder, self._zygote = moment.facts, folder, zygote
        settings, self.database_url = snapshots.copied(moment, folder)
        self.settings = dataclasses.replace(settings, redis_url=redis_url, lease_seconds=LEASE)
        self.app = create_app(self.settings)
        self.redis = Redis.from_url(redis_url)
        self.redis.flushdb()
        self.marker = folder / f"marker-{secrets.token_hex(4)}"

    def _order(self, what, **more):
        settings = {name: getattr(self.settings, name) for name in ("database_url", "redis_url", "secret_key")}
        settings["lease_seconds"] = self.settings.lease_seconds
        log = str(self.folder / f"{what}.log")
        return self._zygote.start(what=what, instance=str(self.folder), settings=settings, log=log, **more)

    def worker(self, kind="", point="", deed=""):
        return self._order("worker", kind=kind, point=point, deed=deed, marker=str(self.marker))

    def keeper(self):
        return self._order("keeper")

    def ring(self):
        with self.app.app_context():
            bell.ring_for_due()

    def work(self):
        with self.app.app_context(), transaction():
            return {(one.kind, one.target_ref): one for one in session().scalars(select(Work).order_by(Work.id))}

    def one(self, kind):
        """The first piece of work of a kind."""
        return next(one for (what, _), one in self.work().items() if what == kind)

    def until(self, condition, seconds=30, *, ringing=True):
        """Wait for a condition, ringing as the keeper does; say how long it took."""
        started = time.monotonic()
        while not (found := condition()):
            assert time.monotonic() - started < seconds, f"not within {seconds} s; {self.said()}"
            if ringing:
                self.ring()
            time.sleep(0.15)
        return found, time.monotonic() - started

    def done(self, kind, seconds=60, **more):
        return self.until(lambda: self.one(kind).status == "done", seconds, **more)[1]

    def marked(self, *, ringing=True):
        """Wait until the deed was done; give the process ids of job and worker.

        Who sleeps inside a transaction holds SQLite's lock: then nobody else may ask the database meanwhile.
        """
        self.until(lambda: self.marker.exists() and self.marker.read_text().count(" ") == 1, ringing=ringing)
        return [int(pid) for pid in self.marker.read_text().split()]

    def said(self):
        states = [(one.kind, one.status, one.stage, one.attempt, one.error) for one in self.work().values()]
        logs = {path.name: path.read_text()[-2000:] for path in self.folder.glob("*.log")}
        return f"{states} {logs}"

    def bodies(self, *names):
        from portal.audit.models import AuditEvent

        with self.app.app_context(), transaction():
            found = select(AuditEvent.body).where(AuditEvent.type.in_(names)).order_by(AuditEvent.leaf_index)
            return [json.loads(body) for body in session().scalars(found)]

    def close(self):
        with self.app.app_context():
            db.engine.dispose()
        with contextlib.suppress(Exception):
            self.redis.flushdb()
        self.redis.close()
        snapshots.drop(self.database_url)


@pytest.fixture
def open_house(moments, tmp_path, zygote, queue_url):  # noqa: F811
    """Return a function that opens a house at a moment; each has a queue of its own."""
    opened = []

    def open_at(name, **changed):
        number = len(opened)
        house = House(moments[name], tmp_path / f"house{number}", zygote, queue_url(number))
        house.settings = dataclasses.replace(house.settings, **changed)
        opened.append(house)
        return house

    yield open_at
    zygote.end_all()
    for house in opened:
        house.close()


def alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
