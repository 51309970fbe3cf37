"""Ending a release, so that it is over: unreadable in the same transaction, then destroyed, then looked at.

What is left of it is the holders' duty. Copies that were downloaded cannot be called back from here.
"""

from collections.abc import Sequence

from flask_babel import gettext as _
from sqlalchemy import select

from portal import clock, policy
from portal.actor import Actor
from portal.audit.recorder import record
from portal.auth.actions_factor import prove
from portal.db import after_commit, require_seen, session
from portal.errors import Invalid
from portal.exports import actions_closing, actions_duties, letters_ends, workflow
from portal.exports.models import Release
from portal.exports.models_ends import Probe
from portal.exports.moves import KIND
from portal.exports.queries_ends import newer_exists
from portal.jobs import claim
from portal.permissions import Permission

VERBS = {"revoke": Permission.RELEASE_REVOKE, "supersede": Permission.RELEASE_SUPERSEDE}


def stop(actor: Actor, release_ref: str, verb: str, *, reason: str, code: str, lock: int) -> Release:
    """Revoke or supersede a release, with the reason. The same form sent twice ends it once.

    Raises NotFound, NotAllowed, IllegalStep (it has ended, or nothing newer is there), Stale, or Invalid.
    """
    release = policy.load(actor, Permission.RELEASE_READ, Release, Release.ref == release_ref)
    policy.require(actor, VERBS[verb], release)
    _take_turns(release)
    if release.status == "ended" and release.ended_by == actor.ref and lock < release.lock:
        return release
    step = workflow.RELEASE.find(release.state, verb)
    require_seen(release, lock)
    if not reason:
        raise Invalid({"reason": [_("Give your reason: the holders' organisation and the log keep it.")]})
    if verb == "supersede" and not newer_exists(release):
        raise Invalid({"reason": [_("Nothing newer is there: publish the new version or the new file first.")]})
    prove(actor, code)
    end(actor, release, step.ended_as, reason=reason)
    return release


def end(actor: Actor, release: Release, cause: str, *, reason: str = "", why: str = "") -> None:
    """End a release in the open transaction; its bytes are destroyed once that has committed.

    ``why`` is a machine word for the log where a deed elsewhere ends it. Raises IllegalStep or Stale.
    """
    verb = {"revoked": "revoke", "expired": "expire", "superseded": "supersede"}[cause]
    step = workflow.RELEASE.find(release.state, verb)
    release.take(
        step, cause=cause, ended_at=clock.now(), ended_by=actor.ref, ended_reason=reason, key_id="", key_wrapped=None
    )
    claim.cancel(KIND, release.ref)
    for name in workflow.PROBES:
        session().add(Probe(release_id=release.id, name=name))
    session().flush()
    record(
        actor,
        step.event,
        target=("release", release.ref),
        purpose=release.request.logged_purpose,
        reason=why,
        data={"sha256": release.sha256},
        change={"status": (step.source, step.target)},
        private={actor.ref: reason} if reason else {},
    )
    actions_duties.open_for(actor, release)
    letters_ends.ended(release)
    number = release.id
    after_commit(lambda: actions_closing.close(number))


def end_of_request(actor: Actor, request_id: int, cause: str) -> int:
    """Answer the rooms below, in their transaction: a request was stopped for good, so its releases are over too.

    What had expired already and is still kept by somebody has to be destroyed earlier. Return how many ended.
    """
    rows = list(session().scalars(select(Release).where(Release.request_id == request_id).order_by(Release.id)))
    running = [one for one in rows if one.status != "ended"]
    for release in running:
        _take_turns(release)
        end(actor, release, cause, why="request")
    for release in rows:
        if cause == "revoked" and release not in running:
            actions_duties.bring_forward(actor, release)
    return len(running)


def follow(actor: Actor, releases: Sequence[tuple[Release, str]], why: str = "agreement") -> int:
    """End each release with its cause, in the open transaction: its time is over, or what ``why`` names is."""
    for release, cause in releases:
        end(actor, release, cause, why="" if cause == "expired" else why)
    return len(releases)


def _take_turns(release: Release) -> None:
    """Hold a release until the transaction ends, and read it anew: of two who end it, one does."""
    session().execute(select(Release.id).where(Release.id == release.id).with_for_update())
    session().refresh(release)
