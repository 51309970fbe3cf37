"""Ordering held work again, where that can help: what broke a machine may be gone, and terms may hold again.

What a protection rule held, or a person, is never built again with the same recipe: there is no verb for it.
"""

from portal import policy
from portal.actor import Actor
from portal.audit.recorder import record
from portal.db import move, require_seen
from portal.exports import protecting, workflow
from portal.exports.models import ProtectedFile, Release
from portal.exports.moves import KIND
from portal.jobs import bell
from portal.permissions import Permission
from portal.requests import guards

FORGOTTEN = {"held_as": "", "held_reason": "", "held_at": None}


def build_again(actor: Actor, release_ref: str, *, lock: int) -> Release:
    """Put a held release back into the queue.

    Raises NotFound, NotAllowed (held for good), Stale, or TermsForbid with what still stands against it.
    """
    release = policy.load(actor, Permission.RELEASE_READ, Release, Release.ref == release_ref)
    policy.require(actor, Permission.RELEASE_REBUILD, release)
    guards.may_build(release.request)
    require_seen(release, lock)
    release.take(workflow.RELEASE.find(release.state, "order_again"), **FORGOTTEN)
    change = {"status": ("held", "queued")}
    purpose = {"request": release.request.ref}
    record(actor, "release.ordered_again", target=("release", release.ref), purpose=purpose, change=change)
    bell.ask(KIND, release.ref)
    return release


def protect_again(actor: Actor, file_ref: str, *, lock: int) -> ProtectedFile:
    """Put a held protected file back into the queue. Raises NotFound, NotAllowed (held for good) or Stale."""
    file = policy.load(actor, Permission.PROTECTED_READ, ProtectedFile, ProtectedFile.ref == file_ref)
    policy.require(actor, Permission.PROTECTED_REBUILD, file)
    require_seen(file, lock)
    move(file, status="queued", **FORGOTTEN)
    record(actor, "file.ordered_again", target=("file", file.ref), change={"status": ("held", "queued")})
    bell.ask(protecting.KIND, file.ref)
    return file
