"""The doorbell: one constant function without arguments travels through Redis, and nothing else.

What Redis holds is not trusted: a job, a callback or a webhook that somebody wrote there is refused.
"""

from typing import Any

import structlog
from flask import current_app
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.exceptions import NoSuchJobError
from rq.job import Job
from sqlalchemy import func, select

from portal import clock
from portal.db import after_commit, session, transaction
from portal.errors import LostFence, Withheld
from portal.jobs import claim, registry
from portal.jobs.models import Work

log = structlog.get_logger(__name__)
WAKE = "portal.jobs.bell.wake"
QUEUE = "portal"
JOB_SECONDS = 3600


class OnlyWake(Job):
    """A job that can only ever be :func:`wake`, whatever Redis says."""

    def restore(self, raw_data: Any) -> None:  # noqa: ANN401 -- rq's signature
        """Read the job and drop every other thing it could be made to call.

        Raises NoSuchJobError for any other job: a worker passes over it, and no bytes can end the worker itself.
        """
        try:
            super().restore(raw_data)
            ours = self.func_name == WAKE and not self.args and not self.kwargs
        except Exception as error:  # noqa: BLE001 -- whatever somebody wrote there, of any kind
            log.warning("bell.unreadable_job", error=type(error).__name__)
            raise NoSuchJobError("job: cannot be read") from None
        if not ours:
            log.warning("bell.foreign_job")
            raise NoSuchJobError("job: only the constant wake-up call is allowed")
        self._success_callback_name = self._failure_callback_name = self._stopped_callback_name = None
        self.webhooks = []

    def perform(self) -> Any:  # noqa: ANN401
        """Run ``wake``; refuse any other name and any argument."""
        if self.func_name != WAKE or self.args or self.kwargs:
            raise PermissionError("job: only the constant wake-up call is allowed")
        return super().perform()


def connection() -> Redis:
    """Return a connection to the queue's server, which gives up quickly."""
    url = current_app.config["PORTAL"].redis_url
    return Redis.from_url(url, socket_connect_timeout=2, socket_timeout=500)


def queue(redis: Redis) -> Queue:
    """Return the one queue."""
    return Queue(QUEUE, connection=redis, serializer="json", job_class=OnlyWake)


def ring() -> None:
    """Ask a worker to look for work. With the queue down nothing is lost: the keeper rings again."""
    try:
        queue(connection()).enqueue(WAKE, job_timeout=JOB_SECONDS, result_ttl=0, failure_ttl=3600)
    except RedisError as error:
        log.warning("bell.silent", error=type(error).__name__)


def ask(kind: str, target_ref: str) -> None:
    """Write down a piece of work in this transaction, and ring once it has committed."""
    claim.enqueue(kind, target_ref)
    after_commit(ring)


def ring_for_due() -> int:
    """Ring once for each due piece of work the queue does not already hold a call for; return how many."""
    with transaction():
        due = session().scalar(select(func.count()).select_from(Work).where(claim.is_due(clock.now()))) or 0
    try:
        missing = max(0, min(due, 20) - len(queue(connection())) if due else 0)
    except RedisError as error:
        log.warning("bell.silent", error=type(error).__name__)
        return 0
    for _ in range(missing):
        ring()
    return missing


def wake() -> None:
    """Do one piece of due work, if any is left: safe to call at any time, from any host."""
    held = claim.take()
    if held is not None:
        with structlog.contextvars.bound_contextvars(job_id=f"{held.id}.{held.attempt}"):
            _do(held)


def _do(held: registry.Held) -> None:
    kind = registry.KINDS[held.kind]
    if held.attempt > claim.MOST_ATTEMPTS:
        _fail(kind, held, RuntimeError("killed every time"))
        return
    failure = _failure_of(kind, held)
    if failure is None:
        return
    try:
        _fail(kind, held, failure)
    except LostFence:
        log.info("work.fence_lost", kind=held.kind)
        return
    if isinstance(failure, Withheld):
        return
    # RQ keeps the text of what is raised and of what it was raised from; the original's may hold a record's value.
    raise RuntimeError(f"{held.kind}: {type(failure).__name__}")


def _failure_of(kind: registry.Kind, held: registry.Held) -> Exception | None:
    """Do the work; hand its failure back, so that whatever is raised next does not carry it along."""
    try:
        with claim.heartbeat(held):
            _run(kind, held)
    except LostFence:
        log.info("work.fence_lost", kind=held.kind)
    except Exception as error:  # noqa: BLE001 -- the job edge: failure becomes a state with an event, then goes on up
        return error
    return None


def _run(kind: registry.Kind, held: registry.Held) -> None:
    for stage in kind.stages:
        with transaction():
            claim.extend(held, stage=stage.name)
        for observer in registry.observers:
            observer(kind.name, stage.name)
        stage.do(held)


def _fail(kind: registry.Kind, held: registry.Held, error: BaseException) -> None:
    for_good = isinstance(error, Withheld) or held.attempt >= claim.MOST_ATTEMPTS
    with transaction():
        claim.extend(held)
        kind.failed(held, error, for_good)
        claim.give_back(held, type(error).__name__, for_good=for_good)
    log.warning("work.failed", kind=held.kind, error=type(error).__name__, for_good=for_good)


def progress(kind: str, target_ref: str) -> tuple[str, str, tuple[str, ...]] | None:
    """Return (status, current stage, all stages) of a piece of work, for the page that watches it."""
    work = session().scalar(select(Work).where(Work.kind == kind, Work.target_ref == target_ref))
    if work is None:
        return None
    names = tuple(stage.name for stage in registry.KINDS[kind].stages)
    return work.status, work.stage, names
