"""Opening the tracks of a request: one for each region with rows in it, one for each co-owner of what is asked."""

from portal.actor import Actor
from portal.audit.recorder import record
from portal.catalogue import owners
from portal.db import session
from portal.machine import NOTHING
from portal.requests import letters, queries, workflow
from portal.requests.models import Request, Scope, Track
from portal.requests.routing import Route


def open_track(actor: Actor, request: Request, row: Scope, route: Route) -> Track:
    """Open an office's track under a scope, and tell whoever decides."""
    track = Track(
        request_id=request.id,
        region=route.region,
        owner_id=owners.organisation_of(route.region),
        scope_id=row.id,
        slice_sha256=queries.scope_of(row).slice_sha256(route.region),
        profile=route.profile(),
    )
    session().add(track)
    session().flush()
    session().expire(request, ["tracks"])
    tell(actor, track)
    return track


def tell(actor: Actor, track: Track) -> None:
    """Record that a track is open, and write to whoever decides."""
    event = workflow.TRACK.find(NOTHING, "open").event
    purpose, whose = track.request.logged_purpose, owners.logged(track.region)
    record(actor, event, target=("track", track.ref), purpose=purpose, reason=whose)
    letters.to_deciders(track)
