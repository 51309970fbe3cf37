"""Who may read the log: one office, and nobody by being curious about themselves."""

from sqlalchemy import true

from portal.actor import Role
from portal.audit.models import AuditEvent
from portal.permissions import Permission
from portal.policy import Entitlement, Rule

whole_log = Rule("the log is read as a whole, by the data protection officer", lambda _actor, _event: true())

RULES = {Permission.LOG_READ: Entitlement(AuditEvent, frozenset({Role.DPO}), whole_log)}
