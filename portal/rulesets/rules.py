"""Who may see rule sets and change them. One person proposes; somebody of the other office confirms."""

from sqlalchemy import ColumnElement, and_, false, or_, true

from portal.actor import Actor, Role
from portal.permissions import Permission
from portal.policy import Entitlement, Rule
from portal.rulesets.models import RuleSetVersion

OFFICES = {Role.COORDINATOR: "coordinator", Role.DPO: "dpo"}
READERS = frozenset({*OFFICES, Role.STEWARD, Role.HEAD, Role.PROJECT_MANAGER})


def _other_office(actor: Actor, version: type[RuleSetVersion]) -> ColumnElement[bool]:
    held = [name for role, name in OFFICES.items() if actor.has(role)]
    return and_(version.proposed_by != actor.id, or_(false(), *(version.proposed_as != name for name in held)))


any_version = Rule("any version", lambda _a, _v: true())
waits = Rule("it is proposed", lambda _a, v: v.status == "proposed")
other_office = Rule("somebody of the other office proposed it", _other_office)

RULES: dict[Permission, Entitlement] = {
    Permission.RULES_READ: Entitlement(RuleSetVersion, READERS, any_version),
    Permission.RULES_PROPOSE: Entitlement(RuleSetVersion, frozenset(OFFICES), any_version),
    Permission.RULES_CONFIRM: Entitlement(RuleSetVersion, frozenset(OFFICES), waits & other_office),
    Permission.RULES_DROP: Entitlement(RuleSetVersion, frozenset(OFFICES), waits),
}
