"""What the requester does with an offer, or with a request that is no longer wanted."""

from portal import clock, policy, ports
from portal.actor import Actor
from portal.audit.recorder import record
from portal.db import require_seen
from portal.machine import Step
from portal.permissions import Permission
from portal.requests import actions_obligations, actions_publications, guards, letters, queries, verdicts, workflow
from portal.requests import actions_settle as settling
from portal.requests.models import Request


def accept(actor: Actor, ref: str, *, sha256: str) -> Request:
    """Accept exactly the scope that was offered, with its conditions; the build is ordered in the same transaction.

    Raises NotFound, NotAllowed, IllegalStep, StaleScope if the offer is not the one that was seen, TermsForbid, Stale.
    """
    request = queries.request(actor, ref)
    policy.require(actor, Permission.REQUEST_ACCEPT, request)
    verdicts.take_turns(request)
    scope = queries.scope_of(request.scope)
    if request.state == "active" and scope.sha256() == sha256:
        return request  # the second of two clicks
    step = workflow.REQUEST.find(request.state, "accept")
    if scope.sha256() != sha256:
        raise verdicts.stale(request, scope, sha256, cut=verdicts.whole, back=f"/requests/{request.ref}")
    guards.require(request, scope, guards.menu_of(request), "submit", actor)
    request.take(step, accepted_at=clock.now())
    _record(actor, step, request, {"dataset": request.dataset.code, "sha256": sha256})
    actions_obligations.take_on(actor, request)
    actions_publications.take_on(actor, request)
    ports.house.order_release(request.id)
    letters.to_requester(request, "request_active")
    return request


def withdraw(actor: Actor, ref: str, *, lock: int) -> Request:
    """Withdraw a request that does not run yet; its open tracks close.

    Raises NotFound, NotAllowed, IllegalStep or Stale.
    """
    request = queries.request(actor, ref)
    policy.require(actor, Permission.REQUEST_WITHDRAW, request)
    verdicts.take_turns(request)
    if request.state == "ended:withdrawn" and request.lock == lock + 1:
        return request  # the second of two clicks
    step = workflow.REQUEST.find(request.state, "withdraw")
    require_seen(request, lock)
    request.take(step)
    _record(actor, step, request, {})
    settling.close_all(request)
    return request


def _record(actor: Actor, step: Step, request: Request, data: dict[str, str]) -> None:
    record(
        actor,
        step.event,
        target=("request", request.ref),
        purpose=request.logged_purpose,
        data=data,
        change={"state": (step.source, step.target)},
    )
