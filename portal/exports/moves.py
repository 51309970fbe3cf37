"""A release in the hands of its job: finding it, and moving it on as long as nobody has ended it."""

from collections.abc import Callable

from sqlalchemy import select

from portal.db import session
from portal.errors import IllegalStep, LostFence, NotFound, Stale
from portal.exports import workflow
from portal.exports.models import Release
from portal.jobs.registry import Held

KIND = "release"


def find(ref: str) -> Release:
    """Return the release with this reference."""
    release = session().scalar(select(Release).where(Release.ref == ref))
    if release is None:
        raise NotFound("release: no such one")
    return release


def context_of(release: Release) -> bytes:
    """What a release's seal is bound to: itself, its request, and whose it is."""
    return f"release:{release.ref}:{release.request.ref}:{release.request.organisation.ref}".encode()


def take(release: Release, verb: str, **values: object) -> None:
    """Move a release on in the job's transaction; LostFence if it has been ended meanwhile."""
    try:
        release.take(workflow.RELEASE.find(release.state, verb), **values)
    except (IllegalStep, Stale) as error:
        raise LostFence(str(error)) from None


def asking(allowed: Callable[[str], None], stage: Callable[[Held], None]) -> Callable[[Held], None]:
    """Let a stage begin only once ``allowed`` has found, in a transaction of its own, nothing against the release."""

    def do(held: Held) -> None:
        allowed(held.target_ref)
        stage(held)

    return do
