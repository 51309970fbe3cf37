"""What a region decided when the same was asked of it before: its approval is one click away, never made for it."""

from dataclasses import replace

from portal import policy
from portal.actor import Actor
from portal.db import session
from portal.permissions import Permission
from portal.requests import queries
from portal.requests.drafts import SENSITIVE
from portal.requests.menu import Menu
from portal.requests.models import Decision, Request, Track
from portal.requests.scope import Scope

TAKEN_BACK = ("revoked", "rejected")  # of what went wrong later, nobody is reminded as of an example


def approved_before(actor: Actor, track: Track, menu: Menu | None) -> Decision | None:
    """Return the plain approval of the request that this one repeats, if the actor may read it.

    None if anything but the last day differs, a variable is amber or red, or what was approved was stopped since.
    """
    repeated = track.request.copied_from_id
    if repeated is None or menu is None:
        return None
    query = policy.visible(actor, Permission.TRACK_READ, Track).join(Track.request)
    before = session().scalar(
        query.where(
            *(Track.request_id == repeated, Track.region == track.region, Track.status == "approved"),
            *(Request.status != "suspended", Request.ended_as.not_in(TAKEN_BACK)),
        )
    )
    if before is None:
        return None
    last = [one for one in before.decisions if not one.by_officer][-1]
    now = queries.part_of(track)
    plain = not last.conditions and menu.most_sensitive(now.variables) < SENSITIVE
    return last if plain and _asks_again(queries.part_of(before), now) else None


def _asks_again(before: Scope, now: Scope) -> bool:
    """Whether a scope is another one's once more: of course another request's, and perhaps for longer."""
    return replace(now, request=before.request, ends_on=before.ends_on) == before
