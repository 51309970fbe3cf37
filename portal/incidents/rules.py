"""Who may stop things, let them go again, and see and write the record of an incident."""

from sqlalchemy import ColumnElement, and_, false, or_, true

from portal.actor import Actor, Role
from portal.auth.models import Person
from portal.auth.rules import ALL, oneself
from portal.freezes import Freeze
from portal.incidents.models import Incident
from portal.permissions import Permission
from portal.policy import Entitlement, Rule

OFFICES = {Role.DPO: "dpo", Role.HEAD: "head"}
OFFICERS = frozenset(OFFICES)


def _other_office(actor: Actor, freeze: type[Freeze]) -> ColumnElement[bool]:
    held = [name for role, name in OFFICES.items() if actor.has(role)]
    return and_(freeze.proposed_by != actor.id, or_(false(), *(freeze.proposed_as != name for name in held)))


def _of_house(actor: Actor, incident: type[Incident]) -> ColumnElement[bool]:
    return incident.organisation_id == actor.organisation_id if actor.has(Role.FOCAL_POINT) else false()


any_freeze = Rule("any freeze", lambda _a, _f: true())
waits = Rule("lifting it is proposed", lambda _a, f: f.status == "lifting")
other_office = Rule("somebody else, of the other office, proposed it", _other_office)
reporter = Rule("they reported it", lambda a, i: i.reported_by == a.id)
of_house = Rule("it was reported from their organisation, whose focal point they are", _of_house)
officer = Rule("they are data protection officer or head", lambda a, _i: true() if a.has(*OFFICERS) else false())
not_closed = Rule("it is not closed", lambda _a, i: i.status != "closed")

RULES: dict[Permission, Entitlement] = {
    Permission.FREEZE_READ: Entitlement(Freeze, OFFICERS, any_freeze),
    Permission.FREEZE_SET: Entitlement(Freeze, OFFICERS, any_freeze),
    Permission.FREEZE_LIFT: Entitlement(Freeze, OFFICERS, waits & other_office),
    Permission.INCIDENT_REPORT: Entitlement(Person, ALL, oneself),
    Permission.INCIDENT_READ: Entitlement(Incident, ALL, reporter | of_house | officer),
    Permission.INCIDENT_NOTE: Entitlement(Incident, ALL, (reporter | of_house | officer) & not_closed),
    Permission.INCIDENT_ASSESS: Entitlement(Incident, frozenset({Role.DPO}), not_closed),
}
