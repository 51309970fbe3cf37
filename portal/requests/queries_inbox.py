"""The inbox: what waits, with whom, for how long, and what was decided. As many queries for one track as for fifty."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, select
from sqlalchemy.orm import joinedload, selectinload

from portal import clock, policy, ports
from portal.actor import Actor, Role
from portal.db import session
from portal.permissions import Permission
from portal.requests import actions_silence, routing, standins, verdicts
from portal.requests import menu as menus
from portal.requests.models import Decision, Request, Track
from portal.requests.models_duties import Deputyship, Obligation
from portal.requests.queries import scope_of
from portal.requests.workflow import PENDING

SHOWS = ("", "mine", "deputy", "late", "decided")
LATEST = 200  # decided tracks that are looked through


@dataclass(frozen=True)
class Line:
    """One track of the inbox: may the reader decide it, as whose deputy, how old in working days, how sensitive."""

    track: Track
    mine: bool
    deputised: bool
    days: int
    risk: int

    @property
    def late(self) -> bool:
        """Whether a reminder went out, or the coordinator has it."""
        return self.track.reminded_at is not None or self.track.escalated_at is not None


def lines(actor: Actor, show: str) -> list[Line]:
    """Return the tracks of one view: everything that waits, mine, deputised, late, or decided; the oldest first."""
    if not policy.holds(actor, Permission.TRACK_READ):
        return []
    mine = policy.condition(actor, Permission.TRACK_DECIDE).label("mine")
    deputised = and_(~standins.own_region(actor, Track), standins.deputises(actor, Track)).label("deputised")
    query = policy.visible(actor, Permission.TRACK_READ, Track).add_columns(mine, deputised).join(Track.request)
    query = query.options(
        joinedload(Track.request).joinedload(Request.organisation),
        joinedload(Track.scope),
        selectinload(Track.decisions).joinedload(Decision.person),
        selectinload(Track.decisions).joinedload(Decision.for_person),
    )
    if show == "decided":
        decided = query.where(Track.decided_at.is_not(None), Track.status != "closed")
        found = session().execute(decided.order_by(Track.decided_at.desc()).limit(LATEST)).unique()
    else:
        waits = query.where(Track.status.in_(PENDING), Request.status.in_(["in_review", "returned"]))
        found = session().execute(waits.order_by(Track.opened_at, Track.id)).unique()
    risks = _Risks()
    rows = [
        Line(track, bool(may), bool(stands), actions_silence.age(track), risks.of(track))
        for track, may, stands in found
    ]
    return [row for row in rows if _shown(row, show)]


def _shown(row: Line, show: str) -> bool:
    if show == "mine":
        return row.mine and not row.deputised
    return row.deputised if show == "deputy" else row.late if show == "late" else True


class _Risks:
    """The class of the most sensitive variable of a track, reading each file's menu once."""

    def __init__(self) -> None:
        self._menus: dict[tuple[int, str], menus.Menu | None] = {}

    def of(self, track: Track) -> int:
        key = (track.request.version_id, track.request.tier)
        if key not in self._menus:
            raw = ports.house.protected_menu(*key)
            self._menus[key] = None if raw is None else menus.read(raw)
        menu = self._menus[key]
        part = verdicts.slice_of(track.region)(scope_of(track.scope))
        return menu.most_sensitive(part.variables) if menu else routing.RED


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
    if actor.has(Role.REGIONAL_MANAGER, Role.DPO, Role.PROJECT_MANAGER, Role.COORDINATOR):
        return [one for one in obligations(actor) if one.may_judge and (one.row.status == "reported" or one.overdue)]
    return []


def split_into(request: Request) -> Request | None:
    """Return the request into which the open parts of this one went."""
    return session().scalar(select(Request).where(Request.split_from_id == request.id))


def split_from(request: Request) -> Request | None:
    """Return the request from which this one was split."""
    return session().get(Request, request.split_from_id) if request.split_from_id else None
