"""Whether the log verifies, as a page may say it at once: the last full check, and a cheap look at the head.

The full check is the keeper's; its result is an event like any other, so the log also says when it was checked.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock, ports
from portal.actor import system
from portal.audit import appending, canonical, checkpoint, merkle, verify
from portal.audit.event_types import Outcome
from portal.audit.models import AuditCheckpoint, AuditEvent, AuditLog
from portal.audit.recorder import moment_of, record_alone
from portal.audit.signing import signed_and_head
from portal.db import transaction
from portal.errors import LogUnavailable, Tampered

EVENT = "audit.verified"
SHORTEST = dt.timedelta(seconds=30)
EVENTS_PER_SECOND_OF_PAUSE = 400  # a check of a million events costs seconds: it comes round every 40 minutes


@dataclass(frozen=True)
class Badge:
    """What a page says of the log: `verified` True, False or None (nobody has checked yet).

    `size` events were checked at `at`; `size_now` are in the log; `problem` is a word of `verify.PROBLEMS`.
    """

    verified: bool | None
    size: int = 0
    at: dt.datetime | None = None
    size_now: int = 0
    problem: str = ""


def badge(session: Session) -> Badge:
    """Say whether the log verifies, from the last full check and a look at head and checkpoint."""
    try:
        signed, head = signed_and_head(session)
    except LogUnavailable:
        return Badge(None)
    last = _last_check(session)
    size, at = (_size(last), moment_of(last.occurred_us)) if last else (0, None)
    problem = _look(session, head, signed)
    if problem:
        return Badge(verified=False, size=size, at=at, size_now=head.size, problem=problem)
    if last is None:
        return Badge(None, size_now=head.size)
    if last.outcome != Outcome.SUCCESS:
        return Badge(verified=False, size=size, at=at, size_now=head.size, problem=_reason(last))
    return Badge(verified=True, size=size, at=at, size_now=head.size)


def check_if_due() -> verify.Report | None:
    """Check the whole log if events have come since the last check and it is some time ago; record the result."""
    with transaction() as session:
        head, last = appending.read_head(session), _last_check(session)
    if last is not None:
        pause = max(SHORTEST, dt.timedelta(seconds=head.size / EVENTS_PER_SECOND_OF_PAUSE))
        if head.size == last.leaf_index + 1 or clock.now() - moment_of(last.occurred_us) < pause:
            return None
    return check()


def check() -> verify.Report:
    """Check the whole log now and record the result. An incomplete check is no proof of anything: no event."""
    report = verify.examine()
    if report.state is verify.State.INCOMPLETE:
        return report
    sound = report.state is verify.State.OK
    record_alone(
        system("keeper"),
        EVENT,
        target=("log", "1"),
        outcome=Outcome.SUCCESS if sound else Outcome.FAILURE,
        reason=report.problem,
        data={"rows": report.size, "sha256": report.root.hex()},
    )
    return report


def _last_check(session: Session) -> AuditEvent | None:
    order = select(AuditEvent).where(AuditEvent.type == EVENT).order_by(AuditEvent.leaf_index.desc())
    return session.scalar(order.limit(1))


def _look(session: Session, head: appending.Head, last: AuditCheckpoint | None) -> str:
    """Name what is wrong with head or newest checkpoint, if anything is."""
    if merkle.root(head.frontier) != head.root or len(head.frontier) != head.size.bit_count():
        return "root"
    if last is None:
        return ""
    log = session.get_one(AuditLog, head.log_id)
    try:
        note = checkpoint.verify(last.note, checkpoint.verifier_key(log.origin, ports.house.keys.public_key()))
    except Tampered:
        return "signature"
    if note.size > head.size:
        return "shortened"
    return "checkpoint" if note.size == head.size and note.root != head.root else ""


def _body(event: AuditEvent) -> Mapping[str, canonical.Json]:
    return canonical.decode(event.body)


def _size(event: AuditEvent) -> int:
    data = _body(event).get("data")
    rows = data.get("rows", 0) if isinstance(data, Mapping) else 0
    return rows if isinstance(rows, int) else 0


def _reason(event: AuditEvent) -> str:
    return str(_body(event).get("reason", ""))
