"""Claiming work: lease, fence, heartbeat.

``FOR UPDATE`` is nothing on SQLite; the guarded UPDATE is the lock on both databases.
"""

import datetime as dt
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import structlog
from flask import Flask, current_app
from sqlalchemy import ColumnElement, CursorResult, and_, or_, select, update
from sqlalchemy.exc import DBAPIError

from portal import clock
from portal.db import move, session, transaction
from portal.errors import LostFence, Stale
from portal.jobs.models import Work
from portal.jobs.registry import Held

log = structlog.get_logger(__name__)
MOST_ATTEMPTS = 3
FINISHED = ("done", "dead")
IN_THE_MAKING = ("received", "queued", "building")


def enqueue(kind: str, target_ref: str) -> None:
    """Write the row that says what to do; asking twice for the same thing is one piece of work."""
    known = session().scalar(select(Work).where(Work.kind == kind, Work.target_ref == target_ref))
    if known is None:
        session().add(Work(kind=kind, target_ref=target_ref))
    elif known.status in FINISHED:
        known.status, known.attempt, known.due_at, known.error = "due", 0, clock.now(), ""


def is_due(moment: dt.datetime) -> ColumnElement[bool]:
    """Say which rows want doing at ``moment``: never begun, or begun by a process that went silent."""
    return or_(
        and_(Work.status == "due", Work.due_at <= moment),
        and_(Work.status == "running", Work.lease_until < moment),
    )


def take() -> Held | None:
    """Take the oldest due piece of work, if there is one nobody else takes first."""
    moment = clock.now()
    with transaction() as current:
        query = select(Work).where(is_due(moment)).order_by(Work.due_at).limit(1)
        work = current.scalar(query.with_for_update(skip_locked=True))
        if work is None:
            return None
        seen = work.fence
        moved = _guarded(
            work.id,
            seen,
            status="running",
            fence=seen + 1,
            attempt=work.attempt + 1,
            lease_until=moment + lease(),
        )
        return Held(work.id, work.kind, work.target_ref, seen + 1, work.attempt + 1) if moved else None


def _guarded(work_id: int, was: int, **values: object) -> bool:
    statement = update(Work).where(Work.id == work_id, Work.fence == was, Work.status.not_in(FINISHED))
    result = session().execute(statement.values(**values).execution_options(synchronize_session=False))
    return cast("CursorResult[object]", result).rowcount == 1


def lease() -> dt.timedelta:
    """How long a silent holder keeps its work."""
    return dt.timedelta(seconds=current_app.config["PORTAL"].lease_seconds)


def extend(held: Held, **values: object) -> None:
    """Show life, inside an open transaction.

    Raises LostFence if somebody else holds the work by now.
    """
    if not _guarded(held.id, held.fence, lease_until=clock.now() + lease(), **values):
        raise LostFence(f"work {held.kind}: held by another process now")


def finish(held: Held) -> None:
    """Close the work in the transaction that publishes its result: the fence is the right to publish.

    Raises LostFence if somebody else holds the work by now; the whole transaction is then undone.
    """
    if not _guarded(held.id, held.fence, status="done", finished_at=clock.now(), lease_until=None, stage=""):
        raise LostFence(f"work {held.kind}: held by another process now")


def advance(row: Any, status: str, **values: object) -> None:  # noqa: ANN401 -- any row with a life that a job makes
    """Move what a job makes on, in the job's transaction.

    Raises LostFence if it is no longer in the making: another process has made it, or somebody has ended it.
    """
    if row.status not in IN_THE_MAKING:
        raise LostFence(f"{type(row).__name__.lower()}: no longer in the making")
    try:
        move(row, status=status, **values)
    except Stale as error:
        raise LostFence(str(error)) from None


def cancel(kind: str, *refs: str) -> None:
    """Close work that nobody wants any more; whoever holds it notices at its next stage and publishes nothing."""
    statement = update(Work).where(Work.kind == kind, Work.target_ref.in_(refs), Work.status.not_in(FINISHED))
    values = {"status": "dead", "fence": Work.fence + 1, "error": "cancelled", "lease_until": None}
    session().execute(statement.values(**values).execution_options(synchronize_session=False))


def give_back(held: Held, error: str, *, for_good: bool) -> None:
    """Close the work as dead, or put it back with a growing pause; nothing if another process has it."""
    pause = dt.timedelta(seconds=2**held.attempt)
    _guarded(
        held.id,
        held.fence,
        status="dead" if for_good else "due",
        due_at=clock.now() + pause,
        lease_until=None,
        error=error,
    )


@contextmanager
def heartbeat(held: Held) -> Iterator[None]:
    """Extend the lease from a thread while the block works, in transactions of its own."""
    app = cast("Flask", current_app._get_current_object())  # type: ignore[attr-defined] # noqa: SLF001 -- the thread needs it
    stop = threading.Event()
    every = lease().total_seconds() / 3

    def beat() -> None:
        while not stop.wait(every):
            with app.app_context():
                try:
                    with transaction():
                        extend(held)
                except LostFence:
                    return  # the publishing transaction will find out and undo itself
                except DBAPIError as error:  # away for a moment: the next beat may still come before the lease ends
                    log.warning("work.beat_missed", kind=held.kind, error=type(error).__name__)

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
