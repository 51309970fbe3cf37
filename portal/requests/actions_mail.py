"""A request that came by mail: staff type it in, for somebody. It is that person's draft, and only they can send it."""

from portal import clock, policy
from portal.actor import Actor
from portal.audit.recorder import record
from portal.auth.queries import actor_of
from portal.db import require_seen, session
from portal.errors import Invalid
from portal.machine import NOTHING
from portal.permissions import Permission
from portal.requests import actions_draft, letters, queries, queries_mail, verdicts, workflow
from portal.requests.models import Request
from portal.requests.schemas_mail import Mail


def enter(actor: Actor, mail: Mail) -> Request:
    """Begin a draft for a partner's requester, who asked by mail.

    Raises NotAllowed, or Invalid: nobody to enter it for, a dataset that their agreement does not cover, or a day to
    come.
    """
    whose = next((actor_of(one) for one in queries_mail.requesters() if one.ref == mail.requester), None)
    if whose is None:
        raise Invalid({"requester": ["choose_one"]})
    if mail.mailed_on > clock.today(actor.time_zone):
        raise Invalid({"mailed_on": ["to_come"]})
    offers = queries.offerable(whose, mail.dataset)
    if not offers:
        raise Invalid({"dataset": ["not_covered"]})
    policy.require(actor, Permission.REQUEST_ENTER, offers[0].agreement)
    policy.require(whose, Permission.REQUEST_CREATE, offers[0].agreement)
    step = workflow.REQUEST.find(NOTHING, "enter")
    request = actions_draft.begin(whose, offers[0], step)
    request.entered_by_id, request.mailed_on = actor.id, mail.mailed_on
    session().flush()
    _record(actor, step.event, request)
    return request


def hand_over(actor: Actor, ref: str, *, lock: int) -> Request:
    """Give an entered draft into the hands of whoever asked: from now on only they change it, and only they send it.

    Raises NotFound, NotAllowed, IllegalStep or Stale.
    """
    request = queries_mail.to_fill(actor, ref)
    verdicts.take_turns(request)
    policy.require(actor, Permission.REQUEST_HAND_OVER, request)
    step = workflow.REQUEST.find(request.state, "hand_over")
    require_seen(request, lock)
    request.take(step, handed_at=clock.now())
    _record(actor, step.event, request)
    letters.to_requester(request, "request_entered", who=actor.name)
    return request


def _record(actor: Actor, event: str, request: Request) -> None:
    target, purpose = ("request", request.ref), {"request": request.ref}
    record(actor, event, target=target, purpose=purpose, reason="mail", on_behalf_of=request.requester.ref)
