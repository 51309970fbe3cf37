"""What time, or the end of an agreement, does to requests. Access has ended by then: these steps only say so."""

import datetime as dt
from collections.abc import Callable

from sqlalchemy import select

from portal import clock, ports
from portal.actor import Actor
from portal.agreements import actions as agreements
from portal.agreements.models import Agreement
from portal.agreements.queries import terms_of
from portal.audit.recorder import record
from portal.db import session
from portal.requests import actions_renewal, letters, renewals, verdicts, workflow
from portal.requests import actions_settle as settling
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
        _move(actor, request, verb)
    return ended + len(due)


def follow(actor: Actor, agreement_id: int) -> None:
    """Answer the agreements room, in its transaction: one was terminated, or a renewal took its place.

    What runs under a terminated one ends with its releases. Under a renewal it waits for its purpose to be confirmed,
    and what waited under a version before is looked at again.
    """
    over = session().get_one(Agreement, agreement_id)
    theirs = (Agreement.number == over.number, Agreement.revision <= over.revision)
    query = select(Request).join(Agreement).where(*theirs, Request.status.in_([*RUNNING, *BEFORE]))
    for request in list(session().scalars(query.order_by(Request.id))):
        verdicts.take_turns(request)
        verb = _verb(request, clock.now())
        if verb:
            _move(actor, request, verb)
        elif request.state == workflow.WAITS:
            actions_renewal.pause(actor, request)
        if verb in {"expire", "lapse"} and over.ended_as == "terminated":
            ports.house.end_releases(actor, request.id, "revoked")


def _verb(request: Request, now: dt.datetime) -> str:
    renewed = renewals.in_force(request) is not None
    over = not renewed and (request.agreement.status == "ended" or terms_of(request.agreement).closes <= now)
    waits, early = request.state == workflow.WAITS, request.status in BEFORE
    runs = request.status in RUNNING and not waits
    offer_old = request.status == "offered" and request.moved_at + dt.timedelta(workflow.OFFER_DAYS) <= now
    rules: dict[str, Callable[[], bool]] = {
        "expire": lambda: runs and (over or _last_day_passed(request, now)),
        "pause": lambda: request.state == "active" and renewed,
        "carry": lambda: renewed and workflow.REQUEST.allows(request.state, "carry"),
        "cancel": lambda: early and (over or renewed),
        "lapse": lambda: offer_old or (waits and (over or renewals.until(request) <= now)),
    }
    return next((verb for verb, holds in rules.items() if holds()), "")


def _last_day_passed(request: Request, now: dt.datetime) -> bool:
    zone = request.agreement.time_zone
    return request.ends_on is not None and clock.day_end(request.ends_on, zone) <= now


def _move(actor: Actor, request: Request, verb: str) -> None:
    if verb == "pause":
        actions_renewal.pause(actor, request)
    elif verb == "carry":
        actions_renewal.carry(actor, request)
    else:
        _end(actor, request, verb)


def _end(actor: Actor, request: Request, verb: str) -> None:
    step = workflow.REQUEST.find(request.state, verb)
    request.take(step)
    purpose = request.logged_purpose
    change = {"state": (step.source, step.target)}
    record(actor, step.event, target=("request", request.ref), purpose=purpose, change=change)
    settling.close_all(request)
    how = "unconfirmed" if step.source == workflow.WAITS else step.ended_as
    letters.to_requester(request, "request_ended", how=how)
