"""Actor: a frozen snapshot of who acts. It is an argument everywhere; nothing reads it from the air."""

from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """What a person is to the portal. Grants are dated rows, and a manager's carries a region."""

    REQUESTER = "requester"
    FOCAL_POINT = "focal_point"
    REGIONAL_MANAGER = "regional_manager"
    PROJECT_MANAGER = "project_manager"
    COORDINATOR = "coordinator"
    STEWARD = "steward"
    DPO = "dpo"
    HEAD = "head"
    ADMINISTRATOR = "administrator"
    CONTRACTOR = "contractor"


PARTNER_ROLES = frozenset({Role.REQUESTER, Role.FOCAL_POINT})
STAFF_ROLES = frozenset(Role) - PARTNER_ROLES - {Role.CONTRACTOR}
FACTOR_ROLES = frozenset(Role) - PARTNER_ROLES
"""Roles for which one-time codes are mandatory: of MMC, and of who carries out its field work."""


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who acts: a person with the grants of this moment, a process, or nobody.

    ``id`` is the database key (0 for none), ``ref`` the random reference the log uses.
    """

    id: int = 0
    ref: str = ""
    kind: str = "anonymous"  # person | system | anonymous | stopped: somebody whose access is frozen
    roles: frozenset[Role] = frozenset()
    regions: frozenset[str] = frozenset()
    organisation_id: int = 0
    organisation_ref: str = ""
    session_ref: str = ""
    authentication: tuple[str, ...] = ()  # amr: "pwd", "otp"
    address: str = field(default="", repr=False)  # the network address they came from, "" where none is known
    language: str = "en"
    time_zone: str = "UTC"
    name: str = field(default="", repr=False)
    organisation_name: str = field(default="", repr=False)

    @property
    def signed_in(self) -> bool:
        """Whether a person stands behind this."""
        return self.kind == "person"

    def has(self, *roles: Role) -> bool:
        """Whether the actor holds one of ``roles`` now."""
        return not self.roles.isdisjoint(roles)


ANONYMOUS = Actor()


def system(process: str, *roles: Role) -> Actor:
    """Return the portal itself acting: ``worker``, ``keeper``, ``setup``, or ``cli`` with the roles a shell gives."""
    return Actor(ref=f"system:{process}", kind="system", roles=frozenset(roles))
