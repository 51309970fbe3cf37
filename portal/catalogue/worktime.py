"""Working time of a region: counted by its office's weekends, public holidays and clock."""

import datetime as dt
from functools import lru_cache

from portal.catalogue.offices import office_on
from portal.workdays import Calendar, add_working_days, working_days_between


@lru_cache(maxsize=64)
def _calendar(country: str) -> Calendar:
    return Calendar(country)


def due(region: str, start: dt.datetime, days: int) -> dt.datetime:
    """Return the moment (UTC) at which so many working days of a region's office have passed since ``start``."""
    office = office_on(region, start.date())
    return add_working_days(start, days, _calendar(office.country), office.time_zone)


def between(region: str, start: dt.datetime, end: dt.datetime) -> int:
    """Return how many whole working days of a region's office lie between two moments; 0 if the end comes first."""
    office = office_on(region, start.date())
    return working_days_between(start, end, _calendar(office.country), office.time_zone)
