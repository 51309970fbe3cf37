"""What the clock does to emergencies: reminds, lets lapse, ends. Nothing here is needed for access to end."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import ColumnElement, select

from portal import clock
from portal.actor import Actor
from portal.audit.recorder import record
from portal.db import move, session
from portal.emergencies import letters
from portal.emergencies.models import Emergency
from portal.emergencies.workflow import EMERGENCY, LAPSE, REMIND
from portal.letters.settling import settled


def by_the_clock(actor: Actor) -> int:
    """Write down what is over, and remind who is waited for; return how many emergencies. The keeper calls it."""
    moment = clock.now()
    return _end(actor, moment) + _lapse(actor, moment) + _remind(actor, moment) + _remind_of_review(actor, moment)


def _end(actor: Actor, moment: dt.datetime) -> int:
    due = _found(Emergency.status == "granted", Emergency.ends_at <= moment)
    for one in due:
        _settle(actor, one, "end", moment)
    return len(due)


def _lapse(actor: Actor, moment: dt.datetime) -> int:
    due = _found(Emergency.status == "asked", Emergency.asked_at <= moment - LAPSE)
    for one in due:
        _settle(actor, one, "lapse", moment)
    return len(due)


def _settle(actor: Actor, one: Emergency, verb: str, moment: dt.datetime) -> None:
    step = EMERGENCY.find(one.status, verb)
    move(one, status=step.target, settled_at=moment)
    settled(f"/emergencies/{one.ref}", "emergency_asked", "emergency_silent")
    record(
        actor,
        step.event,
        target=("emergency", one.ref),
        purpose={"mou": one.agreement.ref, "emergency": one.ref},
        change={"status": (step.source, step.target)},
    )
    letters.to_asker(one, step.target)


def _remind(actor: Actor, moment: dt.datetime) -> int:
    late = _found(Emergency.status == "asked", Emergency.asked_at <= moment - REMIND, Emergency.reminded_at.is_(None))
    for one in late:
        move(one, reminded_at=moment)
        letters.to_officers(one, "emergency_silent", head=True)
        record(actor, "emergency.reminded", target=("emergency", one.ref), reason="late")
    return len(late)


def _remind_of_review(actor: Actor, moment: dt.datetime) -> int:
    late = _found(
        Emergency.status.in_(("granted", "over")),
        Emergency.reviewed_at.is_(None),
        Emergency.review_due_at <= moment,
        Emergency.review_reminded_at.is_(None),
    )
    for one in late:
        move(one, review_reminded_at=moment)
        letters.to_officers(one, "emergency_review", head=True)
        record(actor, "emergency.review_due", target=("emergency", one.ref), reason="late")
    return len(late)


def _found(*where: ColumnElement[bool]) -> Sequence[Emergency]:
    return list(session().scalars(select(Emergency).where(*where).order_by(Emergency.id).limit(50)))
