"""What time alone does to agreements, but for their end: they begin, and letters warn of the end before it comes."""

import datetime as dt

import structlog
from sqlalchemy import select

from portal import clock
from portal.actor import Actor
from portal.agreements import actions_signing, letters, queries, steps, terms
from portal.agreements.content import sha256_of
from portal.agreements.models import Agreement
from portal.audit.recorder import record
from portal.db import move, session

log = structlog.get_logger(__name__)
WARNINGS = (90, 30, 7)
"""Days before the last one on which both sides are written to, each once."""


def begin_due(actor: Actor) -> int:
    """Let the signed agreements take effect whose first day has come; return how many."""
    waiting = select(Agreement).where(Agreement.status == "signing", Agreement.stage == "begin")
    near = waiting.where(Agreement.starts_on <= clock.today() + dt.timedelta(days=1)).order_by(Agreement.id)
    begun = 0
    for agreement in list(session().scalars(near)):
        steps.take_turns(agreement)
        if sha256_of(agreement) != agreement.text_sha256:
            log.warning(
                "agreement.not_what_was_signed", agreement=agreement.ref
            )  # it never begins; people open it again
            continue
        begun += agreement.stage == "begin" and actions_signing.begin(actor, agreement)
    return begun


def warn(actor: Actor) -> int:
    """Write to both sides of agreements that end in 90, 30 or 7 days, each once; return how many were due."""
    horizon = clock.today() + dt.timedelta(days=max(WARNINGS) + 1)
    query = select(Agreement).where(Agreement.status.in_(["active", "suspended"]), Agreement.ends_on <= horizon)
    warned = 0
    for agreement in list(session().scalars(query.order_by(Agreement.id).limit(200))):
        left = terms.days_left(queries.terms_of(agreement), clock.now()) - 1  # days after today
        due = min((days for days in WARNINGS if left <= days), default=0)
        if left < 0 or not due or (agreement.warned_days and agreement.warned_days <= due):
            continue
        letters.ends(agreement, left)
        change = {"ends_on": ("", agreement.last_day.isoformat())}
        target = ("agreement", agreement.ref, agreement.revision)
        record(actor, "agreement.end_announced", target=target, change=change)
        move(agreement, warned_days=due)
        warned += 1
    return warned
