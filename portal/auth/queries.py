"""Reads of people and sessions. What a session still proves is judged here, in one query, at every request."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Row, Select, func, or_, select
from sqlalchemy.orm import joinedload

from portal import clock, freezes, policy, ports
from portal.actor import FACTOR_ROLES, Actor, Role
from portal.auth import tokens
from portal.auth.models import Grant, Organisation, Person, SignIn
from portal.auth.schemas import Look
from portal.db import session
from portal.errors import NotFound
from portal.paging import SIZE, Paged, last_page
from portal.permissions import Permission

FACTOR_MINUTES = 10  # how long a right password waits for its one-time code
CHUNK = 500  # references asked for at once: databases limit the length of a statement


@dataclass(frozen=True)
class Candidate:
    """Who somebody says they are: the row and the hash to compare with, or nobody (0, "")."""

    person_id: int
    password_hash: str


def candidate(email: str) -> Candidate:
    """Find whom an address belongs to; whether they may sign in is judged after the password."""
    row = session().execute(select(Person.id, Person.password_hash).where(Person.email == email)).first()
    return Candidate(row.id, row.password_hash) if row else Candidate(0, "")


def live_session(token: str) -> SignIn | None:
    """Return the full session behind a token, if it still proves who is there."""
    config = ports.house.config
    moment = clock.now()
    return _find(
        token,
        SignIn.stage == "full",
        SignIn.created_at > moment - dt.timedelta(hours=config.absolute_hours),
        SignIn.seen_at > moment - dt.timedelta(minutes=config.idle_minutes),
    )


def pending_session(token: str) -> SignIn | None:
    """Return the session that waits for its one-time code."""
    earliest = clock.now() - dt.timedelta(minutes=FACTOR_MINUTES)
    return _find(token, SignIn.stage == "factor", SignIn.created_at > earliest)


def _find(token: str, *conditions: ColumnElement[bool]) -> SignIn | None:
    query = (
        select(SignIn)
        .join(SignIn.person)
        .join(Person.organisation)
        .options(joinedload(SignIn.person).joinedload(Person.organisation))
        .where(
            SignIn.token_hash == tokens.digest(token),
            SignIn.ended_at.is_(None),
            SignIn.created_at >= Person.credentials_changed_at,
            Person.disabled_at.is_(None),
            Organisation.active,
            ~freezes.shuts_out(Person.ref, Organisation.ref),
            *conditions,
        )
    )
    return session().scalar(query)


def stopped_person(token: str) -> Person | None:
    """Return whose session a token named, if it is somebody whose access is frozen now."""
    theirs = select(Person).join(SignIn, SignIn.person_id == Person.id).join(Person.organisation)
    return session().scalar(
        theirs.where(SignIn.token_hash == tokens.digest(token), freezes.shuts_out(Person.ref, Organisation.ref))
    )


def frozen(person: Person) -> bool:
    """Whether a freeze keeps this person out, by themselves or with their organisation."""
    return freezes.stopped((freezes.PERSON, person.ref), (freezes.ORGANISATION, person.organisation.ref))


def open_sessions(person_id: int) -> Sequence[SignIn]:
    """Return a person's sessions that nobody has ended yet, for ending them."""
    return session().scalars(select(SignIn).where(SignIn.person_id == person_id, SignIn.ended_at.is_(None))).all()


def own_sessions(actor: Actor) -> Sequence[SignIn]:
    """Return the actor's sessions that are in use, newest first."""
    config = ports.house.config
    moment = clock.now()
    mine = policy.visible(actor, Permission.SESSION_READ, SignIn).where(
        SignIn.ended_at.is_(None),
        SignIn.stage == "full",
        SignIn.created_at > moment - dt.timedelta(hours=config.absolute_hours),
        SignIn.seen_at > moment - dt.timedelta(minutes=config.idle_minutes),
    )
    return session().scalars(mine.order_by(SignIn.seen_at.desc(), SignIn.id.desc())).all()


def own_grants(actor: Actor) -> Sequence[Grant]:
    """Return the actor's roles of today."""
    mine = select(Grant).where(Grant.person_id == actor.id, valid_today())
    return session().scalars(mine.order_by(Grant.role, Grant.region)).all()


def lapsed_sessions() -> Sequence[SignIn]:
    """Return sessions that ended by themselves, by idleness or age, and are not marked so."""
    config = ports.house.config
    moment = clock.now()
    lapsed = or_(
        SignIn.created_at <= moment - dt.timedelta(hours=config.absolute_hours),
        SignIn.seen_at <= moment - dt.timedelta(minutes=config.idle_minutes),
    )
    return session().scalars(select(SignIn).where(SignIn.ended_at.is_(None), lapsed).limit(200)).all()


def valid_today() -> ColumnElement[bool]:
    """Return the condition under which a grant counts today, in the house's own time zone."""
    today = clock.today(ports.house.config.time_zone)
    return (Grant.valid_from <= today) & or_(Grant.valid_to.is_(None), Grant.valid_to >= today)


def actor_of(person: Person, sign_in: SignIn | None = None) -> Actor:
    """Return the person as an actor, with the grants of today and what this session proved."""
    grants = session().scalars(select(Grant).where(Grant.person_id == person.id, valid_today())).all()
    return Actor(
        id=person.id,
        ref=person.ref,
        kind="person",
        roles=frozenset(Role(grant.role) for grant in grants),
        regions=frozenset(grant.region for grant in grants if grant.role == Role.REGIONAL_MANAGER and grant.region),
        organisation_id=person.organisation_id,
        organisation_ref=person.organisation.ref,
        session_ref=sign_in.ref if sign_in else "",
        authentication=tuple(sign_in.authentication.split()) if sign_in else (),
        language=person.language,
        time_zone=person.time_zone,
        name=person.name,
        organisation_name=person.organisation.name,
    )


def needs_factor(person: Person) -> bool:
    """Whether the person holds a role, now or later, for which a second factor is mandatory."""
    roles = session().scalars(select(Grant.role).where(Grant.person_id == person.id)).all()
    return not FACTOR_ROLES.isdisjoint(roles)


def oneself(actor: Actor, permission: Permission = Permission.SELF_READ) -> Person:
    """Load the actor's own row."""
    return policy.load(actor, permission, Person, Person.id == actor.id)


def person(actor: Actor, ref: str) -> Person:
    """Load a person by reference, as far as this actor may see people; a command of the house sees all."""
    if actor.kind == "system":
        return by(Person.ref == ref)
    return policy.load(actor, Permission.PERSON_READ, Person, Person.ref == ref)


def by(*where: ColumnElement[bool]) -> Person:
    """Load one person for the house itself.

    Raises NotFound.
    """
    found = session().scalar(select(Person).where(*where))
    if found is None:
        raise NotFound("person: no such one here")
    return found


def names(references: Iterable[str]) -> dict[str, str]:
    """Return the names behind the log's random references to people and organisations, as far as there are any."""
    wanted = sorted(set(references))
    found: dict[str, str] = {}
    for start in range(0, len(wanted), CHUNK):
        chunk = wanted[start : start + CHUNK]
        for kind in (Person, Organisation):
            rows = session().execute(select(kind.ref, kind.name).where(kind.ref.in_(chunk)))
            found |= {row.ref: row.name for row in rows}
    return found


@dataclass(frozen=True)
class People(Paged):
    """One page of people: each row is (person, last seen, may be disabled by this actor)."""

    rows: Sequence[Row[tuple[Person, dt.datetime | None, bool]]]
    roles: dict[int, list[tuple[Role, str]]]
    total: int
    page: int


def people(actor: Actor, look: Look) -> People:
    """Return the page of people that a look asks for."""
    seen = select(func.max(SignIn.seen_at)).where(SignIn.person_id == Person.id).scalar_subquery()
    visible = policy.visible(actor, Permission.PERSON_READ, Person).join(Person.organisation)
    found = _narrowed(visible, look)
    total = session().scalar(select(func.count()).select_from(found.subquery())) or 0
    page = min(look.page, last_page(total))
    column = {"name": Person.name, "organisation": Organisation.name, "seen": seen}[look.sort]
    order = (column.desc() if look.descending else column.asc()).nulls_last()
    columns = found.add_columns(
        seen.label("seen"), policy.condition(actor, Permission.PERSON_DISABLE).label("may_disable")
    ).options(joinedload(Person.organisation))
    ordered = columns.order_by(order, Person.id)
    rows = session().execute(ordered.limit(SIZE).offset((page - 1) * SIZE)).all()
    return People(rows, _roles_of([row[0].id for row in rows]), total, page)


def _narrowed(query: Select[Person], look: Look) -> Select[Person]:
    if look.words:
        columns = (Person.name, Person.email, Organisation.name)
        query = query.where(or_(*(column.icontains(look.words, autoescape=True) for column in columns)))
    if look.role:
        holders = select(Grant.person_id).where(Grant.role == look.role, valid_today())
        query = query.where(Person.id.in_(holders))
    if look.status:
        query = query.where(Person.disabled_at.is_(None) == (look.status == "active"))
    return query


def _roles_of(ids: list[int]) -> dict[int, list[tuple[Role, str]]]:
    grants = session().scalars(select(Grant).where(Grant.person_id.in_(ids), valid_today()).order_by(Grant.id))
    roles: dict[int, list[tuple[Role, str]]] = {person_id: [] for person_id in ids}
    for grant in grants:
        roles[grant.person_id].append((Role(grant.role), grant.region))
    return roles
