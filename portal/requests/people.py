"""Whom a request concerns: those who decide now, and the asking organisation's own people."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from portal.actor import PARTNER_ROLES, Role
from portal.auth.models import Grant, Organisation, Person
from portal.auth.queries import valid_today
from portal.db import session
from portal.requests.routing import UNASSIGNED


def deciders(region: str, asking_organisation: int) -> Sequence[Person]:
    """Return who may decide about a region's rows today; the coordinators where nobody else may."""
    if region != UNASSIGNED:
        managers = holders(Role.REGIONAL_MANAGER, asking_organisation, region)
        if managers:
            return managers
    return holders(Role.COORDINATOR, asking_organisation)


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
