"""Ordering held work again, where that can help: what broke a machine may be gone, and terms may hold again.

What a protection rule held, or a person, is never built again with the same recipe: there is no verb for it.
"""

from portal import policy
from portal.actor import Actor
from portal.audit.recorder import record
from portal.db import move
from portal.errors import Stale
from portal.exports import building, protecting
from portal.exports.models import ProtectedFile, Release
from portal.jobs import bell
from portal.permissions import Permission
from portal.requests import guards


def build_again(actor: Actor, release_ref: str, *, lock: int) -> Release:
    """Put a held release back into the queue.

    Raises NotFound, NotAllowed (held for good), Stale, or TermsForbid with what still stands against it.
    """
    release = policy.load(actor, Permission.RELEASE_READ, Release, Release.ref == release_ref)
    policy.require(actor, Permission.RELEASE_REBUILD, release)
    guards.may_build(release.request)
    _back(release, lock)
    change = {"status": ("held", "queued")}
    purpose = {"request": release.request.ref}
    record(actor, "release.ordered_again", target=("release", release.ref), purpose=purpose, change=change)
    bell.ask(building.KIND, release.ref)
    return release


def protect_again(actor: Actor, file_ref: str, *, lock: int) -> ProtectedFile:
    """Put a held protected file back into the queue. Raises NotFound, NotAllowed (held for good) or Stale."""
    file = policy.load(actor, Permission.PROTECTED_READ, ProtectedFile, ProtectedFile.ref == file_ref)
    policy.require(actor, Permission.PROTECTED_REBUILD, file)
    _back(file, lock)
    record(actor, "file.ordered_again", target=("file", file.ref), change={"status": ("held", "queued")})
    bell.ask(protecting.KIND, file.ref)
    return file


def _back(row: Release | ProtectedFile, lock: int) -> None:
    if row.lock != lock:
        raise Stale(f"{type(row).__name__.lower()}: changed since the page was opened")
    move(row, status="queued", held_as="", held_reason="", held_at=None)
