"""Who may read which messages. The outbox shows that a letter was written and to whom, never what it says."""

from sqlalchemy import and_, true

from portal.actor import Role
from portal.letters.models import Letter
from portal.permissions import Permission
from portal.policy import Entitlement, Rule

ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})

own = Rule("it was written to them", lambda a, m: m.person_id == a.id)
any_letter = Rule("any letter", lambda _a, _m: true())
given_up = Rule(
    "it was given up, and its text is still kept", lambda _a, m: and_(m.status == "failed", m.pruned_at.is_(None))
)

RULES: dict[Permission, Entitlement] = {
    Permission.NOTICE_READ: Entitlement(Letter, frozenset(Role), own),
    Permission.OUTBOX_READ: Entitlement(Letter, ADMINISTRATORS | {Role.DPO}, any_letter),
    Permission.OUTBOX_RESEND: Entitlement(Letter, ADMINISTRATORS, given_up),
}
