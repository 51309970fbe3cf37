"""What time alone does to requests. Access has ended by then already: these steps only say so."""

import datetime as dt
from collections.abc import Callable

from sqlalchemy import select

from portal import clock
from portal.actor import Actor
from portal.agreements import actions as agreements
from portal.agreements.models import Agreement
from portal.agreements.queries import terms_of
from portal.audit.recorder import record
from portal.db import session
from portal.requests import actions_settle as settling
from portal.requests import letters, workflow
from portal.requests.models import Request

RUNNING = ("active", "suspended")
BEFORE = ("draft", "in_review", "returned", "offered")


def expire_due(actor: Actor, now: dt.datetime) -> int:
    """End what is over at ``now``, in the open transaction: agreements first, then what hangs on them.

    Returns how many agreements and requests moved.
    """
    ended = agreements.expire_due(actor, now)
    candidates = session().scalars(select(Request).join(Agreement).where(Request.status.in_([*RUNNING, *BEFORE])))
    due = [(request, verb) for request in candidates if (verb := _verb(request, now))]
    for request, verb in due:
        _end(actor, request, verb)
    return ended + len(due)


def _verb(request: Request, now: dt.datetime) -> str:
    over = request.agreement.status == "ended" or terms_of(request.agreement).closes <= now
    rules: dict[str, Callable[[], bool]] = {
        "expire": lambda: request.status in RUNNING and (over or _last_day_passed(request, now)),
        "cancel": lambda: request.status in BEFORE and over,
        "lapse": lambda: request.status == "offered" and request.moved_at + dt.timedelta(workflow.OFFER_DAYS) <= now,
    }
    return next((verb for verb, holds in rules.items() if holds()), "")


def _last_day_passed(request: Request, now: dt.datetime) -> bool:
    zone = request.agreement.time_zone
    return request.ends_on is not None and clock.day_end(request.ends_on, zone) <= now


def _end(actor: Actor, request: Request, verb: str) -> None:
    step = workflow.REQUEST.find(request.state, verb)
    request.take(step)
    purpose = {"request": request.ref, "mou": request.agreement.ref}
    change = {"state": (step.source, step.target)}
    record(actor, step.event, target=("request", request.ref), purpose=purpose, change=change)
    settling.close_all(request)
    letters.to_requester(request, "request_ended", how=step.ended_as)
