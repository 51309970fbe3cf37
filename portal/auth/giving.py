"""Which roles somebody may give to whom, and which do not go together. Pure rules.

Partners ask and MMC decides. Somebody who did both would decide for their own organisation. A contractor does neither:
its people bring the rounds that it was commissioned for.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from portal.actor import PARTNER_ROLES, STAFF_ROLES, Role

OWN_HOUSE = "mmc"
PARTNER_KINDS = ("un", "academic", "ngo")
CONTRACTING = "contractor"
KINDS = (OWN_HOUSE, *PARTNER_KINDS, CONTRACTING)
DECIDING = frozenset({Role.REGIONAL_MANAGER, Role.COORDINATOR, Role.DPO, Role.HEAD})
# Each pair keeps an eye on each other: who lets people in must not read the log of it, who signs files not sign twice.
APART = (frozenset({Role.ADMINISTRATOR, Role.DPO}), frozenset({Role.STEWARD, Role.DPO}))
CONTRACTORS = frozenset({Role.CONTRACTOR})
KEPT = (Role.ADMINISTRATOR, Role.DPO)  # somebody holds these at any time


def givable(giver: AbstractSet[Role], kind: str, *, same_house: bool) -> frozenset[Role]:
    """Return the roles that ``giver`` may give in a house of this kind; none where they may give nothing there.

    >>> sorted(givable({Role.FOCAL_POINT}, "un", same_house=True))
    [<Role.FOCAL_POINT: 'focal_point'>, <Role.REQUESTER: 'requester'>]
    >>> givable({Role.FOCAL_POINT}, "un", same_house=False), givable({Role.COORDINATOR}, "mmc", same_house=True)
    (frozenset(), frozenset())
    >>> givable({Role.COORDINATOR}, "contractor", same_house=False), givable({Role.STEWARD}, "un", same_house=False)
    (frozenset({<Role.CONTRACTOR: 'contractor'>}), frozenset())
    """
    if kind == CONTRACTING:
        return CONTRACTORS if giver & {Role.ADMINISTRATOR, Role.COORDINATOR} else frozenset()
    if Role.ADMINISTRATOR in giver:
        return STAFF_ROLES | PARTNER_ROLES if kind == OWN_HOUSE else PARTNER_ROLES
    if kind == OWN_HOUSE:
        return frozenset()
    return PARTNER_ROLES if Role.COORDINATOR in giver or (Role.FOCAL_POINT in giver and same_house) else frozenset()


def clash(kind: str, held: Iterable[Role], wanted: Role) -> str:
    """Return why a role cannot be given beside those held, "" if it can.

    The reason is ``partner``, ``contractor`` (whose people hold no other role, and nobody else theirs), ``both_sides``
    or ``apart``.

    >>> clash("un", [], Role.DPO), clash("mmc", [Role.DPO], Role.STEWARD), clash("mmc", [Role.DPO], Role.HEAD)
    ('partner', 'apart', '')
    >>> clash("mmc", [Role.REQUESTER], Role.REGIONAL_MANAGER)
    'both_sides'
    >>> clash("contractor", [], Role.CONTRACTOR), clash("contractor", [], Role.REQUESTER)
    ('', 'contractor')
    >>> clash("un", [], Role.CONTRACTOR)
    'contractor'
    """
    together = {*held, wanted}
    if (wanted is Role.CONTRACTOR) != (kind == CONTRACTING):
        return "contractor"
    if wanted in STAFF_ROLES and kind != OWN_HOUSE:
        return "partner"
    if together & DECIDING and together & PARTNER_ROLES:
        return "both_sides"
    return "apart" if any(wanted in pair and pair <= together for pair in APART) else ""


def side(kind: str) -> str:
    """Return on which side an organisation of this kind stands: ``mmc``, ``partner`` or ``contractor``; it stays there.

    >>> side("un"), side("mmc"), side("contractor")
    ('partner', 'mmc', 'contractor')
    """
    return "partner" if kind in PARTNER_KINDS else kind


def clash_among(kind: str, roles: Iterable[Role]) -> str:
    """Return why these roles cannot be given together, "" if they can."""
    given: list[Role] = []
    for role in roles:
        if why := clash(kind, given, role):
            return why
        given.append(role)
    return ""
