"""A region's decision on its own rows, and what follows from it: one form, one code, one deed."""

from dataclasses import dataclass

from portal import policy
from portal.actor import Actor, Role
from portal.auth.actions_factor import prove
from portal.db import session
from portal.machine import Step
from portal.permissions import Permission
from portal.requests import actions_settle as settling
from portal.requests import coowners, guards, letters, people, queries, verdicts, words, workflow
from portal.requests.conflict import AlreadyDecided
from portal.requests.models import Decision, Track
from portal.requests.schemas import Verdict
from portal.requests.verdicts import Seat


def decide(actor: Actor, ref: str, verdict: Verdict) -> Decision:
    """Decide one region's part of a request, or a co-owner's.

    Sent again with the same key it is the same decision. Raises NotFound, NotAllowed, StaleScope, IllegalStep, Invalid
    (a reason, a refusal or the code is missing or wrong), TermsForbid or Stale.
    """
    found = weigh(actor, ref, verdict)
    if isinstance(found, Decision):
        return found
    judge(found)
    prove(actor, verdict.code)
    return conclude(actor, found)


@dataclass(frozen=True)
class Weighed:
    """A decision that may be taken: the track, held until the transaction ends, its step and what was sent."""

    track: Track
    step: Step
    verdict: Verdict


def weigh(actor: Actor, ref: str, verdict: Verdict) -> Weighed | Decision:
    """Return what is to be decided, or the decision that this key has made already.

    Raises NotFound, NotAllowed, StaleScope, IllegalStep or Stale.
    """
    track = queries.track(actor, ref)
    policy.require(actor, Permission.TRACK_DECIDE, track)
    verdicts.take_turns(track.request)
    session().refresh(track)
    known = verdicts.known(actor, verdict.key, track.request_id)
    if known is not None:
        return known
    step = _step(track, verdict.verb)
    _same_scope(track, verdict.sha256)
    return Weighed(track, step, verdict)


def judge(found: Weighed) -> None:
    """Refuse with Invalid or TermsForbid what the verdict lacks, or what the agreement does not allow."""
    request, verdict = found.track.request, found.verdict
    menu = verdicts.menu_for(verdict, request)
    refused = verdicts.refused_by(verdict, coowners.reach(found.track))
    left = verdicts.judge(verdict, queries.part_of(found.track), refused, menu)
    if menu is not None:
        guards.allows(request, left, menu, "decide")


def conclude(actor: Actor, found: Weighed) -> Decision:
    """Write the decision of somebody who has proved who they are, and what follows from it."""
    track, step, verdict = found.track, found.step, found.verdict
    decision = verdicts.write(actor, track.request, verdict, track, seat_of(actor, track))
    track.take(step, decided_at=decision.decided_at)
    verdicts.note(actor, step, ("track", track.ref), track.request, decision)
    whose = {"region": letters.region(track.region), "owner": track.owner_id is not None}
    letters.to_requester(track.request, "request_decided", verdict=step.target, **whose)
    settling.settle(track.request)
    return decision


def seat_of(actor: Actor, track: Track) -> Seat:
    """Return as what the actor may decide a track now, and for whom; the strongest right first."""
    if actor.has(Role.REGIONAL_MANAGER) and track.region in actor.regions:
        return Seat("manager")
    if actor.has(Role.FOCAL_POINT) and track.owner_id == actor.organisation_id:
        return Seat("owner")
    mine = [one for one in people.of_track(track) if one.person.id == actor.id]
    for one in mine:
        if one.instead_of is not None:
            return Seat("deputy", one.instead_of)
    return Seat("assigned" if queries.is_assigned(actor, track) else "coordinator")


def _step(track: Track, verb: str) -> Step:
    """Return the step; whoever comes second is told what was decided meanwhile."""
    own = [one for one in track.decisions if not one.by_officer]
    if not workflow.TRACK.allows(track.status, verb) and track.decided_at is not None and own:
        last = own[-1]
        who, back = words.decided_by(last), f"/tracks/{track.ref}"
        raise AlreadyDecided(last.verdict, who, last.decided_at, back, track.request.number)
    return workflow.TRACK.find(track.status, verb)


def _same_scope(track: Track, seen: str) -> None:
    if track.slice_sha256 != seen:
        cut = verdicts.slice_of(track.region)
        raise verdicts.stale(track.request, queries.part_of(track), seen, cut=cut, back=f"/tracks/{track.ref}")
