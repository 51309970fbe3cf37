"""The inbox: what waits, with whom, for how long, and what was decided. As many queries for one track as for fifty."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, or_, select, true
from sqlalchemy.orm import joinedload, selectinload

from portal import clock, policy
from portal.actor import STAFF_ROLES, Actor, Role
from portal.auth.models import Organisation
from portal.catalogue import queries_owners
from portal.db import session
from portal.permissions import Permission
from portal.requests import actions_silence, routing, standins
from portal.requests.drafts import SENSITIVE
from portal.requests.models import Decision, Request, Track
from portal.requests.models_duties import Deputyship, Obligation
from portal.requests.workflow import PENDING

SHOWS = ("", "mine", "deputy", "late", "decided")
LATEST = 200  # decided tracks that are looked through
CHUNK = 500  # tracks asked for at once: databases limit the length of a statement


@dataclass(frozen=True)
class Entry:
    """What the inbox is filtered and sorted by: one track, without what only a page of it shows."""

    track_id: int
    region: str
    organisation: str
    rows: int
    risk: int
    opened_at: dt.datetime
    decided_at: dt.datetime | None
    mine: bool
    deputised: bool


@dataclass(frozen=True)
class Line:
    """One track of the inbox: may the reader decide it, as whose deputy, how old in working days, how sensitive."""

    track: Track
    mine: bool
    deputised: bool
    days: int
    risk: int

    @property
    def together(self) -> bool:
        """Whether it may be ticked, to be approved with others; the page of the selection judges what was ticked."""
        return self.mine and self.track.status == "open" and self.risk < SENSITIVE


def entries(actor: Actor, show: str) -> list[Entry]:
    """Return one view's tracks: everything that waits, mine, deputised, late, or decided; the oldest first."""
    if not policy.holds(actor, Permission.TRACK_READ):
        return []
    mine = policy.condition(actor, Permission.TRACK_DECIDE)
    deputised = and_(~standins.own_region(actor, Track), standins.deputises(actor, Track))
    late = or_(Track.reminded_at.is_not(None), Track.escalated_at.is_not(None))
    query = policy.visible(actor, Permission.TRACK_READ, Track).join(Track.request).join(Request.organisation)
    if show == "decided":
        query = query.where(Track.decided_at.is_not(None), Track.status != "closed")
        query = query.order_by(Track.decided_at.desc()).limit(LATEST)
    else:
        waits = query.where(Track.status.in_(PENDING), Request.status.in_(["in_review", "returned"]))
        query = waits.order_by(Track.opened_at, Track.id)
    views = {"mine": mine & ~deputised, "deputy": deputised, "late": late}
    found = query.where(views.get(show, true())).with_only_columns(
        *(Track.id, Track.region, Organisation.name, Track.profile["rows"].as_integer()),
        *(
            Track.profile["risk"].as_integer(),
            Track.opened_at,
            Track.decided_at,
            mine.label("mine"),
            deputised.label("deputised"),
        ),
    )
    return [
        Entry(number, region, name, rows or 0, risk or routing.RED, opened, decided, bool(may), bool(stands))
        for number, region, name, rows, risk, opened, decided, may, stands in session().execute(found)
    ]


def lines(actor: Actor, entries: Sequence[Entry]) -> list[Line]:
    """Return the tracks of a page of entries, with all that the page shows of them, in their order."""
    query = policy.visible(actor, Permission.TRACK_READ, Track).options(
        joinedload(Track.request).joinedload(Request.organisation),
        joinedload(Track.request).joinedload(Request.dataset),
        selectinload(Track.decisions).joinedload(Decision.person),
        selectinload(Track.decisions).joinedload(Decision.for_person),
    )
    numbers, tracks = [one.track_id for one in entries], dict[int, Track]()
    for start in range(0, len(numbers), CHUNK):
        chunk = query.where(Track.id.in_(numbers[start : start + CHUNK]))
        tracks |= {track.id: track for track in session().scalars(chunk)}
    shown = ((tracks[one.track_id], one) for one in entries if one.track_id in tracks)
    return [Line(track, one.mine, one.deputised, actions_silence.age(track), one.risk) for track, one in shown]


def has_use_for_it(actor: Actor) -> bool:
    """Whether something may ever wait for the actor: of the partners' people, only where theirs co-own a module."""
    return actor.has(*STAFF_ROLES) or queries_owners.owns_something(actor.organisation_id)


def deputyships(actor: Actor) -> Sequence[Deputyship]:
    """Return the deputyships the actor named, holds or oversees, the newest first."""
    query = policy.visible(actor, Permission.DEPUTY_READ, Deputyship)
    loaded = query.options(joinedload(Deputyship.manager), joinedload(Deputyship.deputy))
    return list(session().scalars(loaded.order_by(Deputyship.first_day.desc(), Deputyship.id.desc())))


def holds_now(one: Deputyship) -> bool:
    """Whether a deputyship's days hold this moment and nobody ended it."""
    return one.status == "named" and one.starts_at <= clock.now() < one.ends_at


@dataclass(frozen=True)
class Duty:
    """One obligation, and what the reader may do to it."""

    row: Obligation
    may_report: bool
    may_judge: bool
    overdue: bool


def obligation(actor: Actor, ref: str) -> Duty:
    """Return one obligation; NotFound if there is none for this actor."""
    one = policy.load(actor, Permission.OBLIGATION_READ, Obligation, Obligation.ref == ref)
    report = policy.may(actor, Permission.OBLIGATION_REPORT, one)
    return Duty(one, report, policy.may(actor, Permission.OBLIGATION_JUDGE, one), overdue(one))


def obligations(actor: Actor, *, request_id: int = 0) -> list[Duty]:
    """Return the obligations the actor may see: what is open first, by its day."""
    if not policy.holds(actor, Permission.OBLIGATION_READ):
        return []
    report = policy.condition(actor, Permission.OBLIGATION_REPORT).label("report")
    judge = policy.condition(actor, Permission.OBLIGATION_JUDGE).label("judge")
    query = policy.visible(actor, Permission.OBLIGATION_READ, Obligation).add_columns(report, judge)
    query = query.join(Obligation.request).options(
        joinedload(Obligation.request).joinedload(Request.organisation),
        joinedload(Obligation.request).joinedload(Request.agreement),
    )
    if request_id:
        query = query.where(Obligation.request_id == request_id)
    found = [Duty(one, bool(may), bool(can), overdue(one)) for one, may, can in session().execute(query)]
    settled = {"open": 0, "reported": 0, "met": 1, "waived": 1}
    return sorted(found, key=lambda duty: (settled[duty.row.status], duty.row.due_on or dt.date.max, duty.row.id))


def overdue(one: Obligation) -> bool:
    """Whether its day passed, in the agreement's zone, and nobody confirmed or waived it."""
    due = one.due_on is not None and clock.day_end(one.due_on, one.request.agreement.time_zone) <= clock.now()
    return due and one.status in {"open", "reported"}


def waiting_obligations(actor: Actor) -> list[Duty]:
    """Return the obligations that wait for the actor: reported ones to judge, overdue ones to follow up."""
    if actor.has(Role.REGIONAL_MANAGER, Role.DPO, Role.PROJECT_MANAGER, Role.COORDINATOR, Role.FOCAL_POINT):
        return [one for one in obligations(actor) if one.may_judge and (one.row.status == "reported" or one.overdue)]
    return []


def split_into(request: Request) -> Request | None:
    """Return the request into which the open parts of this one went."""
    return session().scalar(select(Request).where(Request.split_from_id == request.id))


def split_from(request: Request) -> Request | None:
    """Return the request from which this one was split."""
    return session().get(Request, request.split_from_id) if request.split_from_id else None
