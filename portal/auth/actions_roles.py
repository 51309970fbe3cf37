"""Roles given and ended on a person's page, and the access of people who leave. One code for each change."""

import datetime as dt

from sqlalchemy import or_, select

from portal import policy
from portal.actor import FACTOR_ROLES, Actor, Role
from portal.audit.recorder import record
from portal.auth import actions_factor, actions_people, checks, queries, queries_people
from portal.auth.models import Grant, Person
from portal.auth.queries_people import today
from portal.auth.schemas_people import NewRole, OldRole
from portal.db import session
from portal.errors import NotFound
from portal.permissions import Permission


def give(actor: Actor, ref: str, wanted: NewRole) -> Person:
    """Give somebody a role from one day to another, both included; it counts at their next request.

    Raises NotFound, NotAllowed (nobody changes their own roles), Invalid where it cannot be given or the code is wrong.
    """
    person = _to_change(actor, ref)
    checks.may_give(actor, person.organisation, wanted.role, "role")
    checks.region_of(wanted.role, [wanted.region] if wanted.region else [], "region")
    if wanted.until is not None and wanted.until < today():
        raise checks.refused("until", "past")
    beside = _overlapping(person, wanted.since, wanted.until)
    if any((one.role, one.region) == (wanted.role.value, wanted.region) for one in beside):
        raise checks.refused("role", "held")
    checks.fits_together(person.organisation, [Role(one.role) for one in beside], wanted.role, "role")
    if wanted.role in FACTOR_ROLES and person.totp_wrapped is None:
        raise checks.refused("role", "no_factor")
    actions_factor.prove(actor, wanted.code)
    add(actor, person, wanted.role, wanted.region, (wanted.since, wanted.until))
    return person


def add(
    actor: Actor,
    person: Person,
    role: Role,
    region: str,
    days: tuple[dt.date, dt.date | None],
    on_behalf_of: str = "",
) -> None:
    """Write a role down that has been judged already; one that began on the same day and was ended begins again."""
    since, until = days
    same = {"person_id": person.id, "role": role.value, "region": region, "valid_from": since}
    grant = session().scalar(select(Grant).filter_by(**same))
    if grant is None:
        grant = Grant(**same)
        session().add(grant)
    grant.valid_to = until
    session().flush()
    change = {
        "role": ("", role.value),
        "region": ("", region),
        "valid_from": ("", since.isoformat()),
        "valid_to": ("", until.isoformat() if until else ""),
    }
    record(actor, "role.granted", target=("person", person.ref), change=change, on_behalf_of=on_behalf_of)


def end(actor: Actor, ref: str, wanted: OldRole) -> Person:
    """End a role today: the person is without it from their next request on.

    Raises NotFound, NotAllowed, Invalid if nobody else would hold it, or the code is wrong.
    """
    person = _to_change(actor, ref)
    grant = session().scalar(
        select(Grant).where(
            Grant.person_id == person.id,
            Grant.role == wanted.role.value,
            Grant.region == wanted.region,
            Grant.valid_from == wanted.since,
            queries_people.not_over(),
        )
    )
    if grant is None:
        raise NotFound("role: this person does not hold it any more")
    if not actor.has(Role.ADMINISTRATOR):  # who may end what others gave, whatever the house
        checks.may_give(actor, person.organisation, wanted.role, "role")
    checks.somebody_stays(person, [wanted.role])
    actions_factor.prove(actor, wanted.code)
    _end(actor, person, grant)
    return person


def end_access(actor: Actor, ref: str, reason: str = "") -> Person:
    """Shut a colleague out who has left: their roles end, their sessions end, and they cannot sign in.

    Raises NotFound for whoever is not a person of the partner whose focal point acts, Stale if it is done already.
    """
    person = policy.load(actor, Permission.PERSON_LEAVE, Person, Person.ref == ref)
    for grant in queries_people.grants_of([person.id]).get(person.id, []):
        _end(actor, person, grant)
    actions_people.shut_out(actor, person, reason)
    return person


def _to_change(actor: Actor, ref: str) -> Person:
    person = queries.person(actor, ref)
    policy.require(actor, Permission.ROLE_CHANGE, person)
    return person


def _end(actor: Actor, person: Person, grant: Grant) -> None:
    """Yesterday was its last day; a role that was to begin later never does."""
    last = today() - dt.timedelta(days=1)
    change = {
        "role": (grant.role, ""),
        "region": (grant.region, ""),
        "valid_to": (grant.valid_to.isoformat() if grant.valid_to else "", last.isoformat()),
    }
    grant.valid_to = last
    session().flush()
    record(actor, "role.ended", target=("person", person.ref), change=change)


def _overlapping(person: Person, since: dt.date, until: dt.date | None) -> list[Grant]:
    query = select(Grant).where(Grant.person_id == person.id, or_(Grant.valid_to.is_(None), Grant.valid_to >= since))
    if until is not None:
        query = query.where(Grant.valid_from <= until)
    return list(session().scalars(query))
