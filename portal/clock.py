"""The only clock. Everything that asks the time asks here, so a test can move it."""

import datetime as dt
from zoneinfo import ZoneInfo

UTC = dt.UTC


def now() -> dt.datetime:
    """Return this moment in UTC, aware."""
    return dt.datetime.now(dt.UTC)  # noqa: TID251 -- the one place


def today(zone: str = "UTC") -> dt.date:
    """Return the calendar date it is in ``zone`` (an IANA name)."""
    return now().astimezone(ZoneInfo(zone)).date()


def day_end(date: dt.date, zone: str) -> dt.datetime:
    """Return the first moment after ``date`` in ``zone``: an agreement runs through its last day."""
    return dt.datetime.combine(date + dt.timedelta(days=1), dt.time(), ZoneInfo(zone)).astimezone(dt.UTC)


def day_start(date: dt.date, zone: str) -> dt.datetime:
    """Return the first moment of ``date`` in ``zone``."""
    return dt.datetime.combine(date, dt.time(), ZoneInfo(zone)).astimezone(dt.UTC)


def seconds(number: float) -> dt.timedelta:
    """Return a length of time."""
    return dt.timedelta(seconds=number)
