"""Who may see datasets, load versions and publish them."""

from sqlalchemy import exists, true

from portal.actor import Role
from portal.catalogue.models import Dataset, Version
from portal.catalogue.models_owners import Coownership
from portal.permissions import Permission
from portal.policy import Entitlement, Rule

PREPARERS = frozenset({Role.STEWARD, Role.PROJECT_MANAGER, Role.COORDINATOR})
KEEPERS = frozenset({Role.STEWARD, Role.COORDINATOR})
REVIEWERS = PREPARERS | {Role.DPO, Role.HEAD}

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

RULES: dict[Permission, Entitlement] = {
    Permission.CATALOGUE_READ: Entitlement(Dataset, frozenset(Role) - {Role.ADMINISTRATOR}, has_published),
    Permission.DATASET_UPLOAD: Entitlement(Dataset, PREPARERS, any_dataset),
    Permission.OWNER_READ: Entitlement(Dataset, REVIEWERS, any_dataset),
    Permission.OWNER_WRITE: Entitlement(Dataset, KEEPERS, any_dataset),
    Permission.OWNER_END: Entitlement(Coownership, KEEPERS, any_owner),
    Permission.VERSION_READ: Entitlement(Version, REVIEWERS, published),
    Permission.VERSION_PREPARE: Entitlement(Version, PREPARERS, waits_for_roles),
    Permission.VERSION_PUBLISH: Entitlement(Version, KEEPERS, waits_for_roles),
}
