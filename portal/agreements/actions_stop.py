"""Stopping a running agreement, letting it run again, giving notice, and closing what is over.

Builds and downloads ask the agreement each time: what is suspended here allows nothing from that moment.
"""

import datetime as dt

from flask_babel import gettext as _

from portal import clock, ports
from portal.actor import Actor
from portal.agreements import letters, queries, steps
from portal.agreements import queries_signing as reads
from portal.agreements.models import Agreement
from portal.auth.actions_factor import prove
from portal.errors import Invalid, NotAllowed
from portal.machine import Step
from portal.permissions import Permission

STOPS = frozenset({"suspend", "resume", "terminate"})


def stop(actor: Actor, ref: str, verb: str, *, lock: int, reason: str, code: str) -> Agreement:
    """Suspend, resume or terminate at once; what is asked for under what is terminated, and its files, end with it.

    Raises NotFound, NotAllowed (whoever suspended it does not resume it), Stale, IllegalStep, or Invalid.
    """
    agreement = steps.load(actor, ref, Permission.AGREEMENT_STOP)
    if steps.done(actor, agreement, verb, lock):
        return agreement
    step = steps.find(agreement, verb if verb in STOPS else "", lock)
    _reasoned(reason)
    if verb == "resume":
        if reads.suspended_by(agreement) == actor.id:
            raise NotAllowed("agreement: somebody else than whoever suspended it lets it run again")
        if queries.terms_of(agreement).closes <= clock.now():
            raise Invalid({"_schema": [_("Its last day has passed: renew it.")]})
    prove(actor, code)
    ended = {"terminated_on": steps.today(agreement)} if verb == "terminate" else {}
    steps.go(actor, agreement, step, reason=reason, values=ended)
    if step.status == "ended":
        ports.house.agreement_over(actor, agreement.id)
    letters.stopped(agreement, step.ended_as or step.target)
    return agreement


def notice(actor: Actor, ref: str, *, lock: int, reason: str, last_day: dt.date | None, code: str) -> Agreement:
    """Give notice: it runs through a day that is named, then it is terminated. Either side may.

    Raises NotFound, NotAllowed, Stale, IllegalStep, or Invalid (the day, no reason, the code).
    """
    partner = actor.organisation_id == queries.agreement(actor, ref).organisation_id
    agreement = steps.load(actor, ref, Permission.AGREEMENT_ANSWER if partner else Permission.AGREEMENT_STOP)
    if steps.done(actor, agreement, "notice", lock):
        return agreement
    step = steps.find(agreement, "notice", lock)
    _reasoned(reason)
    if last_day is None or not steps.today(agreement) <= last_day < agreement.last_day:
        raise Invalid({"last_day": [_("Name a day from today to before the agreement's last day.")]})
    prove(actor, code)
    change = {"ends_on": (agreement.last_day.isoformat(), last_day.isoformat())}
    steps.go(actor, agreement, step, reason=reason, change=change, values={"terminated_on": last_day})
    letters.stopped(agreement, "notice")
    return agreement


def close(actor: Actor, ref: str, *, lock: int, reason: str, code: str) -> Agreement:
    """Close an agreement that is over, as data protection officer: nothing under it is open any more.

    Raises NotFound, NotAllowed, Stale, IllegalStep, or Invalid (requests under it are open, no reason, the code).
    """
    agreement = steps.load(actor, ref, Permission.AGREEMENT_OFFICER)
    if steps.done(actor, agreement, "close", lock):
        return agreement
    step: Step = steps.find(agreement, "close", lock)
    _reasoned(reason)
    if ports.house.open_requests(agreement.id):
        raise Invalid({"_schema": [_("Requests under it are not ended yet. Nothing is closed over their heads.")]})
    prove(actor, code)
    steps.go(actor, agreement, step, reason=reason)
    return agreement


def _reasoned(reason: str) -> None:
    if not reason:
        raise Invalid({"reason": [_("Say why: the other side reads it.")]})
