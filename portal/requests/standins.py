"""Conditions in SQL for who decides in whose place: managers, their deputies, and whom the coordinator chose.

Everything is judged at this moment: a role, a deputyship or an account that ended decides nothing any more.
"""

from sqlalchemy import ColumnElement, and_, exists, or_
from sqlalchemy import false as never
from sqlalchemy.orm import aliased

from portal import clock
from portal.actor import Actor, Role
from portal.auth.models import Grant, Organisation, Person
from portal.auth.queries import valid_today
from portal.requests.models import Request, Track
from portal.requests.models_duties import Assignment, Deputyship, Recusal

SUITABLE = frozenset({Role.REGIONAL_MANAGER, Role.COORDINATOR, Role.PROJECT_MANAGER})
"""Roles that may stand in: no office that signs files, or decides after the regions, decides for a region too."""

OF_HEAD = "head"
"""What a deputyship of the head's says instead of a region. No region has this code, and so no track."""


def offices(actor: Actor) -> list[str]:
    """Return for what the actor may name a deputy: the regions they manage, and the head's office if it is theirs."""
    return [*sorted(actor.regions), *([OF_HEAD] if actor.has(Role.HEAD) else [])]


def own_region(actor: Actor, track: type[Track]) -> ColumnElement[bool]:
    """Whether the track is of a region that the actor manages."""
    return track.region.in_(sorted(actor.regions)) if actor.has(Role.REGIONAL_MANAGER) else never()


def own_module(actor: Actor, track: type[Track]) -> ColumnElement[bool]:
    """Whether the track is of a module that the actor's organisation co-owns, whose focal point they are."""
    return track.owner_id == actor.organisation_id if actor.has(Role.FOCAL_POINT) else never()


def speaks_for(organisation_id: ColumnElement[int | None]) -> ColumnElement[bool]:
    """Whether the person of the query is a focal point of an organisation today."""
    there = (Person.disabled_at.is_(None), Person.organisation_id == organisation_id)
    opened = exists().where(Organisation.id == Person.organisation_id, Organisation.active).correlate(Person)
    held = (Grant.person_id == Person.id, Grant.role == Role.FOCAL_POINT.value)
    return and_(*there, opened, exists().where(*held, valid_today()).correlate_except(Grant))


def in_force() -> ColumnElement[bool]:
    """Whether a deputyship holds at this moment."""
    now = clock.now()
    return and_(Deputyship.status == "named", Deputyship.starts_at <= now, Deputyship.ends_at > now)


def manages(region: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether the person of the query manages a region today; of what is the head's, whether they are the head."""
    manager = and_(Grant.role == Role.REGIONAL_MANAGER.value, Grant.region == region)
    held = (Grant.person_id == Person.id, or_(manager, and_(Grant.role == Role.HEAD.value, region == OF_HEAD)))
    return and_(Person.disabled_at.is_(None), exists().where(*held, valid_today()).correlate_except(Grant))


def deputises(actor: Actor, track: type[Track]) -> ColumnElement[bool]:
    """Whether the actor stands in for a manager of the track who could decide it: none that stepped aside, or asked."""
    if not actor.has(*SUITABLE):
        return never()
    return (
        exists()
        .where(
            Deputyship.deputy_id == actor.id,
            Deputyship.region == track.region,
            in_force(),
            Person.id == Deputyship.manager_id,
            Person.organisation_id == actor.organisation_id,
            manages(Deputyship.region.expression),
            Request.id == track.request_id,
            Request.organisation_id != Person.organisation_id,
            ~recused(track),
        )
        .correlate(track)
    )


def region_deputised(actor: Actor, region: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether the actor stands in, at this moment, for a manager of a region."""
    if not actor.has(*SUITABLE):
        return never()
    named = (Deputyship.deputy_id == actor.id, Deputyship.region == region, in_force())
    held = (Person.id == Deputyship.manager_id, Person.organisation_id == actor.organisation_id)
    return exists().where(*named, *held, manages(Deputyship.region.expression)).correlate_except(Deputyship, Person)


def recused(track: type[Track]) -> ColumnElement[bool]:
    """Whether the person of the query stepped aside from a track."""
    gone = (Recusal.track_id == track.id, Recusal.person_id == Person.id)
    return exists().where(*gone).correlate_except(Recusal)


def stepped_aside(actor: Actor, track: type[Track]) -> ColumnElement[bool]:
    """Whether the actor stepped aside from a track."""
    return exists().where(Recusal.track_id == track.id, Recusal.person_id == actor.id).correlate(track)


def assigned(actor: Actor, track: type[Track]) -> ColumnElement[bool]:
    """Whether the coordinator gave the track to the actor, and to nobody after them."""
    if not actor.has(*SUITABLE):
        return never()
    given = (Assignment.track_id == track.id, Assignment.person_id == actor.id)
    return exists().where(*given, _newest(track)).correlate(track)


def without_decider(track: type[Track]) -> ColumnElement[bool]:
    """Whether nobody else could decide: the same people as :func:`portal.requests.people.of_track` finds."""
    other = and_(Person.disabled_at.is_(None), Request.id == track.request_id, ~recused(track))
    outside = and_(
        other,
        Person.organisation_id != Request.organisation_id,
        Request.entered_by_id.is_distinct_from(Person.id),
    )
    suits = exists().where(Grant.person_id == Person.id, Grant.role.in_([one.value for one in SUITABLE]), valid_today())
    manager = exists().where(outside, manages(track.region.expression)).correlate(track)
    speaker = exists().where(outside, speaks_for(track.owner_id.expression)).correlate(track)
    chosen = exists().where(
        Assignment.track_id == track.id, _newest(track), Person.id == Assignment.person_id, outside, suits
    )
    return and_(~manager, ~speaker, ~chosen.correlate(track))


def _newest(track: type[Track]) -> ColumnElement[bool]:
    later = aliased(Assignment)
    after = exists().where(later.track_id == Assignment.track_id, later.id > Assignment.id)
    return and_(Assignment.track_id == track.id, ~after.correlate(Assignment))


def waits_for_somebody(track: type[Track]) -> ColumnElement[bool]:
    """Whether a track is silent, somebody stepped aside from it, or nobody of its region may decide it."""
    return or_(track.escalated_at.is_not(None), track.status == "recused", without_decider(track))
