"""What a freeze touches: people with their sessions, requests that run, releases with who holds them, builds.

It is computed before anything is stopped, and what was found is kept with the freeze.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import joinedload

from portal.audit import addresses as addresses_of
from portal.auth.models import Organisation, Person, SignIn
from portal.catalogue.models import Dataset
from portal.db import session
from portal.exports.actions_stop import MAKING
from portal.exports.models import Allowance, Download, Release
from portal.exports.selection import rounded
from portal.freezes import DATASET, OF_PEOPLE, ORGANISATION, PERSON, Freeze
from portal.incidents.targets import Target
from portal.requests import reach
from portal.requests.models import Recipient, Request, Scope

RUNNING = ("in_review", "returned", "offered", "active", "suspended")


@dataclass(frozen=True)
class Affected:
    """What a target touches at this moment."""

    people: Sequence[Person]
    requests: Sequence[Request]
    releases: Sequence[Release]

    @property
    def building(self) -> list[Release]:
        """The releases in the making."""
        return [one for one in self.releases if one.status in MAKING]


def of(target: Target | Freeze) -> Affected:
    """Return what a target touches, or a freeze that was set on one."""
    ref = target.target if isinstance(target, Freeze) else target.ref
    if target.kind in OF_PEOPLE or target.kind == DATASET:
        return Affected(_people(target.kind, ref), _requests(_asked(target.kind, ref)), _releases(target.kind, ref))
    requests = [one for one in _requests() if one.scope is not None and _holds(one.scope, target.rows)]
    releases = [one for one in _releases() if _holds(one.scope, target.rows)]
    return Affected([], requests, releases)


def _holds(scope: Scope, rows: Mapping[str, Sequence[str]]) -> bool:
    return reach.touches((part["filters"] for part in scope.content["parts"]), rows)


def _people(kind: str, ref: str) -> Sequence[Person]:
    which = {
        ORGANISATION: Person.organisation.has(Organisation.ref == ref),
        PERSON: Person.ref == ref,
    }
    if kind not in which:
        return []
    return session().scalars(select(Person).where(which[kind]).order_by(Person.name)).all()


def _asked(kind: str, ref: str) -> ColumnElement[bool]:
    named = select(Recipient.request_id).join(Person, Person.id == Recipient.person_id).where(Person.ref == ref)
    return {
        ORGANISATION: Request.organisation.has(Organisation.ref == ref),
        PERSON: or_(Request.requester.has(Person.ref == ref), Request.id.in_(named)),
        DATASET: Request.dataset.has(Dataset.ref == ref),
    }[kind]


def _requests(*where: ColumnElement[bool]) -> Sequence[Request]:
    running = select(Request).where(Request.status.in_(RUNNING), Request.submitted_at.is_not(None), *where)
    loaded = running.options(joinedload(Request.organisation), joinedload(Request.scope)).order_by(Request.number)
    return session().scalars(loaded).all()


def _releases(kind: str = "", ref: str = "") -> Sequence[Release]:
    """Return releases that may still be fetched or made, and those that somebody has fetched."""
    taken = select(Download.release_id)
    query = select(Release).where(or_(Release.status != "ended", Release.id.in_(taken))).order_by(Release.id)
    if kind == PERSON:
        person = select(Person.id).where(Person.ref == ref).scalar_subquery()
        theirs = select(Allowance.release_id).where(Allowance.person_id == person)
        fetched = select(Download.release_id).where(Download.person_id == person)
        asked = Release.request.has(Request.requester_id == person)
        query = query.where(or_(Release.id.in_(theirs), Release.id.in_(fetched), asked))
    elif kind:
        query = query.where(Release.request.has(_asked(kind, ref)))
    return session().scalars(query.options(joinedload(Release.request), joinedload(Release.scope))).all()


def sessions_of(people: Sequence[Person]) -> dict[int, int]:
    """Return how many sessions each person has that nobody has ended."""
    ids = [person.id for person in people]
    query = select(SignIn.person_id, func.count()).where(SignIn.person_id.in_(ids), SignIn.ended_at.is_(None))
    return {row[0]: row[1] for row in session().execute(query.group_by(SignIn.person_id))}


def content(found: Affected) -> dict[str, Any]:
    """Return what a freeze keeps: references, numbers and dates, no names. Rows are in tens."""
    sessions = sessions_of(found.people)
    holders = holders_of(found.releases)
    return {
        "people": [{"ref": one.ref, "sessions": sessions.get(one.id, 0)} for one in found.people],
        "requests": [
            {"ref": one.ref, "number": one.number, "status": one.status, "organisation": one.organisation.ref}
            for one in found.requests
        ],
        "releases": [_release(one, holders.get(one.id, [])) for one in found.releases],
    }


def _release(release: Release, holders: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    asked = release.request
    return {
        "ref": release.ref,
        "request": asked.ref,
        "number": asked.number,
        "title_en": asked.dataset.title_en,
        "title_fr": asked.dataset.title_fr,
        "organisation": asked.organisation.ref,
        "status": release.status,
        "ended_as": release.ended_as,
        "rows": rounded(release.rows) if release.rows else "",
        "fields": sorted({name for part in release.scope.content["parts"] for name in part["variables"]}),
        "holders": list(holders),
    }


def holders_of(releases: Sequence[Release]) -> dict[int, list[dict[str, Any]]]:
    """Return by release who has fetched it: how often, when, from how many addresses, the most bytes at once."""
    if not releases:
        return {}
    query = (
        select(
            Download.release_id,
            Person.ref,
            func.count(),
            func.min(Download.started_at),
            func.max(Download.started_at),
            func.max(Download.sent),
        )
        .join(Person, Person.id == Download.person_id)
        .where(Download.release_id.in_([one.id for one in releases]))
        .group_by(Download.release_id, Person.ref)
        .order_by(Person.ref)
    )
    refs = {one.id: one.ref for one in releases}
    addresses = addresses_of.counted("release.downloaded", refs.values())
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for release_id, ref, times, first, last, sent in session().execute(query):
        line = {"ref": ref, "times": times, "first": first.isoformat(), "last": last.isoformat(), "bytes": sent}
        line["addresses"] = addresses.get((refs[release_id], ref), 0)
        found[release_id].append(line)
    return dict(found)
