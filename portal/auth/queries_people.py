"""Reads of invitations, roles and organisations. Whether a link still works is judged here, at every look."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Row, func, or_, select
from sqlalchemy.orm import joinedload

from portal import clock, policy, ports
from portal.actor import Actor, Role
from portal.auth import giving, queries, steps, tokens
from portal.auth.models import Grant, Organisation, Person, SignIn
from portal.auth.models_links import AddressChange, Invitation
from portal.db import session
from portal.errors import NotFound
from portal.permissions import Permission

MOST = 500  # of a list without pages


class LinkOver(NotFound):
    """A link of a letter that opens nothing: unknown, used, too old or taken back; nobody is told which."""


def today() -> dt.date:
    """Return the day it is in the house's own time zone: roles begin and end with it."""
    return clock.today(ports.house.config.time_zone)


def link_day() -> dt.date:
    """Return the last day of a link that is made now."""
    return today() + dt.timedelta(days=steps.LINK_DAYS)


def link_ends() -> dt.datetime:
    """Return the first moment at which such a link is too old."""
    return clock.day_end(link_day(), ports.house.config.time_zone)


def regions() -> Sequence[tuple[str, str]]:
    """Return the regions that answer for somebody, code and name in the reader's language."""
    return ports.house.regions()


def invitation_behind(token: str) -> Invitation:
    """Return the open invitation of a link.

    Raises LinkOver, also where whoever invited may not invite any more, or not to these roles, and where the address
    has become somebody's.
    """
    query = select(Invitation).where(
        Invitation.token_hash == tokens.digest(token), Invitation.status == "open", Invitation.expires_at > clock.now()
    )
    found = session().scalar(query)
    if found is None or not _still_meant(found) or address_taken(found.email):
        raise LinkOver("link: opens nothing")
    return found


def _still_meant(invitation: Invitation) -> bool:
    inviter, house = invitation.inviter, invitation.organisation
    if inviter.disabled_at is not None or not inviter.organisation.active:
        return False
    if invitation.valid_to is not None and invitation.valid_to < today():
        return False
    actor = queries.actor_of(inviter)
    may = policy.may(actor, Permission.PERSON_INVITE, house)
    return may and {Role(role) for role in invitation.roles} <= givable(actor, house)


def givable(actor: Actor, house: Organisation) -> frozenset[Role]:
    """Return the roles the actor may give to people of an organisation."""
    return giving.givable(actor.roles, house.kind, same_house=actor.organisation_id == house.id)


def address_taken(email: str) -> bool:
    """Whether an address is somebody's."""
    return session().scalar(select(Person.id).where(Person.email == email)) is not None


def address_behind(token: str) -> AddressChange:
    """Return the open change of address of a link.

    Raises LinkOver, also where the address has become somebody's or the person may not come in any more.
    """
    found = session().scalar(
        select(AddressChange).where(
            AddressChange.token_hash == tokens.digest(token),
            AddressChange.status == "open",
            AddressChange.expires_at > clock.now(),
        )
    )
    gone = found is None or found.person.disabled_at is not None or not found.person.organisation.active
    if found is None or gone or address_taken(found.email):
        raise LinkOver("link: opens nothing")
    return found


def open_changes(person_id: int) -> Sequence[AddressChange]:
    """Return a person's changes of address that wait for their link."""
    query = select(AddressChange).where(AddressChange.person_id == person_id, AddressChange.status == "open")
    return session().scalars(query).all()


def open_invitation_of(email: str) -> Invitation | None:
    """Return the invitation that waits at an address and is not too old."""
    waits = select(Invitation).where(
        Invitation.email == email, Invitation.status == "open", Invitation.expires_at > clock.now()
    )
    return session().scalar(waits.limit(1))


def state_of(invitation: Invitation) -> str:
    """Return an invitation's state as pages name it: ``late`` is an open one whose link is too old."""
    late = invitation.status == "open" and invitation.expires_at <= clock.now()
    return "late" if late else invitation.state


def invitation(actor: Actor, ref: str) -> Invitation:
    """Load one invitation to look at."""
    return policy.load(actor, Permission.INVITATION_READ, Invitation, Invitation.ref == ref)


def invitations(actor: Actor, *where: ColumnElement[bool]) -> Sequence[tuple[Invitation, str, bool]]:
    """Return invitations, those that wait first: each with its state, and whether the actor may change it."""
    may = policy.condition(actor, Permission.INVITATION_CHANGE).label("may_change")
    query = policy.visible(actor, Permission.INVITATION_READ, Invitation).where(*where).add_columns(may)
    loaded = query.options(joinedload(Invitation.organisation), joinedload(Invitation.inviter))
    rows = session().execute(loaded.order_by(Invitation.status.desc(), Invitation.id.desc()).limit(MOST)).all()
    return [(row[0], state_of(row[0]), bool(row[1])) for row in rows]


def houses_to_invite_to(actor: Actor) -> Sequence[Organisation]:
    """Return the organisations the actor may invite people to."""
    query = policy.visible(actor, Permission.PERSON_INVITE, Organisation)
    return session().scalars(query.order_by(Organisation.name)).all()


def house(actor: Actor, ref: str) -> Organisation:
    """Load one organisation to look at."""
    return policy.load(actor, Permission.ORGANISATION_READ, Organisation, Organisation.ref == ref)


def own_house(actor: Actor) -> Organisation:
    """Load the actor's own organisation."""
    return policy.load(actor, Permission.ORGANISATION_READ, Organisation, Organisation.id == actor.organisation_id)


def houses(actor: Actor) -> Sequence[Row[tuple[Organisation, int, bool]]]:
    """Return every organisation the actor may see: how many people may come in, whether the actor may change it."""
    inside = select(func.count(Person.id)).where(
        Person.organisation_id == Organisation.id, Person.disabled_at.is_(None)
    )
    may = policy.condition(actor, Permission.ORGANISATION_WRITE).label("may_change")
    query = policy.visible(actor, Permission.ORGANISATION_READ, Organisation)
    columns = query.add_columns(inside.correlate(Organisation).scalar_subquery().label("people"), may)
    return session().execute(columns.order_by(Organisation.name).limit(MOST)).all()


@dataclass(frozen=True)
class Member:
    """One person of an organisation, as its focal point sees them."""

    person: Person
    seen: dt.datetime | None
    may_end: bool
    grants: Sequence[Grant]


def members(actor: Actor, house: Organisation) -> Sequence[Member]:
    """Return the people of an organisation the actor may see; those who may come in first."""
    seen = select(func.max(SignIn.seen_at)).where(SignIn.person_id == Person.id).scalar_subquery()
    may = policy.condition(actor, Permission.PERSON_LEAVE).label("may_end")
    query = select(Person, seen.label("seen"), may).where(Person.organisation_id == house.id)
    rows = session().execute(query.order_by(Person.disabled_at.is_not(None), Person.name, Person.id).limit(MOST)).all()
    held = grants_of(row[0].id for row in rows)
    return [Member(row[0], row[1], bool(row[2]), held.get(row[0].id, [])) for row in rows]


def grants_of(people: Iterable[int]) -> dict[int, list[Grant]]:
    """Return people's roles that are not over: of today and of later days."""
    query = select(Grant).where(Grant.person_id.in_(list(people)), not_over()).order_by(Grant.role, Grant.valid_from)
    found: dict[int, list[Grant]] = {}
    for grant in session().scalars(query):
        found.setdefault(grant.person_id, []).append(grant)
    return found


def not_over() -> ColumnElement[bool]:
    """Return the condition under which a role counts today or will."""
    return or_(Grant.valid_to.is_(None), Grant.valid_to >= today())


def all_grants(person: Person) -> Sequence[Grant]:
    """Return every role a person has held, holds or will hold, the newest first."""
    query = select(Grant).where(Grant.person_id == person.id)
    return session().scalars(query.order_by(Grant.valid_from.desc(), Grant.role, Grant.region)).all()


def others_hold(role: Role, person: Person) -> bool:
    """Whether somebody else who may come in holds a role today and tomorrow."""
    held = (
        select(Grant.id)
        .join(Person, Person.id == Grant.person_id)
        .join(Organisation, Organisation.id == Person.organisation_id)
        .where(Grant.role == role.value, Grant.person_id != person.id, Grant.valid_from <= today())
        .where(or_(Grant.valid_to.is_(None), Grant.valid_to > today()))
        .where(Person.disabled_at.is_(None), Organisation.active)
    )
    return session().scalar(held.limit(1)) is not None
