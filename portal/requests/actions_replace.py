"""Stepping aside from a region's part, and giving it to another decider. Nobody's decision is ever overridden."""

from sqlalchemy import select

from portal import policy
from portal.actor import Actor
from portal.audit.recorder import record
from portal.auth.actions_factor import prove
from portal.auth.models import Person
from portal.db import require_seen, session
from portal.errors import Invalid
from portal.permissions import Permission
from portal.requests import letters, people, queries, verdicts, workflow
from portal.requests.actions_settle import NOT_SILENT
from portal.requests.models import Track
from portal.requests.models_duties import Assignment, Recusal
from portal.requests.schemas_duties import Given


def recuse(actor: Actor, ref: str, given: Given) -> Track:
    """Step aside from a track for good; it waits for the coordinator to find a replacement.

    Raises NotFound, NotAllowed, IllegalStep, Stale or Invalid (reason or code).
    """
    track = queries.track(actor, ref)
    verdicts.take_turns(track.request)
    session().refresh(track)
    gone = select(Recusal.id).where(Recusal.track_id == track.id, Recusal.person_id == actor.id)
    if session().scalar(gone) is not None and track.status == "recused":
        return track  # the second of two clicks
    policy.require(actor, Permission.TRACK_DECIDE, track)
    step = workflow.TRACK.find(track.status, "recuse")
    _reasoned(track, given)
    prove(actor, given.code)
    session().add(Recusal(track_id=track.id, person_id=actor.id, reason=given.reason))
    track.take(step)
    change = {"state": (step.source, step.target)}
    _record(actor, step.event, track, change, given)
    letters.about_track(track, "track_recused", [one.person for one in people.of_track(track)])
    return track


def candidates(track: Track) -> list[Person]:
    """Return whom a track may be given to: staff with a suitable role, not of who asks, who did not step aside."""
    aside = select(Recusal.person_id).where(Recusal.track_id == track.id)
    gone = {*session().scalars(aside), track.request.entered_by_id or 0}
    return people.may_stand_in(gone, asking_organisation=track.request.organisation_id)


def reassign(actor: Actor, ref: str, given: Given) -> Track:
    """Give a silent or conflicted track to another decider, with the reason; they may decide it from now on.

    Raises NotFound, NotAllowed, IllegalStep, Stale or Invalid (person, reason or code).
    """
    track = queries.track(actor, ref)
    verdicts.take_turns(track.request)
    session().refresh(track)
    person = next((one for one in candidates(track) if one.ref == given.person), None)
    if track.status == "open" and person is not None and _has_it(track, person) and track.lock == given.lock + 1:
        return track  # the second of two clicks
    policy.require(actor, Permission.TRACK_REASSIGN, track)
    step = workflow.TRACK.find(track.status, "reassign")
    _reasoned(track, given)
    if person is None:
        raise Invalid({"person": ["choose_one"]})
    prove(actor, given.code)
    session().add(Assignment(track_id=track.id, person_id=person.id, by_id=actor.id, reason=given.reason))
    track.take(step, **NOT_SILENT if step.source == "recused" else {})
    change = {"state": (step.source, step.target), "person": ("", person.ref)}
    _record(actor, step.event, track, change, given)
    letters.about_track(track, "track_reassigned", [person])
    return track


def _has_it(track: Track, person: Person) -> bool:
    newest = select(Assignment.person_id).where(Assignment.track_id == track.id).order_by(Assignment.id.desc())
    return session().scalar(newest.limit(1)) == person.id


def _reasoned(track: Track, given: Given) -> None:
    if not given.reason:
        raise Invalid({"reason": ["reason_needed"]})
    require_seen(track, given.lock)


def _record(actor: Actor, event: str, track: Track, change: dict[str, tuple[str, str]], given: Given) -> None:
    purpose = track.request.logged_purpose
    target = ("track", track.ref)
    record(actor, event, target=target, purpose=purpose, change=change, private={actor.ref: {"reason": given.reason}})
