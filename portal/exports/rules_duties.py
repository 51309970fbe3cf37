"""Who may see duties of destruction, attest them, countersign them and watch over them."""

from sqlalchemy import ColumnElement, and_, exists, false, or_, true

from portal.actor import PARTNER_ROLES, Actor, Role
from portal.auth.models import Grant, Person
from portal.auth.queries import valid_today
from portal.exports.models_ends import DestructionDuty
from portal.permissions import Permission
from portal.policy import Entitlement, Rule

OVERSEERS = frozenset({Role.DPO, Role.HEAD, Role.COORDINATOR, Role.STEWARD})
FOCAL = frozenset({Role.FOCAL_POINT})
Duty = type[DestructionDuty]


def _house(actor: Actor, duty: Duty) -> ColumnElement[bool]:
    return duty.organisation_id == actor.organisation_id if actor.has(Role.FOCAL_POINT) else false()


def _gone(_actor: Actor, duty: Duty) -> ColumnElement[bool]:
    left = or_(Person.disabled_at.is_not(None), Person.organisation_id != duty.organisation_id)
    return exists().where(Person.id == duty.person_id, left).correlate(duty)


def _other_hand(actor: Actor, duty: Duty) -> ColumnElement[bool]:
    another = (
        exists()
        .where(
            Grant.role == Role.FOCAL_POINT.value,
            valid_today(),
            Person.id == Grant.person_id,
            Person.id != actor.id,
            Person.disabled_at.is_(None),
            Person.organisation_id == duty.organisation_id,
        )
        .correlate(duty)
    )
    return or_(and_(duty.attested_by.is_not(None), duty.attested_by != actor.id), ~another)


holder = Rule(
    "they downloaded it, and are still with the organisation that asked",
    lambda a, d: and_(d.person_id == a.id, d.organisation_id == a.organisation_id),
)
house = Rule("they are the focal point of the organisation that asked", _house)
holder_gone = Rule("whoever downloaded it has left", _gone)
other_hand = Rule("another person attested it, or there is no other focal point", _other_hand)
watches = Rule("they watch over destruction", lambda a, _d: true() if a.has(*OVERSEERS) else false())
others_duty = Rule("it is not their own organisation's", lambda a, d: d.organisation_id != a.organisation_id)

RULES: dict[Permission, Entitlement] = {
    Permission.DUTY_READ: Entitlement(DestructionDuty, PARTNER_ROLES | OVERSEERS, holder | house | watches),
    Permission.DUTY_ATTEST: Entitlement(DestructionDuty, PARTNER_ROLES, holder | (house & holder_gone)),
    Permission.DUTY_COUNTERSIGN: Entitlement(DestructionDuty, FOCAL, house & other_hand),
    Permission.DUTY_OVERSEE: Entitlement(DestructionDuty, frozenset({Role.DPO}), others_duty),
}
