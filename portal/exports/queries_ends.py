"""Reads about how releases end: what is over, who has copies, what was looked at, and what is still to do."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, or_, select

from portal import clock, policy
from portal.actor import Actor
from portal.agreements.models import Agreement
from portal.auth.models import Person
from portal.catalogue.models import Version
from portal.db import session
from portal.errors import NotFound
from portal.exports import workflow
from portal.exports.models import Download, Release
from portal.exports.models_ends import DestructionDuty, Probe
from portal.permissions import Permission
from portal.requests.models import Request

RUNNING = ("queued", "building", "held", "checking", "available")
A_ROUND = 50


@dataclass(frozen=True)
class Holder:
    """Somebody who has downloaded a release: how often, and when last."""

    person: Person
    times: int
    last: dt.datetime


def holders(release: Release) -> Sequence[Holder]:
    """Return who has downloaded a release, by name."""
    counted = (
        select(Download.person_id, func.count(), func.max(Download.started_at))
        .where(Download.release_id == release.id)
        .group_by(Download.person_id)
    )
    rows = session().execute(counted).all()
    people = {one.id: one for one in session().scalars(select(Person).where(Person.id.in_([row[0] for row in rows])))}
    found = [Holder(people[person_id], times, last) for person_id, times, last in rows]
    return sorted(found, key=lambda one: one.person.name)


def overseen(actor: Actor, state: str = "") -> Sequence[Release]:
    """Return the releases that a member of staff oversees, the newest first; ``open`` are ended and not closed yet."""
    query = policy.visible(actor, Permission.RELEASE_OVERSEE, Release).order_by(Release.id.desc())
    if state == "open":
        query = query.where(Release.id.in_(select(Probe.release_id).where(Probe.status != "closed")))
    elif state:
        query = query.where(Release.status == state)
    return list(session().scalars(query))


def copies(releases: Sequence[Release]) -> Mapping[int, int]:
    """Return how many people have downloaded each release, by its id."""
    ids = [one.id for one in releases]
    query = select(Download.release_id, func.count(Download.person_id.distinct())).where(Download.release_id.in_(ids))
    return {row[0]: row[1] for row in session().execute(query.group_by(Download.release_id))}


def first_download(release_id: int, person_id: int) -> dt.datetime:
    """Return when a person first downloaded a release; this moment if they never did."""
    query = select(func.min(Download.started_at)).where(
        Download.release_id == release_id, Download.person_id == person_id
    )
    return session().scalar(query) or clock.now()


def newer_exists(release: Release) -> bool:
    """Whether the request has a newer release that is ready, or its dataset a newer published version."""
    later = select(Release.id).where(
        Release.request_id == release.request_id, Release.id > release.id, Release.status == "available"
    )
    version = release.request.version
    newer = select(Version.id).where(
        Version.dataset_id == version.dataset_id, Version.status == "published", Version.number > version.number
    )
    return any(session().scalar(query.limit(1)) is not None for query in (later, newer))


def over(moment: dt.datetime) -> list[tuple[Release, str]]:
    """Return the releases whose time, request or agreement is over and that nobody has ended yet, with the cause."""
    stopped = or_(
        and_(Request.status == "ended", Request.ended_as == "revoked"),
        and_(Agreement.status == "ended", Agreement.ended_as == "terminated"),
    )
    passed = or_(
        and_(Release.status == "available", Release.expires_at <= moment),
        Request.status == "ended",
        # what ran under a version that was replaced may go on under the next: it ends with its request
        and_(Agreement.status == "ended", Agreement.ended_as != "superseded"),
    )
    query = (
        select(Release, stopped)
        .join(Request, Request.id == Release.request_id)
        .join(Agreement, Agreement.id == Request.agreement_id)
        .where(Release.status.in_(RUNNING), or_(stopped, passed))
        .order_by(Release.id)
    )
    return [(row[0], "revoked" if row[1] else "expired") for row in session().execute(query.limit(A_ROUND))]


def probes(release: Release) -> Sequence[Probe]:
    """Return what was looked at since a release ended, in the order of the list."""
    found = session().scalars(select(Probe).where(Probe.release_id == release.id))
    return sorted(found, key=lambda one: workflow.PROBES.index(one.name))


def to_close(moment: dt.datetime) -> Sequence[int]:
    """Return the ids of ended releases of which something may still be open, as far as it is time to look again."""
    waiting = select(Probe.release_id).where(Probe.status != "closed", Probe.due_at <= moment).distinct()
    done = select(Release.id).where(Release.status == "ended", Release.ended_as.in_(workflow.CAUSES))
    closed = done.where(~Release.id.in_(select(Probe.release_id).where(Probe.status != "closed")))
    settled = closed.where(
        ~Release.id.in_(select(DestructionDuty.release_id).where(DestructionDuty.status.not_in(workflow.SETTLED)))
    )
    found = [*session().scalars(waiting.limit(A_ROUND)), *session().scalars(settled.limit(A_ROUND))]
    return sorted(set(found))


def duties_of(release: Release) -> Sequence[DestructionDuty]:
    """Return every duty that a release has left."""
    query = select(DestructionDuty).where(DestructionDuty.release_id == release.id)
    return list(session().scalars(query.order_by(DestructionDuty.id)))


def duty(actor: Actor, ref: str) -> DestructionDuty:
    """Return one duty; NotFound if there is none for this actor."""
    return policy.load(actor, Permission.DUTY_READ, DestructionDuty, DestructionDuty.ref == ref)


def duties(actor: Actor, status: str = "") -> Sequence[DestructionDuty]:
    """Return the duties that the actor may see, the most pressing first."""
    query = policy.visible(actor, Permission.DUTY_READ, DestructionDuty)
    if status:
        query = query.where(DestructionDuty.status == status)
    order = {"overdue": 0, "due": 1, "attested": 2, "settled": 3, "waived": 4}
    return sorted(session().scalars(query), key=lambda one: (order[one.status], one.due_on, one.id))


@dataclass(frozen=True)
class Held:
    """A release that somebody has a copy of, and their duty once it has ended."""

    release: Release
    holder: Holder
    duty: DestructionDuty | None


def holdings(actor: Actor) -> Sequence[Held]:
    """Return what the actor's organisation has downloaded, as far as the actor may see it, the newest first."""
    kept: Mapping[tuple[int, int], DestructionDuty] = {(one.release_id, one.person_id): one for one in duties(actor)}
    visible = policy.visible(actor, Permission.RELEASE_READ, Release).where(
        Release.request.has(organisation_id=actor.organisation_id)
    )
    found = []
    for release in session().scalars(visible.order_by(Release.id.desc())):
        for one in holders(release):
            duty_of_it = kept.get((release.id, one.person.id))
            if one.person.id == actor.id or duty_of_it is not None or _speaks_for_all(actor):
                found.append(Held(release, one, duty_of_it))
    return found


def _speaks_for_all(actor: Actor) -> bool:
    return policy.holds(actor, Permission.DUTY_COUNTERSIGN)


def blocks(organisation_id: int) -> Sequence[str]:
    """Answer the requests room: what keeps an organisation from sending new requests, as machine words."""
    late = select(DestructionDuty.id).where(
        DestructionDuty.organisation_id == organisation_id, DestructionDuty.status == "overdue"
    )
    return ["overdue"] if session().scalar(late.limit(1)) is not None else []


def certified(actor: Actor, ref: str) -> Release:
    """Return a release that is destroyed everywhere; NotFound otherwise, and for whoever may not see it."""
    release = policy.load(actor, Permission.RELEASE_READ, Release, Release.ref == ref)
    if release.ended_as != "destroyed":
        raise NotFound("certificate: not every copy is destroyed yet")
    return release


def near(moment: dt.datetime) -> Sequence[DestructionDuty]:
    """Return the duties that are open and may want a letter or a step today."""
    ahead = moment.date() + dt.timedelta(days=workflow.NEAR_DAYS + 1)  # no zone is further ahead
    query = select(DestructionDuty).where(
        DestructionDuty.status.in_(("due", "overdue")), DestructionDuty.due_on <= ahead, DestructionDuty.told != "later"
    )
    return list(session().scalars(query.order_by(DestructionDuty.due_on, DestructionDuty.id).limit(A_ROUND)))


def days_left(one: DestructionDuty) -> int:
    """Return how many days are left for a duty, today included; below one it is late."""
    return (one.due_on - clock.today(one.release.request.agreement.time_zone)).days + 1
