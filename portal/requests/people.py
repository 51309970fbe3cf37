"""Whom a request concerns: those who decide now, and the asking organisation's own people."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import literal, select
from sqlalchemy.orm import joinedload

from portal.actor import PARTNER_ROLES, Role
from portal.auth.models import Grant, Organisation, Person
from portal.auth.queries import valid_today
from portal.catalogue import owners
from portal.db import session
from portal.requests import standins
from portal.requests.models import Track
from portal.requests.models_duties import Assignment, Deputyship, Recusal
from portal.requests.routing import UNASSIGNED

SUITABLE = [role.value for role in standins.SUITABLE]


@dataclass(frozen=True)
class Decider:
    """Somebody who may decide a track now, and for whom if they are a deputy."""

    person: Person
    instead_of: Person | None = None


def of_track(track: Track) -> Sequence[Decider]:
    """Return who may decide a track now: managers, deputies, the co-owner's, whom the coordinator chose; else these.

    While somebody has stepped aside it waits for the coordinators.
    """
    asking = track.request.organisation_id
    aside = set(session().scalars(select(Recusal.person_id).where(Recusal.track_id == track.id)))
    aside |= {track.request.entered_by_id or 0}  # whoever entered a request from a mail does not decide on it
    if track.region != UNASSIGNED and track.status != "recused":
        managers = [one for one in _heads(track.region, asking) if one.id not in aside]
        found = [Decider(one) for one in managers]
        found += [one for one in _deputies(track.region, managers) if one.person.id not in aside]
        found += [Decider(one) for one in _chosen(track, aside)]
        if found:
            return _once(found)
    chosen = [Decider(one) for one in _chosen(track, aside)] if track.status != "recused" else []
    every = [Decider(one) for one in holders(Role.COORDINATOR, asking)]
    return _once([*chosen, *(one for one in every if one.person.id not in aside or track.status == "recused")])


def of_office(region: str, asking_organisation: int) -> Sequence[Person]:
    """Return who may judge what a region's decision, or with "" the data protection officer's, made a condition.

    Of the head's office they are the heads and whoever stands in for one.
    """
    if not region:
        return holders(Role.DPO, asking_organisation)
    if region == standins.OF_HEAD:
        heads = holders(Role.HEAD, asking_organisation)
        return [*heads, *(one.person for one in _deputies(region, heads))]
    managers = [] if region == UNASSIGNED else _heads(region, asking_organisation)
    return [*managers, *(one.person for one in _deputies(region, managers))] or holders(
        Role.COORDINATOR, asking_organisation
    )


def _heads(office: str, asking_organisation: int) -> Sequence[Person]:
    """Return a region's managers, or the focal points of a co-owner that is not who asks."""
    owner = owners.organisation_of(office)
    if owner is None:
        return holders(Role.REGIONAL_MANAGER, asking_organisation, office)
    if owner == asking_organisation:
        return []
    speaks = standins.speaks_for(literal(owner))
    return list(session().scalars(select(Person).where(speaks).order_by(Person.name)))


def _once(found: Iterable[Decider]) -> list[Decider]:
    first: dict[int, Decider] = {}
    for one in found:
        first.setdefault(one.person.id, one)
    return list(first.values())


def _deputies(region: str, managers: Sequence[Person]) -> Iterable[Decider]:
    """The people who stand in for these managers now, as :func:`portal.requests.standins.deputises` admits them."""
    if not managers:
        return []
    named = select(Deputyship).where(
        Deputyship.region == region, Deputyship.manager_id.in_([one.id for one in managers]), standins.in_force()
    )
    found = session().scalars(named.options(joinedload(Deputyship.deputy)).order_by(Deputyship.id))
    return [Decider(one.deputy, one.manager) for one in found if suits(one.deputy, one.manager.organisation_id)]


def _chosen(track: Track, aside: Collection[int]) -> Sequence[Person]:
    newest = select(Assignment).where(Assignment.track_id == track.id).order_by(Assignment.id.desc()).limit(1)
    given = session().scalar(newest)
    if given is None or given.person_id in aside:
        return []
    person = given.person
    return [person] if suits(person) and person.organisation_id != track.request.organisation_id else []


def suits(person: Person, organisation_id: int = 0) -> bool:
    """Whether somebody holds a role today that may stand in for a manager (in this organisation, if one is given)."""
    held = select(Grant.id).where(Grant.person_id == person.id, Grant.role.in_(SUITABLE), valid_today())
    there = not organisation_id or person.organisation_id == organisation_id
    return there and person.disabled_at is None and session().scalar(held.limit(1)) is not None


def may_stand_in(without: Collection[int], *, organisation_id: int = 0, asking_organisation: int = 0) -> list[Person]:
    """Return the staff who may stand in for a manager today, less those of ``without`` and of whoever asks."""
    held = select(Grant.person_id).where(Grant.role.in_(SUITABLE), valid_today())
    query = select(Person).where(
        Person.id.in_(held), Person.disabled_at.is_(None), Person.organisation_id != asking_organisation
    )
    if organisation_id:
        query = query.where(Person.organisation_id == organisation_id)
    found = session().scalars(query.join(Organisation).where(Organisation.kind == "mmc").order_by(Person.name))
    return [one for one in found if one.id not in without]


def holders(role: Role, asking_organisation: int, region: str = "") -> Sequence[Person]:
    """Return the people who hold a role today and are not of the organisation that asks."""
    held = select(Grant.person_id).where(Grant.role == role.value, valid_today())
    if region:
        held = held.where(Grant.region == region)
    query = select(Person).where(
        Person.id.in_(held), Person.disabled_at.is_(None), Person.organisation_id != asking_organisation
    )
    return list(session().scalars(query.order_by(Person.name)))


def colleagues(organisation_id: int) -> Sequence[Person]:
    """Return the people of an organisation who may be named as recipients."""
    held = select(Grant.person_id).where(Grant.role.in_([role.value for role in PARTNER_ROLES]), valid_today())
    query = (
        select(Person)
        .join(Organisation)
        .where(
            Person.organisation_id == organisation_id,
            Organisation.active,
            Person.disabled_at.is_(None),
            Person.id.in_(held),
        )
    )
    return list(session().scalars(query.order_by(Person.name)))


def named(organisation_id: int, refs: Iterable[str]) -> Sequence[Person]:
    """Return the colleagues among ``refs``; whoever is not one is left out."""
    wanted = set(refs)
    return [person for person in colleagues(organisation_id) if person.ref in wanted]
