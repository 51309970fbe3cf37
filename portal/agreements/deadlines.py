"""The last days of agreements, for the calendars of those who live by them."""

from collections.abc import Iterator

from flask_babel import gettext

from portal import policy
from portal.actor import PARTNER_ROLES, Actor, Role
from portal.agreements import queries_dpia
from portal.agreements.models import Agreement
from portal.agreements.rules import MAKERS
from portal.db import session
from portal.permissions import Permission
from portal.ports import Deadline


def deadlines(actor: Actor) -> Iterator[Deadline]:
    """Yield the last days of active agreements: a partner's own, and all for whoever makes agreements."""
    if not actor.has(*PARTNER_ROLES, *MAKERS):
        return
    active = policy.visible(actor, Permission.AGREEMENT_READ, Agreement).where(Agreement.status == "active")
    for one in session().scalars(active.order_by(Agreement.id)):
        title = gettext("Last day of agreement %(number)s", number=one.number)
        yield Deadline(f"agreement-{one.ref}", one.ends_on, title, f"/agreements/{one.ref}")
        assessment = queries_dpia.valid(one) if actor.has(Role.DPO) else None
        if assessment is not None:
            title = gettext("Impact assessment to look at again: %(number)s", number=one.number)
            yield Deadline(f"dpia-{assessment.ref}", assessment.review_on, title, f"/agreements/{one.ref}")
