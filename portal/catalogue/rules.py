"""Who may see datasets, load versions and publish them. A contractor sees its own rounds, and nothing beside them."""

from sqlalchemy import ColumnElement, and_, exists, true

from portal import clock, freezes, ports
from portal.actor import Actor, Role
from portal.auth.giving import CONTRACTORS
from portal.catalogue.models import Dataset, Version
from portal.catalogue.models_commissions import Commission
from portal.catalogue.models_owners import Coownership
from portal.permissions import Permission
from portal.policy import Entitlement, Rule

PREPARERS = frozenset({Role.STEWARD, Role.PROJECT_MANAGER, Role.COORDINATOR})
KEEPERS = frozenset({Role.STEWARD, Role.COORDINATOR})
REVIEWERS = PREPARERS | {Role.DPO, Role.HEAD}
READERS = frozenset(Role) - CONTRACTORS - {Role.ADMINISTRATOR}


def _open_to(actor: Actor, commission: type[Commission]) -> ColumnElement[bool]:
    today = clock.today(ports.house.config.time_zone)
    return and_(
        commission.organisation_id == actor.organisation_id,
        commission.status == "given",
        commission.first_day <= today,
        commission.last_day >= today,
        ~freezes.shuts_out(actor.ref, actor.organisation_ref),
    )


def _of_open(actor: Actor, version: type[Version]) -> ColumnElement[bool]:
    theirs = exists().where(Commission.id == version.commission_id, _open_to(actor, Commission))
    return theirs.correlate(version)


def _unpublished(_actor: Actor, commission: type[Commission]) -> ColumnElement[bool]:
    out = exists().where(Version.commission_id == commission.id, Version.status == "published")
    return ~out.correlate(commission)


has_published = Rule(
    "it has a published version, or they work on it",
    lambda a, d: (
        true() if a.has(*REVIEWERS) else exists().where(Version.dataset_id == d.id, Version.status == "published")
    ),
)
any_dataset = Rule("any dataset", lambda _a, _d: true())
any_owner = Rule("any co-ownership", lambda _a, _o: true())
published = Rule(
    "it is published, or they work on it", lambda a, v: true() if a.has(*REVIEWERS) else v.status == "published"
)
waits_for_roles = Rule("it has been checked and is not published", lambda _a, v: v.status == "checked")

any_commission = Rule("any commission", lambda _a, _c: true())
open_to_them = Rule("their organisation holds it, it runs today, and nobody has frozen them", _open_to)
unpublished = Rule("nothing of it is published", _unpublished)
of_their_round = Rule("it was loaded for a round of their organisation that is open to them", _of_open)
waits_unpublished = Rule("it has been read and is not published", lambda _a, v: v.status.in_(("checked", "refused")))

RULES: dict[Permission, Entitlement] = {
    Permission.CATALOGUE_READ: Entitlement(Dataset, READERS, has_published),
    Permission.DATASET_UPLOAD: Entitlement(Dataset, PREPARERS, any_dataset),
    Permission.OWNER_READ: Entitlement(Dataset, REVIEWERS, any_dataset),
    Permission.OWNER_WRITE: Entitlement(Dataset, KEEPERS, any_dataset),
    Permission.OWNER_END: Entitlement(Coownership, KEEPERS, any_owner),
    Permission.COMMISSION_READ: Entitlement(Dataset, REVIEWERS, any_dataset),
    Permission.COMMISSION_GIVE: Entitlement(Dataset, KEEPERS, any_dataset),
    Permission.COMMISSION_END: Entitlement(Commission, KEEPERS, any_commission),
    Permission.ROUND_READ: Entitlement(Commission, CONTRACTORS, open_to_them),
    Permission.ROUND_LOAD: Entitlement(Commission, CONTRACTORS, open_to_them & unpublished),
    Permission.ROUND_FILE_READ: Entitlement(Version, CONTRACTORS, of_their_round),
    Permission.ROUND_FILE_WITHDRAW: Entitlement(Version, CONTRACTORS, of_their_round & waits_unpublished),
    Permission.VERSION_READ: Entitlement(Version, REVIEWERS, published),
    Permission.VERSION_PREPARE: Entitlement(Version, PREPARERS, waits_for_roles),
    Permission.VERSION_PUBLISH: Entitlement(Version, KEEPERS, waits_for_roles),
}
