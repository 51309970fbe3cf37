"""Reads of what is asked for beyond a request's last day, or beyond its team."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from portal import policy
from portal.actor import Actor, Role
from portal.db import session
from portal.permissions import Permission
from portal.requests.models import Request, Track
from portal.requests.models_extension import OFFICER, Extension

RUNNING = ("active", "suspended")
LOADED = (
    joinedload(Extension.request).joinedload(Request.organisation),
    joinedload(Extension.newcomer),
    selectinload(Extension.answers),
)


def pending(request: Request) -> Extension | None:
    """Return what is asked for of a request and not settled yet."""
    query = select(Extension).where(Extension.request_id == request.id, Extension.status == "asked")
    return session().scalar(query)


def history(request: Request) -> Sequence[Extension]:
    """Return every asking of a request, the newest first."""
    query = select(Extension).where(Extension.request_id == request.id).order_by(Extension.id.desc())
    return list(session().scalars(query))


def orphaned() -> Sequence[Extension]:
    """Return what is asked for of requests that do not run any more."""
    query = select(Extension).join(Request).where(Extension.status == "asked", Request.status.not_in(RUNNING))
    return list(session().scalars(query))


def for_inbox(actor: Actor) -> list[tuple[Extension, str, str]]:
    """Return what waits for the actor's answer: the asking, the part (a region's code or "dpo"), the track's ref."""
    found: list[tuple[Extension, str, str]] = []
    if policy.holds(actor, Permission.TRACK_DECIDE):
        mine = policy.visible(actor, Permission.TRACK_DECIDE, Track).with_only_columns(Track.id)
        query = (
            select(Extension, Track)
            .join(Track, Track.request_id == Extension.request_id)
            .where(Extension.status == "asked", Track.id.in_(mine))
            .options(*LOADED)
            .order_by(Extension.asked_at)
        )
        found += [(one, track.region, track.ref) for one, track in session().execute(query)]
    if actor.has(Role.DPO):
        asked = select(Extension).join(Request).where(Extension.status == "asked")
        theirs = asked.where(policy.condition(actor, Permission.REQUEST_OFFICER_DECIDE)).options(*LOADED)
        found += [(one, OFFICER, "") for one in session().scalars(theirs.order_by(Extension.asked_at))]
    return [(one, part, track) for one, part, track in found if part in one.open_parts]
