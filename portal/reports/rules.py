"""Who reads the figures of service, and who decides that everybody may read some of them."""

from sqlalchemy import true

from portal.actor import Role
from portal.permissions import Permission
from portal.policy import Entitlement, Rule
from portal.reports.models import Publicity
from portal.requests.models import Request

READERS = frozenset({Role.COORDINATOR, Role.HEAD, Role.DPO, Role.REGIONAL_MANAGER})
SWITCHERS = frozenset({Role.COORDINATOR, Role.HEAD})

counted = Rule("every request that was sent, as counts", lambda _a, m: m.submitted_at.is_not(None))
anything_public = Rule("any page for the public", lambda _a, _m: true())

RULES: dict[Permission, Entitlement] = {
    Permission.REPORT_READ: Entitlement(Request, READERS, counted),
    Permission.REGISTER_SWITCH: Entitlement(Publicity, SWITCHERS, anything_public),
}
