"""The worker's process: waits for the doorbell and does what the table of work says.

RQ's own recovery is far too slow (minutes), so it is not relied on: the lease in the database is.
"""

import os
import time

import structlog
from redis.exceptions import RedisError
from rq import Worker

from portal.app import Portal
from portal.db import db
from portal.jobs import bell

log = structlog.get_logger(__name__)


def run(app: Portal, *, burst: bool = False) -> None:
    """Work until told to stop (``burst``: until the queue is empty)."""
    with app.app_context():
        # A forked job must not share its parent's connections to the database; SQLite's may not even be open then,
        # or what the child opens takes the parent's locks for its own.
        os.register_at_fork(before=db.engine.dispose, after_in_child=lambda: db.engine.dispose(close=False))
        while True:
            try:
                _worker().work(burst=burst, logging_level="WARNING")
            except RedisError as error:
                log.warning("worker.queue_away", error=type(error).__name__)
                time.sleep(1)
                continue
            return


def _worker() -> Worker:
    redis = bell.connection()
    return Worker(
        [bell.queue(redis)],
        connection=redis,
        job_class=bell.OnlyWake,
        serializer="json",
        worker_ttl=30,
        maintenance_interval=10,
        job_monitoring_interval=2,
        log_job_description=False,
    )
