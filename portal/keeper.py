"""The clock's process: checkpoints, the doorbell, expiry, letters. Two may run; one acts.

Nothing here is needed for safety: ends of access are judged at the moment of access, without any process.
"""

import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

import structlog
from sqlalchemy import CursorResult, or_, update
from sqlalchemy.exc import OperationalError

from portal import clock, mail
from portal.actor import system
from portal.agreements import actions_clock as agreements
from portal.agreements import actions_dpia
from portal.app import Portal
from portal.audit import status
from portal.audit.signing import Signer
from portal.auth import actions as sessions
from portal.db import session, transaction
from portal.emergencies import actions_clock as emergencies
from portal.exports import actions as exports
from portal.exports import actions_closing, actions_duties, actions_review
from portal.incidents import actions_clock as incident_clocks
from portal.incidents import actions_freeze
from portal.jobs import bell
from portal.jobs.models import Duty
from portal.requests import actions_clock as requests
from portal.requests import actions_extension as extensions
from portal.requests import actions_publications, actions_silence

log = structlog.get_logger(__name__)
TICK_SECONDS = 0.5
HOLD_SECONDS = 10
KEEPER = system("keeper")
CHECKPOINT = "checkpoint"


@dataclass
class Task:
    """Something to do every so many seconds. ``do`` opens its own transactions."""

    name: str
    every: float
    do: Callable[[], object]
    last: float = field(default=float("-inf"))


def tasks() -> list[Task]:
    """Return everything the keeper looks after, with how often it looks."""
    return [
        Task(CHECKPOINT, 0.5, Signer().tick),
        Task("doorbell", 1, bell.ring_for_due),
        Task("letters", 2, mail.carry),
        Task("digests", 60, mail.gather),
        Task("old letters", 600, mail.prune),
        Task("verify", 5, status.check_if_due),
        Task("ends", 20, _end_what_is_over),
        Task("closings", 5, actions_closing.close_due),
        Task("freezes", 2, _find_closed),
        Task("clocks", 20, _warn),
        Task("sweep", 600, exports.sweep),
    ]


def _find_closed() -> None:
    with transaction():
        actions_freeze.watch(KEEPER)


def _warn() -> None:
    with transaction():
        incident_clocks.remind(KEEPER)


def _end_what_is_over() -> None:
    with transaction():
        requests.expire_due(KEEPER, clock.now())
    with transaction():
        extensions.lapse_due(KEEPER)
    with transaction():
        actions_publications.lapse_due(KEEPER)
    with transaction():
        actions_silence.chase(KEEPER, clock.now())
    with transaction():
        agreements.begin_due(KEEPER)
    with transaction():
        agreements.warn(KEEPER)
    with transaction():
        actions_dpia.remind(KEEPER)
    with transaction():
        sessions.mark_lapsed()
    with transaction():
        actions_review.remind(KEEPER)
    with transaction():
        actions_duties.by_the_clock(KEEPER)
    with transaction():
        emergencies.by_the_clock(KEEPER)
    exports.expire()


class Keeper:
    """One keeper's process: who it is, what it looks after, and until when it surely has the duty."""

    def __init__(self) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self.tasks = tasks()
        self._sure_until = float("-inf")

    def tick(self) -> None:
        """Do what is due, if this keeper has the duty."""
        try:
            if not self._on_duty():
                return
        except OperationalError as error:
            log.warning("keeper.database_away", error=type(error.orig).__name__)
            return
        for task in self.tasks:
            if time.monotonic() - task.last >= task.every:
                task.last = time.monotonic()
                _do(task)

    def sign_off(self) -> None:
        """Sign what happened last before going, so that a log at rest is covered to its end."""
        for task in self.tasks:
            if task.name == CHECKPOINT and take_duty(self.name):
                _do(task)

    def _on_duty(self) -> bool:
        started = time.monotonic()
        if started < self._sure_until:
            return True
        if not take_duty(self.name):
            return False
        self._sure_until = started + HOLD_SECONDS / 2
        return True


def run(app: Portal, stop: threading.Event | None = None) -> None:
    """Keep the house until ``stop`` is set or a signal asks to end."""
    stop = stop or threading.Event()
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
    keeper = Keeper()
    while not stop.wait(TICK_SECONDS):
        with app.app_context():
            keeper.tick()
    with app.app_context():
        keeper.sign_off()


def _do(task: Task) -> None:
    try:
        task.do()
    except Exception as error:  # noqa: BLE001 -- one failing task must not stop the others; it comes round again
        log.error(  # noqa: TRY400 -- a traceback may hold a record's value
            "keeper.task_failed", task=task.name, error=type(error).__name__
        )


def take_duty(me: str) -> bool:
    """Take or keep the duty; false while another keeper has it."""
    moment = clock.now()
    with transaction():
        free = or_(Duty.holder == me, Duty.until < moment)
        statement = update(Duty).where(Duty.name == "keeper", free).execution_options(synchronize_session=False)
        until = moment + clock.seconds(HOLD_SECONDS)
        result = session().execute(statement.values(holder=me, until=until))
        return cast("CursorResult[object]", result).rowcount == 1
