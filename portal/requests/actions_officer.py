"""The data protection officer's decision on what the regions left over, and the power to stop what runs.

It may only narrow or add conditions: no verdict here gives back what a region refused.
"""

from portal import policy, ports
from portal.actor import Actor
from portal.audit.recorder import record
from portal.auth.actions_factor import prove
from portal.errors import Invalid
from portal.machine import Step
from portal.permissions import Permission
from portal.requests import actions_renewal, guards, letters, queries, renewals, verdicts, workflow
from portal.requests import actions_settle as settling
from portal.requests.models import Decision, Request, Track
from portal.requests.schemas import Verdict
from portal.requests.scope import EVERYWHERE, Scope

STOPS = frozenset({"suspend", "resume", "revoke"})


def decide(actor: Actor, ref: str, verdict: Verdict) -> Decision:
    """Decide a request after its regions. Idempotent and refusing as a region's decision is."""
    request = queries.request(actor, ref)
    policy.require(actor, Permission.REQUEST_OFFICER_DECIDE, request)
    verdicts.take_turns(request)
    known = verdicts.known(actor, verdict.key, request.id)
    if known is not None:
        return known
    step = workflow.REQUEST.find(request.state, verdict.verb)
    scope = queries.scope_of(request.scope)
    if scope.sha256() != verdict.sha256:
        back = f"/requests/{request.ref}/officer"
        raise verdicts.stale(request, scope, verdict.sha256, cut=verdicts.whole, back=back)
    menu = verdicts.menu_for(verdict, request)
    if verdict.verb in verdicts.APPROVING and scope.extras and not verdict.rationale:
        raise Invalid({"rationale": ["reason_needed"]})
    left = verdicts.judge(verdict, scope, verdicts.refused_by(verdict, EVERYWHERE), menu)
    asked = _asked(request, verdict) if verdict.verb == "ask" else None
    if menu is not None:
        guards.allows(request, left, menu, "decide")
    prove(actor, verdict.code)
    decision = verdicts.write(actor, request, verdict, asked)
    _go(request, step, left, asked)
    verdicts.note(actor, step, ("request", request.ref), request, decision)
    return decision


def _asked(request: Request, verdict: Verdict) -> Track:
    tracks = settling.standing(request).tracks
    found = [track for track in tracks if track.region == verdict.region and track.status in settling.APPROVED]
    if not found:
        raise Invalid({"region": ["choose_one"]})
    return found[0]


def _go(request: Request, step: Step, left: Scope, asked: Track | None) -> None:
    if step.status == "offered":
        request.take(step, scope_id=settling.keep(request, left, "offered").id)
        letters.to_requester(request, "request_offered", days=workflow.OFFER_DAYS)
    elif asked is not None:
        request.take(step, scope_id=queries.asked(request).id)
        settling.reopen(asked)
    else:
        request.take(step)
        letters.to_requester(request, "request_ended", how="rejected")


def stop(actor: Actor, ref: str, verb: str, *, reason: str, code: str) -> Request:
    """Suspend, resume or revoke a running request, with the reason. Builds and downloads ask its status each time.

    What is resumed after its agreement was renewed waits for its purpose to be confirmed.
    Raises NotFound, NotAllowed, IllegalStep, Invalid, TermsForbid (an agreement that is over resumes nothing) or Stale.
    """
    request = queries.request(actor, ref)
    policy.require(actor, Permission.REQUEST_OFFICER_DECIDE, request)
    verdicts.take_turns(request)
    step = workflow.REQUEST.find(request.state, verb if verb in STOPS else "")
    if not reason:
        raise Invalid({"reason": ["reason_needed"]})
    renewed = verb == "resume" and renewals.in_force(request) is not None
    if verb == "resume" and not renewed:
        guards.require(request, queries.scope_of(request.scope), guards.menu_of(request), "decide")
    prove(actor, code)
    request.take(step)
    change = {"state": (step.source, step.target)}
    target, purpose = ("request", request.ref), {"request": request.ref}
    record(actor, step.event, target=target, purpose=purpose, change=change, private={actor.ref: reason})
    if step.status == "ended":
        ports.house.end_releases(actor, request.id, step.ended_as)
    if renewed:
        actions_renewal.pause(settling.PORTAL, request)
        return request
    letters.to_requester(request, "request_stopped", how=step.target.partition(":")[2] or step.target)
    return request
