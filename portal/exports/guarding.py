"""The one rule of a download: asked by the page, by the door, while the bytes flow, and by the look afterwards.

What is missing or empty denies. ``still_allowed`` is for a person and a release; the rest of the module for rows.
"""

from dataclasses import replace

from sqlalchemy import select

from portal import freezes, policy
from portal.actor import Actor
from portal.auth import stepup
from portal.auth.models import Person, SignIn
from portal.auth.queries import actor_of, frozen
from portal.db import session
from portal.errors import NotAllowed, TermsForbid
from portal.exports.models import Release
from portal.exports.rules import may_fetch
from portal.permissions import Permission
from portal.requests import guards


def still_allowed(person_id: int, release_id: int, came: Actor | None = None) -> str:
    """Return "" while this person may go on fetching this release, else why not, as a machine word.

    ``came`` is the person as they stood at the door: then session, sign-in, network and acceptance are judged too.
    Inside a transaction of its own, so that nothing is remembered from before. How many downloads are left is not
    asked: the one that is under way has been counted.
    """
    person, release = session().get(Person, person_id), session().get(Release, release_id)
    if person is None or release is None:
        return "release"
    if frozen(person):
        return freezes.REASON
    if came is None:
        return against(actor_of(person), release, at_the_door=False)
    theirs = (SignIn.ref == came.session_ref, SignIn.person_id == person.id)
    lasts = (SignIn.ended_at.is_(None), SignIn.created_at >= person.credentials_changed_at)
    if session().scalar(select(SignIn.id).where(*theirs, *lasts)) is None:
        return "person"
    return against(replace(actor_of(person), authentication=came.authentication, address=came.address), release)


def against(actor: Actor, release: Release, *, at_the_door: bool = True) -> str:
    """Return "" if the release may be fetched by this actor at this moment, else why not, as a machine word."""
    if release.status != "available":
        return release.cause or release.status or "release"
    if not policy.holds(actor, Permission.RELEASE_DOWNLOAD):
        return "person"
    try:
        guards.may_download(release.request, actor if at_the_door else None)
    except TermsForbid as error:
        return next(filter(None, error.clauses), "request")
    same = select(Release.id).where(Release.id == release.id, may_fetch.test(actor, Release))
    return "" if session().scalar(same) is not None else "person"


def require(actor: Actor, release: Release) -> None:
    """Refuse unless the actor may fetch the release now, has a download left and has just proved who they are.

    The rule of the permission is ``may_fetch`` and the count: with the terms it is all that :func:`against` asks.
    Raises NotAllowed, or where a clause stands against a named recipient TermsForbid with it; then NotFresh, so that
    nobody gives a code for nothing; then TermsForbid with a clause that they can do something about.
    """
    try:
        policy.require(actor, Permission.RELEASE_DOWNLOAD, release)
    except NotAllowed:
        if _named(actor, release):
            guards.may_download(release.request)
        raise
    stepup.require(actor)
    guards.may_download(release.request, actor)


def _named(actor: Actor, release: Release) -> bool:
    asked = release.request
    return actor.organisation_id == asked.organisation_id and actor.id in {one.person_id for one in asked.recipients}


def may_download(actor: Actor, release: Release) -> bool:
    """Whether a page offers the actor this release now.

    What they can mend themselves (acceptance, network, sign-in) is not asked here: the door says it in words.
    """
    return policy.may(actor, Permission.RELEASE_DOWNLOAD, release) and not against(actor, release, at_the_door=False)


def would_hand_over(person: Person, release: Release) -> bool:
    """Whether the door would hand a release to a person who came with all it asks for: what a probe asks, no deed."""
    return not frozen(person) and may_download(actor_of(person), release)
