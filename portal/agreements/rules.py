"""Who may see agreements, make, answer, sign and stop them. Nobody does MMC's part in their own organisation's.

A partner does not see a draft before it was shared with them: it is not an offer yet. Then those see it who negotiate
it: their focal points and whoever is named to sign.
"""

from sqlalchemy import ColumnElement, and_, false, or_, true

from portal.actor import PARTNER_ROLES, Actor, Role
from portal.agreements.models import Agreement
from portal.agreements.people import MMC_SIGNATORIES
from portal.permissions import Permission
from portal.policy import Entitlement, Rule

MAKERS = frozenset({Role.COORDINATOR, Role.HEAD, Role.DPO})
STOPPERS = frozenset({Role.HEAD, Role.DPO})
OFFICER = frozenset({Role.DPO})
READERS = MAKERS | {Role.STEWARD, Role.REGIONAL_MANAGER, Role.PROJECT_MANAGER}


def _in_force(agreement: type[Agreement]) -> ColumnElement[bool]:
    ended = (agreement.status == "ended") & (agreement.ended_as != "dropped")
    return or_(agreement.status.in_(("active", "suspended")), ended)


def _negotiates(actor: Actor, agreement: type[Agreement]) -> ColumnElement[bool]:
    focal = true() if actor.has(Role.FOCAL_POINT) else false()
    shown = or_(agreement.shared, _in_force(agreement))
    theirs = agreement.organisation_id == actor.organisation_id
    return and_(theirs, shown, or_(focal, agreement.partner_signatory_id == actor.id))


def _party(actor: Actor, agreement: type[Agreement]) -> ColumnElement[bool]:
    if actor.has(*READERS):
        return true()
    theirs = (agreement.organisation_id == actor.organisation_id) & _in_force(agreement)
    return or_(theirs, _negotiates(actor, agreement))


def _others(actor: Actor, agreement: type[Agreement]) -> ColumnElement[bool]:
    return agreement.organisation_id != actor.organisation_id


def _signs(actor: Actor, agreement: type[Agreement]) -> ColumnElement[bool]:
    same = agreement.organisation_id == actor.organisation_id
    ours = and_(agreement.mmc_signatory_id == actor.id, ~same) if actor.has(*MMC_SIGNATORIES) else false()
    return or_(ours, and_(agreement.partner_signatory_id == actor.id, same))


def _maker_or_partner(actor: Actor, agreement: type[Agreement]) -> ColumnElement[bool]:
    ours = _others(actor, agreement) if actor.has(*MAKERS) else false()
    return or_(ours, _negotiates(actor, agreement))


party = Rule(
    "their organisation is a party to it and it was in force or they negotiate it, or they are staff who use it", _party
)
running_for_them = Rule(
    "it is active and their organisation is a party to it",
    lambda a, m: (m.organisation_id == a.organisation_id) & (m.status == "active"),
)
others = Rule("it is with another organisation than theirs", _others)
negotiates = Rule(
    "it was shown to their organisation and they are its focal point or named to sign for it", _negotiates
)
signs = Rule("they are named to sign it, for MMC or for the partner they belong to", _signs)
talks = Rule("they make it for MMC or negotiate it for the partner", _maker_or_partner)

RULES: dict[Permission, Entitlement] = {
    Permission.AGREEMENT_READ: Entitlement(Agreement, PARTNER_ROLES | READERS, party),
    Permission.AGREEMENT_ACCEPT: Entitlement(Agreement, PARTNER_ROLES, running_for_them),
    Permission.AGREEMENT_WRITE: Entitlement(Agreement, MAKERS, others),
    Permission.AGREEMENT_COMMENT: Entitlement(Agreement, MAKERS | PARTNER_ROLES, talks),
    Permission.AGREEMENT_ANSWER: Entitlement(Agreement, PARTNER_ROLES, negotiates),
    Permission.AGREEMENT_OFFICER: Entitlement(Agreement, OFFICER, others),
    Permission.AGREEMENT_SIGN: Entitlement(Agreement, MMC_SIGNATORIES | PARTNER_ROLES, signs),
    Permission.AGREEMENT_STOP: Entitlement(Agreement, STOPPERS, others),
}
