"""Who may decide and who may fetch, read plainly from the tables: written apart from the rules of the portal."""

import datetime as dt
from zoneinfo import ZoneInfo

from sqlalchemy import select

from portal import clock
from portal.agreements.models_acceptance import Acceptance
from portal.auth.models import Grant, Organisation, Person
from portal.db import session
from portal.exports.models import Allowance
from portal.requests.models import Recipient
from portal.requests.models_duties import Assignment, Deputyship, Recusal

ZONE = ZoneInfo("Europe/Copenhagen")
STANDS_IN = ("regional_manager", "coordinator", "project_manager")


def rows(model, **same):
    found = select(model.__table__).filter_by(**same) if same else select(model.__table__)
    return session().execute(found.order_by(model.__table__.c.id)).all()


def person(number):
    return rows(Person, id=number)[0]


def house_of(number):
    return person(number).organisation_id


def ref_of(number):
    return person(number).ref


def holds(number, *roles, region=None):
    """Whether a person who may come in holds one of the roles today."""
    today = clock.now().astimezone(ZONE).date()
    who = person(number)
    held = [
        one
        for one in rows(Grant, person_id=number)
        if one.role in roles and one.valid_from <= today and (one.valid_to is None or today <= one.valid_to)
    ]
    return who.disabled_at is None and any(region in {None, one.region} for one in held)


def may_decide(number, track, request):
    """Whether a person may decide a track now."""
    aside = {one.person_id for one in rows(Recusal, track_id=track.id)}
    if number in aside or house_of(number) == request.organisation_id:
        return False
    if holds(number, "regional_manager", region=track.region):
        return True
    if holds(number, *STANDS_IN) and any(
        _instead(one, track, request, aside) for one in rows(Deputyship, deputy_id=number)
    ):
        return True
    given = [one.person_id for one in rows(Assignment, track_id=track.id)][-1:]
    if given == [number] and holds(number, *STANDS_IN):
        return True
    others = [
        one.id
        for one in rows(Person)
        if one.organisation_id != request.organisation_id
        and one.id not in aside
        and (
            holds(one.id, "regional_manager", region=track.region) or (given == [one.id] and holds(one.id, *STANDS_IN))
        )
    ]
    return holds(number, "coordinator") and (track.region == "unassigned" or not others)


def _instead(one, track, request, aside):
    here = house_of(one.manager_id)
    return (
        one.status == "named"
        and one.region == track.region
        and one.starts_at <= clock.now() < one.ends_at
        and holds(one.manager_id, "regional_manager", region=one.region)
        and one.manager_id not in aside
        and here == house_of(one.deputy_id) != request.organisation_id
    )


def ends(release, request, agreement):
    """Every moment at which access is over."""
    zone = ZoneInfo(agreement.time_zone)
    days = [request.ends_on, agreement.ends_on, *([agreement.terminated_on] if agreement.terminated_on else [])]
    after = [dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), zone) for day in days]
    return [release.expires_at, *after]


def may_fetch(number, release, request, agreement, terms):
    """Whether a person who came properly may fetch a release now: the first invariant, word by word.

    Without ``terms`` nobody is at the door: acceptance and the downloads that are left are not asked.
    """
    states = (agreement.state, request.state, release.state)
    named = [one.person_id for one in rows(Recipient, request_id=request.id)]
    left = sum(one.remaining for one in rows(Allowance, release_id=release.id, person_id=number))
    accepted = [one for one in rows(Acceptance, agreement_id=agreement.id, person_id=number) if one.sha256 == terms]
    return (
        states == ("active", "active", "available")
        and number in named
        and house_of(number) == request.organisation_id
        and rows(Organisation, id=request.organisation_id)[0].active
        and holds(number, "requester", "focal_point")
        and clock.now() < min(ends(release, request, agreement))
        and (terms is None or (left > 0 and bool(accepted)))
    )
