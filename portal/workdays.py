"""Working days of a country: its weekend, its public holidays, its clock. Pure: no table, no request.

The surprising fact: a clock of working days stands still from a free day's first moment to its last. What begins on
a free day begins with the next working one.
"""

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
from holidays import HolidayBase

DAY = dt.timedelta(days=1)
LONGEST_PAUSE = 60  # free days in a row; more than any country has


@lru_cache(maxsize=64)
def _of_country(code: str) -> HolidayBase:
    return holidays.country_holidays(code)


@dataclass(frozen=True)
class Calendar:
    """The working days of a country, named by its ISO 3166 code (two or three letters).

    ``free`` are days off beyond its public holidays. Raises NotImplementedError when a country is asked for that
    nobody has listed.
    """

    country: str
    free: frozenset[dt.date] = frozenset()

    def works(self, day: dt.date) -> bool:
        """Say whether people work on ``day``: no weekend, no public holiday, or a weekend that is made up for."""
        return day not in self.free and _of_country(self.country).is_working_day(day)

    def next(self, day: dt.date) -> dt.date:
        """Return the first working day after ``day``; ValueError if none comes within sixty days."""
        for ahead in range(1, LONGEST_PAUSE + 1):
            if self.works(day + ahead * DAY):
                return day + ahead * DAY
        raise ValueError(f"calendar {self.country}: no working day within {LONGEST_PAUSE} days of {day}")


def add_working_days(start_moment: dt.datetime, n: int, calendar: Calendar, zone: str) -> dt.datetime:
    """Return the moment, in UTC, at which ``n`` working days have passed since an aware moment, in an office's zone.

    It has the wall-clock time of the start; from a free day one counts from the next working day's first moment.
    Raises ValueError for a naive moment or a negative ``n``.
    """
    if start_moment.tzinfo is None or n < 0:
        raise ValueError("working days: an aware moment and a number from 0 are needed")
    place = ZoneInfo(zone)
    local = start_moment.astimezone(place)
    day, time = local.date(), local.timetz().replace(tzinfo=None)
    if not calendar.works(day):
        day, time = calendar.next(day), dt.time()
    for _ in range(n):
        day = calendar.next(day)
    return dt.datetime.combine(day, time, place).astimezone(dt.UTC)


def working_days_between(start: dt.datetime, end: dt.datetime, calendar: Calendar, zone: str) -> int:
    """Return how many whole working days passed from ``start`` to ``end``; 0 if ``end`` comes first."""
    place = ZoneInfo(zone)
    passed, last = 0, end.astimezone(place).date()
    local = start.astimezone(place)
    day, time = local.date(), local.timetz().replace(tzinfo=None)
    if not calendar.works(day):
        day, time = calendar.next(day), dt.time()
    while day < last:
        day = calendar.next(day)
        passed += dt.datetime.combine(day, time, place) <= end
    return passed
