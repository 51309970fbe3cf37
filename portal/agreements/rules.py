"""Who may see agreements and make them. A partner never sees a draft: it is not an offer yet."""

from sqlalchemy import ColumnElement, true

from portal.actor import PARTNER_ROLES, Actor, Role
from portal.agreements.models import Agreement
from portal.permissions import Permission
from portal.policy import Entitlement, Rule

MAKERS = frozenset({Role.COORDINATOR, Role.HEAD, Role.DPO})
READERS = MAKERS | {Role.STEWARD, Role.REGIONAL_MANAGER, Role.PROJECT_MANAGER}


def _staff_or_party(actor: Actor, agreement: type[Agreement]) -> ColumnElement[bool]:
    if actor.has(*READERS):
        return true()
    return (agreement.organisation_id == actor.organisation_id) & (agreement.status != "draft")


party = Rule("their organisation is a party to it and it is no draft, or they are staff who use it", _staff_or_party)
anyones = Rule("any agreement", lambda _a, _m: true())

RULES: dict[Permission, Entitlement] = {
    Permission.AGREEMENT_READ: Entitlement(Agreement, PARTNER_ROLES | READERS, party),
    Permission.AGREEMENT_WRITE: Entitlement(Agreement, MAKERS, anyones),
}
