"""The days of emergencies for people's calendars: the last of one's own, and reviews that are owed."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from flask_babel import gettext
from sqlalchemy import select

from portal import policy
from portal.actor import Actor, Role
from portal.db import session
from portal.emergencies import queries
from portal.emergencies.models import Emergency
from portal.permissions import Permission
from portal.ports import Deadline


def deadlines(actor: Actor) -> Iterator[Deadline]:
    """Yield the ends of the actor's own emergencies, and for the data protection officer and the head the reviews."""
    zone = ZoneInfo(actor.time_zone)
    if policy.holds(actor, Permission.EMERGENCY_ASK):
        mine = select(Emergency).where(Emergency.requester_id == actor.id, Emergency.status == "granted")
        for one in session().scalars(mine.order_by(Emergency.id)):
            if one.ends_at is not None and one.state == "granted":
                title = gettext("Emergency %(number)s ends", number=one.number)
                yield Deadline(f"emergency-{one.ref}", one.ends_at.astimezone(zone).date(), title, _path(one))
    if actor.has(Role.DPO, Role.HEAD):
        for one in queries.to_review(actor):
            if one.review_due_at is not None:
                title = gettext("Review of emergency %(number)s", number=one.number)
                day = one.review_due_at.astimezone(zone).date()
                yield Deadline(f"emergency-review-{one.ref}", day, title, _path(one))


def _path(one: Emergency) -> str:
    return f"/emergencies/{one.ref}"
