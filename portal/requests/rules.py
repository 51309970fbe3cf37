"""Who may do what with requests and their tracks. Nobody decides for their own organisation, whatever their role."""

from typing import Any, cast

from sqlalchemy import ColumnElement, and_, exists, not_, or_, true
from sqlalchemy import false as never

from portal.actor import PARTNER_ROLES, Actor, Role
from portal.agreements.models import Agreement
from portal.catalogue import owners
from portal.permissions import Permission
from portal.policy import Entitlement, Rule
from portal.requests import standins
from portal.requests.models import Recipient, Request, Track
from portal.requests.models_duties import Deputyship, Obligation
from portal.requests.models_papers import RequestPaper
from portal.requests.models_publications import Publication
from portal.requests.rounds import FEED
from portal.requests.routing import UNASSIGNED

OFFICERS = frozenset({Role.DPO, Role.HEAD, Role.COORDINATOR})
DECIDERS = standins.SUITABLE
SPEAKERS = DECIDERS | {Role.FOCAL_POINT}  # a focal point decides what their organisation co-owns, and nothing else
MANAGERS = frozenset({Role.REGIONAL_MANAGER})
ENTERERS = frozenset({Role.COORDINATOR, Role.STEWARD})


def _sent(model: type[Request]) -> ColumnElement[bool]:
    return model.submitted_at.is_not(None)


def _own(actor: Actor, model: type[Request]) -> ColumnElement[bool]:
    return and_(model.requester_id == actor.id, model.organisation_id == actor.organisation_id)


def _entered(actor: Actor, model: type[Request]) -> ColumnElement[bool]:
    waits = and_(model.status == "draft", model.handed_at.is_(None), model.organisation_id != actor.organisation_id)
    return and_(model.entered_by_id == actor.id, waits)


def _of_team(actor: Actor, model: type[Request]) -> ColumnElement[bool]:
    named = exists().where(Recipient.request_id == model.id, Recipient.person_id == actor.id)
    return and_(_sent(model), model.organisation_id == actor.organisation_id, named)


def _of_house(actor: Actor, model: type[Request]) -> ColumnElement[bool]:
    same = and_(_sent(model), model.organisation_id == actor.organisation_id)
    return same if actor.has(Role.FOCAL_POINT) else never()


def _officer(actor: Actor, model: type[Request]) -> ColumnElement[bool]:
    return _sent(model) if actor.has(*OFFICERS) else never()


def _in_charge(actor: Actor, model: type[Track]) -> ColumnElement[bool]:
    mine = or_(standins.own_region(actor, model), standins.own_module(actor, model))
    left = or_(model.region == UNASSIGNED, standins.without_decider(model))
    return or_(mine, left) if actor.has(Role.COORDINATOR) else mine


def _concerned(actor: Actor, model: type[Request]) -> ColumnElement[bool]:
    theirs = (in_charge | deputy | assigned).test(actor, Track)
    return and_(_sent(model), exists().where(Track.request_id == model.id, theirs).correlate(model))


def _others_track(actor: Actor, model: type[Track]) -> ColumnElement[bool]:
    return model.request.has(Request.organisation_id != actor.organisation_id)


def _oversees(actor: Actor, _model: Any) -> ColumnElement[bool]:  # noqa: ANN401 -- any row
    return true() if actor.has(*OFFICERS) else never()


def _judges(actor: Actor, model: Any) -> ColumnElement[bool]:  # noqa: ANN401 -- whatever belongs to a request
    office = _sent(Request) if actor.has(Role.DPO) else never()
    others = Request.organisation_id != actor.organisation_id
    return cast("ColumnElement[bool]", model.request.has(and_(or_(_concerned(actor, Request), office), others)))


def _reads(actor: Actor) -> ColumnElement[bool]:
    return or_(*(test(actor, Request) for test in (_own, _of_team, _of_house, _officer)))


def _set_it(actor: Actor, model: type[Obligation]) -> ColumnElement[bool]:
    region = and_(
        or_(
            model.region.in_(sorted(actor.regions)) if actor.has(Role.REGIONAL_MANAGER) else never(),
            standins.region_deputised(actor, model.region.expression),
            model.region == owners.code(actor.organisation_id) if actor.has(Role.FOCAL_POINT) else never(),
            model.region == UNASSIGNED if actor.has(Role.COORDINATOR) else never(),
        ),
        model.region != "",
    )
    return or_(region, model.region == "" if actor.has(Role.DPO) else never())


party = Rule("it is their organisation's agreement", lambda a, m: m.organisation_id == a.organisation_id)
own = Rule("it is theirs, and they are still with the organisation that asks", _own)
entered = Rule("they entered it from a mail, for another organisation, and have not handed it over", _entered)
of_team = Rule("it was sent and they are named in it", _of_team)
of_house = Rule("it was sent by their organisation, whose focal point they are", _of_house)
officer = Rule("it was sent and they oversee requests", _officer)
in_charge = Rule(
    "it is in their region, or of a module that their organisation co-owns, whose focal point they are, or they "
    "coordinate and either it has no country or nobody else may decide for it",
    _in_charge,
)
deputy = Rule("they stand in for a manager of its region who could decide it", standins.deputises)
assigned = Rule("the coordinator gave it to them", standins.assigned)
not_aside = Rule("they did not step aside from it", lambda a, m: not_(standins.stepped_aside(a, m)))
needs_another = Rule(
    "it is silent, somebody stepped aside from it, or nobody of its region or co-owner may decide it",
    lambda _a, m: standins.waits_for_somebody(m),
)
named_it = Rule("they named the deputy", lambda a, m: m.manager_id == a.id)
deputy_it = Rule("they are the deputy", lambda a, m: m.deputy_id == a.id)
took_on = Rule("their request took it on", lambda a, m: m.request.has(_own(a, Request)))
of_readers = Rule("they may read the request that took it on", lambda a, m: m.request.has(_reads(a)))
of_asker = Rule("it belongs to a request of their own", lambda a, m: m.request.has(_own(a, Request)))
of_asking_house = Rule(
    "it belongs to a request that was sent by their organisation, whose focal point they are",
    lambda a, m: m.request.has(_of_house(a, Request)),
)
of_judges = Rule(
    "it belongs to a request that was sent, not by their organisation, and that they decide or are data protection "
    "officer for",
    _judges,
)
set_it = Rule(
    "it came from their office: their region's or co-owner's decision, or the data protection officer's", _set_it
)
others_duty = Rule(
    "their own organisation did not take it on",
    lambda a, m: m.request.has(Request.organisation_id != a.organisation_id),
)
oversees = Rule("they oversee requests", _oversees)
concerned = Rule(
    "it was sent and one of its tracks is theirs to decide",
    _concerned,
)
others_track = Rule("their own organisation did not ask", _others_track)
others_request = Rule("their own organisation did not ask", lambda a, m: m.organisation_id != a.organisation_id)
others_agreement = Rule(
    "their own organisation is not a party to it", lambda a, m: m.organisation_id != a.organisation_id
)
not_entered = Rule("they did not enter it from a mail", lambda a, m: m.entered_by_id.is_distinct_from(a.id))
not_entered_track = Rule(
    "they did not enter the request from a mail",
    lambda a, m: m.request.has(Request.entered_by_id.is_distinct_from(a.id)),
)
sent = Rule("it was sent", lambda _a, m: _sent(m))
was_accepted = Rule("its offer was accepted", lambda _a, m: m.accepted_at.is_not(None))
feed = Rule("it is delivered again with every new round", lambda _a, m: m.kind == FEED)
of_steward = Rule(
    "they are a data steward and their own organisation did not ask",
    lambda a, m: m.organisation_id != a.organisation_id if a.has(Role.STEWARD) else never(),
)

REQUESTERS = frozenset({Role.REQUESTER})
RULES: dict[Permission, Entitlement] = {
    Permission.REQUEST_CREATE: Entitlement(Agreement, REQUESTERS, party),
    Permission.REQUEST_ENTER: Entitlement(Agreement, ENTERERS, others_agreement),
    Permission.REQUEST_FILL: Entitlement(Request, REQUESTERS | ENTERERS, own | entered),
    Permission.REQUEST_HAND_OVER: Entitlement(Request, ENTERERS, entered),
    Permission.REQUEST_READ: Entitlement(Request, PARTNER_ROLES | OFFICERS, own | of_team | of_house | officer),
    Permission.REQUEST_COPY: Entitlement(Request, REQUESTERS, (own & sent) | of_team),
    Permission.REQUEST_EDIT: Entitlement(Request, REQUESTERS, own),
    Permission.REQUEST_ACCEPT: Entitlement(Request, REQUESTERS, own & sent),
    Permission.REQUEST_CONFIRM: Entitlement(Request, REQUESTERS, own & sent),
    Permission.REQUEST_EXTEND: Entitlement(Request, REQUESTERS, own & sent),
    Permission.REQUEST_RUN: Entitlement(
        Request, REQUESTERS | {Role.STEWARD}, (own | (of_steward & not_entered)) & sent & feed
    ),
    Permission.REQUEST_WITHDRAW: Entitlement(Request, REQUESTERS, own),
    Permission.REQUEST_TEAM: Entitlement(Request, PARTNER_ROLES, (own & sent) | of_house),
    Permission.REQUEST_OFFICER_DECIDE: Entitlement(Request, frozenset({Role.DPO}), sent & others_request & not_entered),
    Permission.REQUEST_TALK: Entitlement(
        Request, PARTNER_ROLES | OFFICERS | DECIDERS, (own & sent) | of_team | of_house | officer | concerned
    ),
    Permission.PAPER_READ: Entitlement(
        RequestPaper, PARTNER_ROLES | DECIDERS | {Role.DPO}, of_asker | of_asking_house | of_judges
    ),
    Permission.TRACK_READ: Entitlement(Track, SPEAKERS | OFFICERS, in_charge | deputy | assigned | oversees),
    Permission.TRACK_DECIDE: Entitlement(
        Track, SPEAKERS, (in_charge | deputy | assigned) & others_track & not_entered_track & not_aside
    ),
    Permission.TRACK_REASSIGN: Entitlement(Track, frozenset({Role.COORDINATOR}), needs_another & others_track),
    Permission.DEPUTY_READ: Entitlement(Deputyship, DECIDERS | OFFICERS, named_it | deputy_it | oversees),
    Permission.DEPUTY_WRITE: Entitlement(Deputyship, MANAGERS | {Role.HEAD}, named_it),
    Permission.OBLIGATION_READ: Entitlement(
        Obligation, PARTNER_ROLES | OFFICERS | DECIDERS, of_readers | set_it | oversees
    ),
    Permission.OBLIGATION_REPORT: Entitlement(Obligation, REQUESTERS, took_on),
    Permission.OBLIGATION_JUDGE: Entitlement(
        Obligation, SPEAKERS | {Role.DPO}, set_it & others_duty & not_entered_track
    ),
    Permission.PUBLICATION_READ: Entitlement(Publication, PARTNER_ROLES | OFFICERS | DECIDERS, of_readers | of_judges),
    Permission.PUBLICATION_BEGIN: Entitlement(Request, REQUESTERS, own & was_accepted),
    Permission.PUBLICATION_WRITE: Entitlement(Publication, REQUESTERS, took_on),
    Permission.PUBLICATION_JUDGE: Entitlement(Publication, DECIDERS | {Role.DPO}, of_judges),
}
