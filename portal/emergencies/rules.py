"""Who asks in an emergency, who answers, and who looks afterwards. Nobody answers both for a region and the head."""

from sqlalchemy import ColumnElement, and_, exists, or_, true
from sqlalchemy import false as never
from sqlalchemy.orm import aliased

from portal.actor import PARTNER_ROLES, Actor, Role
from portal.auth.models import Person
from portal.auth.rules import oneself
from portal.emergencies.models import Emergency, EmergencyPart
from portal.permissions import Permission
from portal.policy import Entitlement, Rule
from portal.requests import standins
from portal.requests.routing import UNASSIGNED
from portal.requests.standins import OF_HEAD

REQUESTERS = frozenset({Role.REQUESTER})
OFFICERS = frozenset({Role.DPO, Role.HEAD, Role.COORDINATOR})
DECIDERS = standins.SUITABLE | {Role.HEAD}


def _own(actor: Actor, one: type[Emergency]) -> ColumnElement[bool]:
    return and_(one.requester_id == actor.id, one.organisation_id == actor.organisation_id)


def _of_house(actor: Actor, one: type[Emergency]) -> ColumnElement[bool]:
    return one.organisation_id == actor.organisation_id if actor.has(Role.FOCAL_POINT) else never()


def _region(actor: Actor, part: type[EmergencyPart]) -> ColumnElement[bool]:
    if not actor.has(Role.REGIONAL_MANAGER):
        return never()
    return and_(part.office.in_(sorted(actor.regions)), part.office != OF_HEAD)


def _left(actor: Actor, part: type[EmergencyPart]) -> ColumnElement[bool]:
    if not actor.has(Role.COORDINATOR):
        return never()
    outside = and_(Emergency.id == part.emergency_id, Person.organisation_id != Emergency.organisation_id)
    managed = exists().where(outside, standins.manages(part.office.expression)).correlate(part)
    return and_(part.office != OF_HEAD, or_(part.office == UNASSIGNED, ~managed))


def _not_both(actor: Actor, part: type[EmergencyPart]) -> ColumnElement[bool]:
    other = aliased(EmergencyPart, name="other_part")
    across = or_(
        and_(other.office == OF_HEAD, part.office != OF_HEAD), and_(other.office != OF_HEAD, part.office == OF_HEAD)
    )
    given = (other.emergency_id == part.emergency_id, other.person_id == actor.id, across)
    return ~exists().where(*given).correlate(part)


def _concerned(actor: Actor, one: type[Emergency]) -> ColumnElement[bool]:
    theirs = decides.test(actor, EmergencyPart)
    return exists().where(EmergencyPart.emergency_id == one.id, theirs).correlate(one)


def _decided_none(actor: Actor, one: type[Emergency]) -> ColumnElement[bool]:
    given = (EmergencyPart.emergency_id == one.id, EmergencyPart.person_id == actor.id)
    return ~exists().where(*given).correlate(one)


own = Rule("they asked for it, and are still with the organisation that asks", _own)
of_house = Rule("it was asked for by their organisation, whose focal point they are", _of_house)
officer = Rule("they oversee emergencies", lambda a, _e: true() if a.has(*OFFICERS) else never())
in_region = Rule("it is their region's answer", _region)
left_over = Rule("they coordinate, and its countries are nobody's or nobody else manages the region", _left)
of_head = Rule(
    "it is the head's answer, which they are", lambda a, p: p.office == OF_HEAD if a.has(Role.HEAD) else never()
)
stands_in = Rule(
    "they stand in, at this moment, for whoever gives it",
    lambda a, p: standins.region_deputised(a, p.office.expression),
)
decides = in_region | left_over | of_head | stands_in
others = Rule(
    "their own organisation did not ask",
    lambda a, p: p.emergency.has(Emergency.organisation_id != a.organisation_id),
)
not_both = Rule("they did not answer for the other side, region or head", _not_both)
concerned = Rule("one of its answers is theirs to give", _concerned)
others_asked = Rule("their own organisation did not ask", lambda a, e: e.organisation_id != a.organisation_id)
was_granted = Rule("it was granted, and not stopped", lambda _a, e: e.status.in_(("granted", "over")))
decided_none = Rule("they gave none of its answers", _decided_none)

RULES: dict[Permission, Entitlement] = {
    Permission.EMERGENCY_ASK: Entitlement(Person, REQUESTERS, oneself),
    Permission.EMERGENCY_READ: Entitlement(
        Emergency, PARTNER_ROLES | OFFICERS | DECIDERS, own | of_house | officer | concerned
    ),
    Permission.EMERGENCY_WITHDRAW: Entitlement(Emergency, REQUESTERS, own),
    Permission.EMERGENCY_DECIDE: Entitlement(EmergencyPart, DECIDERS, decides & others & not_both),
    Permission.EMERGENCY_REVIEW: Entitlement(
        Emergency, frozenset({Role.DPO}), was_granted & others_asked & decided_none
    ),
}
