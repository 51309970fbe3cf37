"""Who may do what with people, organisations and sessions. Nobody changes themselves: a key stays in the house."""

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, literal, or_, true

from portal import clock, ports
from portal.actor import STAFF_ROLES, Actor, Role
from portal.auth.giving import OWN_HOUSE
from portal.auth.models import Grant, Organisation, Person, SignIn
from portal.auth.models_links import Invitation
from portal.permissions import Permission
from portal.policy import Entitlement, Rule

ALL = frozenset(Role)
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})
PEOPLE_OFFICE = frozenset({Role.ADMINISTRATOR, Role.COORDINATOR})
OVERSEERS = PEOPLE_OFFICE | {Role.DPO}
FOCAL_POINTS = frozenset({Role.FOCAL_POINT})


def _administers(actor: Actor, _model: type[SignIn]) -> ColumnElement[bool]:
    return literal(actor.has(Role.ADMINISTRATOR))


def _their_house(actor: Actor, model: type[Organisation]) -> ColumnElement[bool]:
    return model.id == actor.organisation_id if actor.has(Role.FOCAL_POINT) else false()


def _oversees(actor: Actor, _model: Any) -> ColumnElement[bool]:  # noqa: ANN401 -- any row
    return true() if actor.has(*OVERSEERS) else false()


def _may_ask_in(actor: Actor, model: type[Organisation]) -> ColumnElement[bool]:
    if actor.has(Role.ADMINISTRATOR):
        return model.active.expression
    partner = model.kind != OWN_HOUSE
    if not actor.has(Role.COORDINATOR):
        partner = and_(partner, _their_house(actor, model))
    return and_(model.active, partner)


def _asks_in_there(actor: Actor, model: type[Invitation]) -> ColumnElement[bool]:
    return exists().where(Organisation.id == model.organisation_id, _may_ask_in(actor, Organisation)).correlate(model)


def _seen_there(actor: Actor, model: type[Invitation]) -> ColumnElement[bool]:
    seen = or_(_their_house(actor, Organisation), _oversees(actor, Organisation))
    return exists().where(Organisation.id == model.organisation_id, seen).correlate(model)


def _partners_person(model: type[Person]) -> ColumnElement[bool]:
    return exists().where(Organisation.id == model.organisation_id, Organisation.kind != OWN_HOUSE).correlate(model)


def _colleague(actor: Actor, model: type[Person]) -> ColumnElement[bool]:
    today = clock.today(ports.house.config.time_zone)
    office = exists().where(
        Grant.person_id == model.id,
        Grant.role.in_(sorted(STAFF_ROLES)),
        or_(Grant.valid_to.is_(None), Grant.valid_to >= today),
    )
    same = model.organisation_id == actor.organisation_id if actor.has(Role.FOCAL_POINT) else false()
    return and_(same, _partners_person(model), ~office.correlate(model))


anyone = Rule("it is anybody", lambda _a, _m: true())
oneself = Rule("it is themselves", lambda a, m: m.id == a.id)
somebody_else = Rule("it is somebody else", lambda a, m: m.id != a.id)
own_session = Rule("the session is their own", lambda a, m: m.person_id == a.id)
runs_the_house = Rule("they administer people", _administers)
colleague = Rule("it is a person of the partner whose focal point they are, without a role of MMC", _colleague)
in_their_hands = Rule(
    "they administer people, or it is a partner's person",
    lambda a, m: true() if a.has(Role.ADMINISTRATOR) else _partners_person(m),
)
their_house = Rule("it is the organisation whose focal point they are", _their_house)
overseen = Rule("they oversee people", _oversees)
another_house = Rule("it is not their own organisation", lambda a, m: m.id != a.organisation_id)
open_to_guests = Rule(
    "it is active, and they administer people, or it is a partner and they coordinate or are its focal point",
    _may_ask_in,
)
asked_in_by_theirs = Rule("they may invite to its organisation", _asks_in_there)
seen_there = Rule("they oversee people, or are the focal point of its organisation", _seen_there)

RULES: dict[Permission, Entitlement] = {
    Permission.PERSON_READ: Entitlement(Person, OVERSEERS, anyone),
    Permission.PERSON_DISABLE: Entitlement(Person, ADMINISTRATORS, somebody_else),
    Permission.PERSON_LEAVE: Entitlement(Person, FOCAL_POINTS, somebody_else & colleague),
    Permission.PERSON_INVITE: Entitlement(Organisation, PEOPLE_OFFICE | FOCAL_POINTS, open_to_guests),
    Permission.INVITATION_READ: Entitlement(Invitation, OVERSEERS | FOCAL_POINTS, seen_there),
    Permission.INVITATION_CHANGE: Entitlement(Invitation, PEOPLE_OFFICE | FOCAL_POINTS, asked_in_by_theirs),
    Permission.ROLE_CHANGE: Entitlement(Person, PEOPLE_OFFICE, somebody_else & in_their_hands),
    Permission.ORGANISATION_READ: Entitlement(Organisation, OVERSEERS | FOCAL_POINTS, their_house | overseen),
    Permission.ORGANISATION_WRITE: Entitlement(Organisation, PEOPLE_OFFICE, another_house),
    Permission.SELF_READ: Entitlement(Person, ALL, oneself),
    Permission.SELF_WRITE: Entitlement(Person, ALL, oneself),
    Permission.SESSION_READ: Entitlement(SignIn, ALL, own_session),
    Permission.SESSION_END: Entitlement(SignIn, ALL, own_session | runs_the_house),
}
