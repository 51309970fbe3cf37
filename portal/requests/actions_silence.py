"""What silence leads to: one reminder, then the coordinator. Silence never approves, and never takes a track away."""

import datetime as dt

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from portal import clock
from portal.actor import Actor, Role
from portal.audit.recorder import record
from portal.catalogue import owners, worktime
from portal.db import session
from portal.requests import letters, people, workflow
from portal.requests.models import Request, Track
from portal.requests.workflow import ESCALATE_DAYS, REMIND_DAYS


def age(track: Track) -> int:
    """Return how many working days of its office a track has waited."""
    return worktime.between(track.region, track.opened_at, clock.now())


def chase(actor: Actor, now: dt.datetime) -> int:
    """Remind of what has been silent for three working days and tell the coordinator after five, once each.

    Runs in the open transaction; a track that moved meanwhile is left for the next round. Returns how many steps.
    """
    unsaid = or_(Track.reminded_at.is_(None), Track.escalated_at.is_(None))
    silent = (
        select(Track)
        .join(Request)
        .where(Track.status == "open", Request.status == "in_review", unsaid)
        .where(Track.opened_at <= now - dt.timedelta(days=REMIND_DAYS))
        .options(joinedload(Track.request))
        .order_by(Track.id)
        .with_for_update(of=Track, skip_locked=True)
    )
    return sum(_chase(actor, track, now) for track in session().scalars(silent))


def _chase(actor: Actor, track: Track, now: dt.datetime) -> int:
    taken = 0
    if track.reminded_at is None and worktime.due(track.region, track.opened_at, REMIND_DAYS) <= now:
        _step(actor, track, "remind", reminded_at=now)
        letters.about_track(track, "track_silent", [one.person for one in people.of_track(track)])
        taken += 1
    if track.escalated_at is None and worktime.due(track.region, track.opened_at, ESCALATE_DAYS) <= now:
        _step(actor, track, "escalate", escalated_at=now)
        asking = track.request.organisation_id
        whom = people.holders(Role.COORDINATOR, asking) or people.holders(Role.HEAD, asking)
        letters.about_track(track, "track_escalated", whom)
        taken += 1
    return taken


def _step(actor: Actor, track: Track, verb: str, **values: object) -> None:
    step = workflow.TRACK.find(track.status, verb)
    track.take(step, **values)
    purpose = track.request.logged_purpose
    record(actor, step.event, target=("track", track.ref), purpose=purpose, reason=owners.logged(track.region))
