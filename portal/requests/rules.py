"""Who may do what with requests and their tracks. Nobody decides for their own organisation, whatever their role."""

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, true
from sqlalchemy import false as never

from portal.actor import PARTNER_ROLES, Actor, Role
from portal.agreements.models import Agreement
from portal.auth.models import Grant, Person
from portal.auth.queries import valid_today
from portal.permissions import Permission
from portal.policy import Entitlement, Rule
from portal.requests.models import Recipient, Request, Track
from portal.requests.routing import UNASSIGNED

OFFICERS = frozenset({Role.DPO, Role.HEAD, Role.COORDINATOR})
DECIDERS = frozenset({Role.REGIONAL_MANAGER, Role.COORDINATOR})


def _sent(model: type[Request]) -> ColumnElement[bool]:
    return model.submitted_at.is_not(None)


def _own(actor: Actor, model: type[Request]) -> ColumnElement[bool]:
    return and_(model.requester_id == actor.id, model.organisation_id == actor.organisation_id)


def _of_team(actor: Actor, model: type[Request]) -> ColumnElement[bool]:
    named = exists().where(Recipient.request_id == model.id, Recipient.person_id == actor.id)
    return and_(_sent(model), model.organisation_id == actor.organisation_id, named)


def _of_house(actor: Actor, model: type[Request]) -> ColumnElement[bool]:
    same = and_(_sent(model), model.organisation_id == actor.organisation_id)
    return same if actor.has(Role.FOCAL_POINT) else never()


def _officer(actor: Actor, model: type[Request]) -> ColumnElement[bool]:
    return _sent(model) if actor.has(*OFFICERS) else never()


def _in_charge(actor: Actor, model: type[Track]) -> ColumnElement[bool]:
    mine = model.region.in_(sorted(actor.regions)) if actor.has(Role.REGIONAL_MANAGER) else never()
    return or_(mine, model.region == UNASSIGNED, _without_manager(model)) if actor.has(Role.COORDINATOR) else mine


def _without_manager(model: type[Track]) -> ColumnElement[bool]:
    """Nobody else could decide: the same people as :func:`portal.requests.people.deciders` writes to."""
    return ~exists().where(
        Grant.role == Role.REGIONAL_MANAGER.value,
        Grant.region == model.region,
        valid_today(),
        Person.id == Grant.person_id,
        Person.disabled_at.is_(None),
        Request.id == model.request_id,
        Person.organisation_id != Request.organisation_id,
    ).correlate(model)


def _others_track(actor: Actor, model: type[Track]) -> ColumnElement[bool]:
    return model.request.has(Request.organisation_id != actor.organisation_id)


def _oversees(actor: Actor, _model: Any) -> ColumnElement[bool]:  # noqa: ANN401 -- any row
    return true() if actor.has(*OFFICERS) else never()


party = Rule("it is their organisation's agreement", lambda a, m: m.organisation_id == a.organisation_id)
own = Rule("it is theirs, and they are still with the organisation that asks", _own)
of_team = Rule("it was sent and they are named in it", _of_team)
of_house = Rule("it was sent by their organisation, whose focal point they are", _of_house)
officer = Rule("it was sent and they oversee requests", _officer)
in_charge = Rule(
    "it is in their region, or they coordinate and either it has no country or nobody else may decide for its region",
    _in_charge,
)
oversees = Rule("they oversee requests", _oversees)
others_track = Rule("their own organisation did not ask", _others_track)
others_request = Rule("their own organisation did not ask", lambda a, m: m.organisation_id != a.organisation_id)
sent = Rule("it was sent", lambda _a, m: _sent(m))

REQUESTERS = frozenset({Role.REQUESTER})
RULES: dict[Permission, Entitlement] = {
    Permission.REQUEST_CREATE: Entitlement(Agreement, REQUESTERS, party),
    Permission.REQUEST_READ: Entitlement(Request, PARTNER_ROLES | OFFICERS, own | of_team | of_house | officer),
    Permission.REQUEST_EDIT: Entitlement(Request, REQUESTERS, own),
    Permission.REQUEST_ACCEPT: Entitlement(Request, REQUESTERS, own & sent),
    Permission.REQUEST_WITHDRAW: Entitlement(Request, REQUESTERS, own),
    Permission.REQUEST_OFFICER_DECIDE: Entitlement(Request, frozenset({Role.DPO}), sent & others_request),
    Permission.TRACK_READ: Entitlement(Track, DECIDERS | OFFICERS, in_charge | oversees),
    Permission.TRACK_DECIDE: Entitlement(Track, DECIDERS, in_charge & others_track),
}
