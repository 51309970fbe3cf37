"""The days by which something about a request ends, or a text is to be answered, for its people's calendars."""

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from flask_babel import gettext

from portal import policy
from portal.actor import PARTNER_ROLES, Actor
from portal.db import session
from portal.permissions import Permission
from portal.ports import Deadline
from portal.requests import queries_publications, renewals
from portal.requests.models import Request
from portal.requests.workflow import OFFER_DAYS, WAITS

RUNNING = ("active", "suspended")


def deadlines(actor: Actor) -> Iterator[Deadline]:
    """Yield the last days of offers to the actor and of the running requests of the partner they work for.

    Of their own requests also the day by which a purpose has to be confirmed. Of texts that were shown before they are
    published the day by which they are answered: for who may answer, and who may write them.
    """
    yield from _texts(actor)
    offers = policy.visible(actor, Permission.REQUEST_ACCEPT, Request).where(Request.status == "offered")
    for one in session().scalars(offers.order_by(Request.id)):
        lapses = (one.moved_at + dt.timedelta(OFFER_DAYS)).astimezone(ZoneInfo(one.agreement.time_zone))
        title = gettext("Offer to accept: %(number)s", number=one.number)
        yield Deadline(f"offer-{one.ref}", lapses.date(), title, f"/requests/{one.ref}")
    if not actor.has(*PARTNER_ROLES):
        return
    running = policy.visible(actor, Permission.REQUEST_READ, Request).where(Request.status.in_(RUNNING))
    for one in session().scalars(running.where(Request.organisation_id == actor.organisation_id).order_by(Request.id)):
        if one.state == WAITS and one.requester_id == actor.id:
            day = renewals.until(one).astimezone(ZoneInfo(one.agreement.time_zone)).date()
            title = gettext("Purpose to confirm: %(number)s", number=one.number)
            yield Deadline(f"renewal-{one.ref}", day, title, f"/requests/{one.ref}")
        last = min(one.ends_on or one.agreement.ends_on, one.agreement.ends_on)
        title = gettext("Last day of request %(number)s", number=one.number)
        yield Deadline(f"request-{one.ref}", last, title, f"/requests/{one.ref}")


def _texts(actor: Actor) -> Iterator[Deadline]:
    for one in queries_publications.shown(actor):
        if one.answer_by is not None:
            title = gettext("Text to be answered: %(number)s", number=one.request.number)
            yield Deadline(f"text-{one.ref}", one.answer_by, title, f"/publications/{one.ref}")
