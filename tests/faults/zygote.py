"""Starts real workers and keepers quickly: imports the portal once, then forks a process for every order.

Reads orders as JSON lines on stdin, answers each with the new process's id. An order may name one point of one kind
of work at which the job's process does something to itself, once: ``kill`` its own process, ``both`` itself and the
worker, ``stop`` itself. A marker file says that it happened and to whom.
"""

import contextlib
import json
import os
import signal
import sys
import threading
from pathlib import Path

import config
from portal import keeper, worker
from portal.app import create_app
from portal.catalogue import codebook
from portal.jobs import bell, claim, registry

COMMIT, AFTER = "commit", "after"  # points beside the stages: in the publishing transaction, and behind it


def main():
    codebook.reference()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _be(order)
        print(child, flush=True)


def _be(order):
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(log, stream)
    sys.stdin.close()
    code = 1
    try:
        app = create_app(config.Config(instance=Path(order.pop("instance")), **order.pop("settings")))
        if order["what"] == "keeper":
            keeper.run(app)
        else:
            _arm(order)
            worker.run(app)
        code = 0
    finally:
        sys.stderr.flush()
        os._exit(code)


def _arm(order):
    if not order.get("deed"):
        return
    kind, point, deed, marker = order["kind"], order["point"], order["deed"], order["marker"]

    def act(at_kind, at_point):
        if (at_kind, at_point) != (kind, point):
            return
        if deed != "always" and not _first(marker):
            return
        if deed == "both":
            os.kill(os.getppid(), signal.SIGKILL)
        if deed == "stop" and at_point != COMMIT:
            with between_beats:
                os.kill(os.getpid(), signal.SIGSTOP)
        else:
            os.kill(os.getpid(), signal.SIGSTOP if deed == "stop" else signal.SIGKILL)

    between_beats = _hold_back_the_heartbeat() if deed == "stop" else None
    registry.observers.append(act)
    finish, run = claim.finish, bell._run

    def watched_finish(held):
        act(held.kind, COMMIT)
        finish(held)

    def watched_run(what, held):
        run(what, held)
        act(held.kind, AFTER)

    claim.finish, bell._run = watched_finish, watched_run


def _hold_back_the_heartbeat():
    """Return a lock without which no beat begins: a process that is stopped in one would hold the database's lock."""
    lock, plain = threading.Lock(), claim.transaction

    @contextlib.contextmanager
    def one_at_a_time():
        with lock, plain() as current:
            yield current

    claim.transaction = one_at_a_time
    return lock


def _first(marker):
    try:
        handle = os.open(marker, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    os.write(handle, f"{os.getpid()} {os.getppid()}".encode())
    os.close(handle)
    return True


if __name__ == "__main__":
    main()
