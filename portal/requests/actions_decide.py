"""A region's decision on its own rows, and what follows from it: one form, one code, one deed."""

from portal import policy
from portal.actor import Actor
from portal.agreements import queries as agreements
from portal.auth.actions_factor import prove
from portal.db import session
from portal.permissions import Permission
from portal.requests import actions_settle as settling
from portal.requests import guards, letters, queries, verdicts, workflow
from portal.requests.models import Decision, Track
from portal.requests.schemas import Verdict
from portal.requests.scope import Scope


def decide(actor: Actor, ref: str, verdict: Verdict) -> Decision:
    """Decide one region's part of a request.

    Sent again with the same key it is the same decision. Raises NotFound, NotAllowed, StaleScope, IllegalStep, Invalid
    (a reason, a refusal or the code is missing or wrong), TermsForbid or Stale.
    """
    track = queries.track(actor, ref)
    policy.require(actor, Permission.TRACK_DECIDE, track)
    verdicts.take_turns(track.request)
    session().refresh(track)
    known = verdicts.known(actor, verdict.key, track.request_id)
    if known is not None:
        return known
    step = workflow.TRACK.find(track.status, verdict.verb)
    _same_scope(track, verdict.sha256)
    _judge(track, verdict)
    prove(actor, verdict.code)
    decision = verdicts.write(actor, track.request, verdict, track)
    track.take(step, decided_at=decision.decided_at)
    verdicts.note(actor, step, ("track", track.ref), track.request, decision)
    region = letters.region(track.region)
    letters.to_requester(track.request, "request_decided", region=region, verdict=step.target)
    settling.settle(track.request)
    return decision


def part_of(track: Track) -> Scope:
    """Return the scope cut down to a track's own part."""
    return verdicts.slice_of(track.region)(queries.scope_of(track.scope))


def _same_scope(track: Track, seen: str) -> None:
    if track.slice_sha256 != seen:
        cut = verdicts.slice_of(track.region)
        raise verdicts.stale(track.request, part_of(track), seen, cut=cut, back=f"/tracks/{track.ref}")


def _judge(track: Track, verdict: Verdict) -> None:
    request = track.request
    menu = verdicts.menu_for(verdict, request)
    left = verdicts.judge(verdict, part_of(track), verdicts.refused_by(verdict, track.region), menu)
    if menu is not None:
        agreements.require(request.agreement, guards.ask_of(request, left, menu))
