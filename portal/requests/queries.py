"""Reads of requests and tracks, each starting from what the actor may see."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from portal import clock, policy, ports
from portal.actor import Actor, Role
from portal.agreements import queries as agreements
from portal.agreements.models import Agreement
from portal.auth import queries as auth
from portal.auth.models import Organisation
from portal.catalogue.geography import region_today
from portal.catalogue.models import Dataset, Version
from portal.db import session
from portal.errors import NotFound
from portal.paging import SIZE, Paged, last_page
from portal.permissions import Permission
from portal.requests import menu as menus
from portal.requests import routing
from portal.requests.models import Request, Scope, Track
from portal.requests.models_duties import Assignment
from portal.requests.schemas import Look
from portal.requests.scope import Scope as ScopeValue
from portal.requests.scope import from_content
from portal.requests.workflow import PENDING, WAITS

EVENT_TIER = "event"
FAR = "far"


def request(actor: Actor, ref: str, permission: Permission = Permission.REQUEST_READ) -> Request:
    """Return one request.

    Raises NotFound if there is none for this actor, NotAllowed if they may read it but not do this to it.
    """
    found = policy.load(actor, Permission.REQUEST_READ, Request, Request.ref == ref)
    if permission is not Permission.REQUEST_READ:
        policy.require(actor, permission, found)
    return found


def track(actor: Actor, ref: str, permission: Permission = Permission.TRACK_READ) -> Track:
    """Return one track. Raises as :func:`request`."""
    found = policy.load(actor, Permission.TRACK_READ, Track, Track.ref == ref)
    if permission is not Permission.TRACK_READ:
        policy.require(actor, permission, found)
    return found


def is_assigned(actor: Actor, one: Track) -> bool:
    """Whether the coordinator's newest word gives a track to the actor."""
    newest = select(Assignment.person_id).where(Assignment.track_id == one.id).order_by(Assignment.id.desc())
    return session().scalar(newest.limit(1)) == actor.id


def part_of(one: Track) -> ScopeValue:
    """Return the scope cut down to a track's own part."""
    return scope_of(one.scope).slice(one.region)


def scope_of(row: Scope | None) -> ScopeValue:
    """Return a stored scope as a value; NotFound if there is none."""
    if row is None:
        raise NotFound("scope: the request was not sent yet")
    return from_content(row.content)


def asked(one: Request) -> Scope:
    """Return the newest scope as the requester asked for it."""
    query = select(Scope).where(Scope.request_id == one.id, Scope.kind == "asked")
    found = session().scalar(query.order_by(Scope.number.desc()).limit(1))
    if found is None:
        raise NotFound("scope: the request was not sent yet")
    return found


def scopes(one: Request) -> Sequence[Scope]:
    """Return every scope a request went through, the first one first."""
    return list(session().scalars(select(Scope).where(Scope.request_id == one.id).order_by(Scope.number)))


def names(references: Iterable[str]) -> dict[str, str]:
    """Return the names behind the log's references: people, organisations, agreements, requests and tracks."""
    wanted = sorted(set(references))
    found = auth.names(wanted)
    for start in range(0, len(wanted), auth.CHUNK):
        chunk = wanted[start : start + auth.CHUNK]
        for kind in (Agreement, Request):
            rows = session().execute(select(kind.ref, kind.number).where(kind.ref.in_(chunk)))
            found |= {row.ref: row.number for row in rows}
        office = func.coalesce(Organisation.name, Track.region).label("office")
        tracks = select(Track.ref, Request.number, office).join(Request, Request.id == Track.request_id)
        whose = tracks.outerjoin(Organisation, Organisation.id == Track.owner_id).where(Track.ref.in_(chunk))
        found |= {row.ref: f"{row.number} {row.office}" for row in session().execute(whose)}
    return found


@dataclass(frozen=True)
class Offerable:
    """A dataset that may be asked for: its newest published version with a signed-off file, under an agreement."""

    dataset: Dataset
    version: Version
    tier: str
    agreement: Agreement


def offerable(actor: Actor, code: str = "") -> list[Offerable]:
    """Return what the actor's organisation may ask for today."""
    found = {}
    for agreement in agreements.active_for(actor.organisation_id):
        query = select(Dataset).where(Dataset.code.in_(agreement.datasets)).order_by(Dataset.code)
        for dataset in session().scalars(query.where(Dataset.code == code) if code else query):
            tier = EVENT_TIER if dataset.kind == "events" else agreement.tier
            version = _newest_signed(dataset, tier)
            if version is not None and dataset.code not in found:
                found[dataset.code] = Offerable(dataset, version, tier, agreement)
    return list(found.values())


def _newest_signed(dataset: Dataset, tier: str) -> Version | None:
    query = select(Version).where(Version.dataset_id == dataset.id, Version.status == "published")
    for version in session().scalars(query.order_by(Version.number.desc())):
        if ports.house.protected_menu(version.id, tier) is not None:
            return version
    return None


def routes(
    one: Request, menu: menus.Menu, filters: Mapping[str, Sequence[str]], variables: Sequence[str]
) -> tuple[routing.Route, ...]:
    """Return who decides about the matching rows of the request's protected file today."""
    chosen = {column: tuple(values) for column, values in filters.items() if values}
    columns = [column for column in (menus.COUNTRY, menu.year) if column in menu.filters]
    raw = ports.house.protected_counts(one.version_id, one.tier, chosen, columns)
    counts = {_cell(columns, key, menu): rows for key, rows in raw.items()}
    # Incidents carry the country of the nearest known place; whoever decides is told how many lie far from it.
    placed = ports.house.protected_counts(one.version_id, one.tier, {**chosen, FAR: ("1",)}, (menus.COUNTRY,))
    far = {country: rows for (country,), rows in placed.items()}
    today = clock.today(ports.house.config.time_zone)
    return routing.routes(counts, menu, chosen, variables, lambda country: region_today(country, today), far)


def _cell(columns: Sequence[str], key: tuple[str, ...], menu: menus.Menu) -> tuple[str, str]:
    cell = dict(zip(columns, key, strict=True))
    return cell.get(menus.COUNTRY, ""), cell.get(menu.year, "")


@dataclass(frozen=True)
class Requests(Paged):
    """One page of requests."""

    rows: Sequence[Request]
    total: int
    page: int


def requests(actor: Actor, look: Look) -> Requests:
    """Return the page of requests that a look asks for."""
    found = _narrowed(policy.visible(actor, Permission.REQUEST_READ, Request).join(Request.dataset), look)
    total = session().scalar(select(func.count()).select_from(found.subquery())) or 0
    page = min(look.page, last_page(total))
    order: dict[str, ColumnElement[Any]] = {
        "number": Request.number.expression,
        "status": Request.status.expression,
        "moved": Request.moved_at.expression,
    }
    by = order[look.sort]
    loaded = found.options(
        joinedload(Request.dataset), joinedload(Request.organisation), selectinload(Request.tracks)
    ).order_by(by.desc() if look.descending else by.asc(), Request.id.desc())
    return Requests(list(session().scalars(loaded.limit(SIZE).offset((page - 1) * SIZE))), total, page)


def _narrowed(query: Select[Request], look: Look) -> Select[Request]:
    if look.words:
        columns = (Request.number, Dataset.title_en, Dataset.title_fr)
        query = query.where(or_(*(column.icontains(look.words, autoescape=True) for column in columns)))
    return query.where(Request.status == look.status) if look.status else query


def under(actor: Actor, agreement_id: int) -> Sequence[Request]:
    """Return the requests under an agreement that the actor may see, newest first."""
    if not policy.holds(actor, Permission.REQUEST_READ):
        return []
    query = policy.visible(actor, Permission.REQUEST_READ, Request).where(Request.agreement_id == agreement_id)
    return list(session().scalars(query.order_by(Request.id.desc()).limit(50)))


def open_under(agreement_id: int) -> int:
    """Answer the agreements room: how many requests under an agreement were sent and have not ended."""
    sent = select(func.count()).select_from(Request).where(Request.agreement_id == agreement_id)
    return session().scalar(sent.where(Request.status.not_in(("draft", "ended")))) or 0


@dataclass(frozen=True)
class Waiting:
    """Whom a request waits on, in the workflow's words, and since when."""

    on: tuple[str, ...]  # requester | officer | coordinator | a region's code
    since: dt.datetime | None


def waiting(one: Request) -> Waiting:
    """Return whom a request waits on; nobody once it runs or has ended."""
    if one.status in {"draft", "returned", "offered"} or one.state == WAITS:
        return Waiting(("requester",), one.moved_at)
    if one.state == "in_review:dpo":
        return Waiting(("officer",), one.moved_at)
    still = [track for track in one.tracks if track.status in PENDING] if one.status == "in_review" else []
    who = ("coordinator" if track.status == "recused" else track.region for track in still)
    return Waiting(tuple(who), min((track.opened_at for track in still), default=None))


def officer_requests(actor: Actor) -> Sequence[Request]:
    """Return the requests that wait for the data protection officer's decision, the oldest first."""
    if not actor.has(Role.DPO):
        return []
    query = policy.visible(actor, Permission.REQUEST_OFFICER_DECIDE, Request)
    waits = query.where(Request.status == "in_review", Request.stage == "dpo")
    return list(session().scalars(waits.order_by(Request.moved_at)))


def may(actor: Actor, permission: Permission, row: Request | Track) -> bool:
    """Whether the actor has the permission on this row."""
    return policy.may(actor, permission, row)
