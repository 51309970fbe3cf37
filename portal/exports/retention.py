"""Until when every copy of an ended release has to be destroyed. Pure but for the rows it is given."""

import datetime as dt

from portal import clock
from portal.agreements.models import Agreement
from portal.exports.models import Release
from portal.exports.workflow import DUTY_DAYS
from portal.requests.workflow import WAITS


def retention_days(agreement: Agreement) -> int:
    """Return how many days more the agreement lets its partner keep what has expired; 0 where it says nothing."""
    return int(getattr(agreement, "retention_days", 0) or 0)


def due_on(release: Release, cause: str, today: dt.date) -> dt.date:
    """Return the last day for destroying copies, in the agreement's time zone.

    What has expired may be used until the last day that its package names, and is kept as the agreement's retention
    says; what was revoked or replaced may not be used from today.
    """
    request = release.request
    if cause != "expired":
        return today + dt.timedelta(days=DUTY_DAYS)
    goes_on = request.agreement.status in {"active", "suspended"} or request.state == WAITS
    runs = request.status in {"active", "suspended"} and goes_on
    until = max(today, request.ends_on) if runs and request.ends_on is not None else today
    return until + dt.timedelta(days=DUTY_DAYS + retention_days(request.agreement))


def today_of(release: Release) -> dt.date:
    """Return the day it is where the agreement is at home."""
    return clock.today(release.request.agreement.time_zone)
