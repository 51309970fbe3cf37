"""Reads for the reports: a fixed number of queries, whatever the number of requests."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import InstrumentedAttribute

from portal import policy
from portal.actor import Actor, Role, system
from portal.audit import queries as audit
from portal.auth.models import Organisation
from portal.catalogue.models import Dataset
from portal.db import session
from portal.exports.models import Release
from portal.exports.queries_left import handed_over
from portal.machine import state
from portal.permissions import Permission
from portal.reports.figures import Course, Turn
from portal.reports.models import REGISTER, SHOWN, Publicity
from portal.requests.models import Decision, Request, Scope, Track
from portal.requests.routing import tens
from portal.requests.scope import from_content

WAITING = ("open", "recused")
PUBLIC = system("register", Role.HEAD)
USED = ("active", "suspended", "ended")


@dataclass(frozen=True)
class Sent:
    """Releases to one partner for one purpose: how many, rows in tens, downloads, and whose rows they hold."""

    organisation: str
    purpose: str
    regions: tuple[str, ...]
    releases: int
    rows: int
    downloads: int


@dataclass(frozen=True)
class Use:
    """An approved use as the public register shows it."""

    organisation: str
    title_en: str
    title_fr: str
    purpose: str
    regions: tuple[str, ...]
    since: dt.date
    until: dt.date | None


def years(actor: Actor) -> list[int]:
    """Return the years in which requests were sent, the newest first."""
    query = _sent(actor).with_only_columns(func.min(Request.submitted_at), func.max(Request.submitted_at))
    first, last = session().execute(query).one()
    return list(range(last.year, first.year - 1, -1)) if first and last else []


def turns(actor: Actor, year: int) -> list[Turn]:
    """Return every region's part of the requests sent in a year (UTC); of every year where it is 0."""
    query = _sent(actor, year).join(Request.tracks).where(Track.status != "closed", Track.owner_id.is_(None))
    rows = session().execute(query.with_only_columns(Track.region, Track.opened_at, Track.decided_at, Track.status))
    return [
        Turn(region=region, opened=opened, decided=None if status in WAITING else decided, verdict=status)
        for region, opened, decided, status in rows
    ]


def courses(actor: Actor, year: int) -> list[Course]:
    """Return the way of every request that was sent in a year."""
    settled = case((func.count(case((Track.status.in_(WAITING), 1))) == 0, func.max(Track.decided_at)))
    of_regions = select(Track.request_id.label("id"), settled.label("at")).where(Track.owner_id.is_(None))
    regions = of_regions.group_by(Track.request_id).subquery()
    officers = _first(Decision.request_id, func.max(Decision.decided_at)).where(Decision.by_officer).subquery()
    offers = _first(Scope.request_id, func.min(Scope.created_at)).where(Scope.kind == "offered").subquery()
    files = _first(Release.request_id, func.min(Release.available_at)).subquery()
    query = _sent(actor, year).join(Organisation, Organisation.id == Request.organisation_id)
    parts = (regions, officers, offers, files)
    for part in parts:
        query = query.outerjoin(part, part.c.id == Request.id)
    columns = (Organisation.name, Request.purpose, Request.status, Request.stage, Request.ended_as)
    rows = session().execute(
        query.with_only_columns(
            *columns, Request.submitted_at, Request.accepted_at, *(part.c.at for part in parts)
        ).order_by(Request.id)
    )
    return [
        Course(
            organisation=name,
            purpose=purpose,
            state=state(status, stage, ended_as),
            sent=sent,
            regions_done=settled_at,
            officer_done=officer_at,
            offered=offered_at,
            accepted=accepted,
            file_ready=ready,
        )
        for name, purpose, status, stage, ended_as, sent, accepted, settled_at, officer_at, offered_at, ready in rows
    ]


def refusals(actor: Actor, year: int) -> Mapping[str, Counter[str]]:
    """Return what was refused in decisions on a year's requests: by kind (country, year, variables), how often."""
    query = _sent(actor, year).join(Request.decisions).with_only_columns(Decision.refused)
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for refused in session().scalars(query):
        for kind, values in (refused or {}).items():
            found[kind].update(values)
    return found


def sent(actor: Actor, year: int) -> list[Sent]:
    """Return what left in a year of the actor's zone, by partner and purpose; a line's rows are rounded to tens."""
    requests = policy.visible(actor, Permission.REPORT_READ, Request).with_only_columns(Request.id)
    releases = select(Release).where(Release.request_id.in_(requests))
    found: dict[tuple[str, str], list[tuple[Release, int]]] = defaultdict(list)
    for one, downloads in handed_over(releases, year, actor.time_zone):
        found[one.request.organisation.name, one.request.purpose].append((one, downloads))
    return [
        Sent(
            organisation=name,
            purpose=purpose,
            regions=tuple(sorted({region for one, _ in held for region in from_content(one.scope.content).regions})),
            releases=len(held),
            rows=tens(sum(one.rows for one, _ in held)),
            downloads=sum(downloads for _, downloads in held),
        )
        for (name, purpose), held in sorted(found.items())
    ]


def tables_made(year: int) -> int:
    """Return how many tables were made in a year, as the log counts them."""
    return audit.how_many("table.made", *_span(year))


def register() -> Publicity | None:
    """Return who switched the public register, and how it stands; None where nobody has."""
    return session().scalar(select(Publicity).where(Publicity.ref == REGISTER))


def is_public() -> bool:
    """Whether everybody may read the register."""
    found = register()
    return found is not None and found.status == SHOWN


def uses() -> list[Use]:
    """Return the approved uses, the newest first: nothing that a person typed."""
    accepted = Request.accepted_at.is_not(None) & Request.status.in_(USED)
    query = select(Request).join(Request.organisation).join(Request.dataset).where(accepted)
    columns = (Request.id, Organisation.name, Dataset.title_en, Dataset.title_fr)
    more = (Request.purpose, Request.accepted_at, Request.ends_on)
    rows = session().execute(query.with_only_columns(*columns, *more).order_by(Request.accepted_at.desc())).all()
    regions = _regions({row[0] for row in rows}, query.with_only_columns(Request.id))
    return [
        Use(name, title_en, title_fr, purpose, regions.get(one, ()), since.date(), until)  # type: ignore[union-attr]  # the query asks for those
        for one, name, title_en, title_fr, purpose, since, until in rows
    ]


def public_courses() -> list[Course]:
    """Return every request's way, for figures that name nobody."""
    return courses(PUBLIC, 0)


def _sent(actor: Actor, year: int = 0) -> Select[Request]:
    query = policy.visible(actor, Permission.REPORT_READ, Request)
    if not year:
        return query
    since, until = _span(year)
    return query.where(Request.submitted_at >= since, Request.submitted_at < until)


def _regions(wanted: set[int], requests: Select[int]) -> dict[int, tuple[str, ...]]:
    """Return the regions whose rows went into each request."""
    query = select(Track.request_id, Track.region).where(
        Track.request_id.in_(requests), Track.status.in_(["approved", "approved_in_part"]), Track.owner_id.is_(None)
    )
    found: dict[int, set[str]] = defaultdict(set)
    for request_id, region in session().execute(query):
        if request_id in wanted:
            found[request_id].add(region)
    return {one: tuple(sorted(regions)) for one, regions in found.items()}


def _first(owner: InstrumentedAttribute[int], moment: ColumnElement[Any]) -> Select[tuple[int, Any]]:
    return select(owner.label("id"), moment.label("at")).group_by(owner)


def _span(year: int) -> tuple[dt.datetime, dt.datetime]:
    """Return a year's first moment and the one after its last, in UTC; every year's where it is 0."""
    first, last = (year, year + 1) if year else (dt.MINYEAR + 1, dt.MAXYEAR)
    return dt.datetime(first, 1, 1, tzinfo=dt.UTC), dt.datetime(last, 1, 1, tzinfo=dt.UTC)
