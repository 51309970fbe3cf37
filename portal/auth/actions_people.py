"""Taking people and organisations in, and shutting them out. Disabling ends every session in the same deed."""

import datetime as dt
from collections.abc import Callable
from typing import Any, cast

from flask_babel import gettext as _
from sqlalchemy import CursorResult, select, update

from portal import clock, policy
from portal.actor import FACTOR_ROLES, Actor, Role
from portal.audit.recorder import record
from portal.auth import actions, checks, giving, onetime, queries, queries_people
from portal.auth.models import Grant, Organisation, Person
from portal.auth.schemas import NewPerson, normal_address
from portal.db import new_ref, session
from portal.errors import Invalid, NotAllowed, Stale
from portal.permissions import Permission

Deed = Callable[[Actor, str], Person]


def create_organisation(actor: Actor, *, name: str, kind: str) -> Organisation:
    """Take in an organisation of ``kind`` mmc, un, academic or ngo.

    Raises NotAllowed for whoever has no say over organisations, Invalid if the name is taken.
    """
    if actor.kind != "system" and not policy.holds(actor, Permission.ORGANISATION_WRITE):
        raise NotAllowed("organisations: taken in by the house and by who administers people")
    _free_name(name)
    organisation = Organisation(name=name, kind=kind)
    session().add(organisation)
    session().flush()
    private = {organisation.ref: {"name": name}}
    record(
        actor, "org.created", target=("organisation", organisation.ref), change={"kind": ("", kind)}, private=private
    )
    return organisation


def create_person(
    actor: Actor, organisation: Organisation, who: NewPerson, *, password_hash: str, factor: bool = True
) -> tuple[Person, str]:
    """Take in a person; return them and the secret of their second factor ("" without ``factor``).

    ``password_hash`` comes from :func:`portal.auth.passwords.make`, outside any transaction.
    Raises NotAllowed for anybody but the house itself, Invalid if the address is taken or staff would have no
    second factor.
    """
    _only_the_house(actor)
    email = normal_address(who.email)
    if session().scalar(select(Person.id).where(Person.email == email)) is not None:
        raise Invalid({"email": ["belongs to somebody already"]})
    if not factor and not FACTOR_ROLES.isdisjoint(who.roles):
        raise Invalid({"factor": ["is mandatory for staff"]})
    person = Person(
        ref=new_ref(),
        organisation_id=organisation.id,
        email=email,
        name=who.name,
        password_hash=password_hash,
        language=who.language,
        time_zone=who.time_zone,
    )
    secret = _give_factor(person) if factor else ""
    session().add(person)
    session().flush()
    private = {person.ref: {"name": who.name, "email": email}}
    record(actor, "person.created", target=("person", person.ref), private=private)
    if factor:
        record(actor, "auth.mfa.enrolled", target=("person", person.ref))
    for role in who.roles:
        for region in who.regions if role is Role.REGIONAL_MANAGER else ("",):
            grant_role(actor, person, role, region=region)
    return person, secret


def grant_role(actor: Actor, person: Person, role: Role, *, region: str = "", since: dt.date | None = None) -> None:
    """Give a person a role from a date on (today, where none is given)."""
    _only_the_house(actor)
    session().add(Grant(person_id=person.id, role=role.value, region=region, valid_from=since or clock.today()))
    session().flush()
    change = {"role": ("", role.value), "region": ("", region)}
    record(actor, "role.granted", target=("person", person.ref), change=change)


def disable_person(actor: Actor, ref: str, reason: str = "") -> Person:
    """Shut a person out: every session ends with this deed.

    Raises NotFound, NotAllowed (nobody disables themselves), Invalid if nobody else administers or is the data
    protection officer, Stale if they are disabled already.
    """
    person = _somebody_to_change(actor, ref)
    held = [Role(one.role) for one in queries_people.grants_of([person.id]).get(person.id, [])]
    checks.somebody_stays(person, held if person.disabled_at is None else ())
    shut_out(actor, person, reason)
    return person


def shut_out(actor: Actor, person: Person, reason: str = "") -> None:
    """Close somebody's access: whoever calls this has judged that the actor may.

    Raises Stale if it is closed already.
    """
    _move(person, was_disabled=False, to=clock.now())
    private = {person.ref: reason} if reason else {}
    change = {"status": ("active", "disabled")}
    record(actor, "person.disabled", target=("person", person.ref), change=change, private=private)
    actions.end_all(actor, person, "disabled")


def enable_person(actor: Actor, ref: str) -> Person:
    """Let a person in again; old sessions stay ended.

    Raises NotFound, NotAllowed, Stale if they are not disabled.
    """
    person = _somebody_to_change(actor, ref)
    _move(person, was_disabled=True, to=None)
    record(actor, "person.enabled", target=("person", person.ref), change={"status": ("disabled", "active")})
    return person


def end_sessions_of(actor: Actor, ref: str) -> Person:
    """End every session of somebody else."""
    person = _somebody_to_change(actor, ref)
    actions.end_all(actor, person, "revoked")
    return person


def rename_organisation(actor: Actor, organisation: Organisation, *, name: str, kind: str) -> None:
    """Give an organisation another name or kind.

    Raises NotAllowed for the actor's own, Invalid if the name is taken, or where it would stand on another side.
    """
    _changes_house(actor, organisation)
    if giving.side(kind) != giving.side(organisation.kind):
        raise Invalid({"kind": [_("What is MMC, what is a partner and what is a contractor stays so.")]})
    if name != organisation.name:
        _free_name(name)
    was, change = organisation.name, {"kind": (organisation.kind, kind)}
    organisation.name, organisation.kind = name, kind
    private = {organisation.ref: {"name": f"{was} → {name}"}} if was != name else {}
    record(actor, "org.updated", target=("organisation", organisation.ref), change=change, private=private)


def set_organisation_active(actor: Actor, organisation: Organisation, *, active: bool) -> None:
    """Stop or resume an organisation: its people's sessions are judged by this at their next request.

    Raises NotAllowed for the actor's own, Stale if it is so already.
    """
    _changes_house(actor, organisation)
    if organisation.active == active:
        raise Stale("organisation: it is so already")
    change = {"active": (organisation.active, active)}
    organisation.active = active
    record(actor, "org.updated", target=("organisation", organisation.ref), change=change)


def _changes_house(actor: Actor, organisation: Organisation) -> None:
    if actor.kind != "system":
        policy.require(actor, Permission.ORGANISATION_WRITE, organisation)


def _free_name(name: str) -> None:
    """Two names that differ by case, or by how an accent is written, are one."""
    wanted = normal_address(name)
    if any(normal_address(one) == wanted for one in session().scalars(select(Organisation.name))):
        raise Invalid({"name": [_("Another organisation has this name.")]})


def _somebody_to_change(actor: Actor, ref: str) -> Person:
    person = queries.person(actor, ref)
    if actor.kind != "system":
        policy.require(actor, Permission.PERSON_DISABLE, person)
    return person


def _move(person: Person, *, was_disabled: bool, to: dt.datetime | None) -> None:
    still = Person.disabled_at.is_not(None) if was_disabled else Person.disabled_at.is_(None)
    statement = update(Person).where(Person.id == person.id, still).values(disabled_at=to)
    if cast("CursorResult[Any]", session().execute(statement)).rowcount != 1:
        raise Stale("person: changed meanwhile")


def _give_factor(person: Person) -> str:
    made = onetime.new_key(person.ref)
    person.totp_key_id, person.totp_wrapped = made.key_id, made.wrapped
    return onetime.spell(made.dek)


def _only_the_house(actor: Actor) -> None:
    if actor.kind != "system":
        raise NotAllowed("people: taken in by the house's own commands only")
