"""Stopping what is being built because terms do not hold any more: it is held, and can be ordered again later."""

from collections.abc import Sequence

from portal import clock
from portal.actor import Actor
from portal.audit.recorder import record
from portal.db import session
from portal.errors import IllegalStep, Stale, TermsForbid
from portal.exports import moves, workflow
from portal.exports.models import Release
from portal.jobs import claim

MAKING = ("queued", "building")


def hold(actor: Actor, releases: Sequence[Release], clause: str) -> int:
    """Hold those of the releases that are still in the making, and cancel their work; return how many.

    A worker that is at it loses its right to publish with this, and finds out at its next stage. What somebody
    publishes meanwhile stays as it is: every guard asks again before it is handed over.
    """
    making = [one for one in releases if one.status in MAKING]
    held = [release for release in making if _hold(release, str(TermsForbid((clause,))))]
    claim.cancel(moves.KIND, *(release.ref for release in held))
    for release in held:
        purpose = {"request": release.request.ref}
        record(actor, "release.held", target=("release", release.ref), purpose=purpose, reason="terms")
    return len(held)


def _hold(release: Release, reason: str) -> bool:
    held = {"held_as": "terms", "held_reason": reason, "held_at": clock.now()}
    try:
        release.take(workflow.RELEASE.find(release.state, "hold"), **held)
    except (IllegalStep, Stale):  # the worker was faster: published or held, the guards ask again
        session().refresh(release)
        return False
    return True
