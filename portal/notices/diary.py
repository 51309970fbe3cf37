"""A calendar file of deadlines, as RFC 5545 has it: all-day events under names that stay the same."""

import datetime as dt
from collections.abc import Iterable

from icalendar import Calendar, Event

from portal.ports import Deadline

ONE_DAY = dt.timedelta(days=1)


def as_ics(name: str, deadlines: Iterable[Deadline], *, portal_url: str, host: str, now: dt.datetime) -> bytes:
    """Return the file. A calendar that reads it again replaces what it knew, by the events' names."""
    calendar = Calendar()
    calendar.add("prodid", "-//Mixed Migration Centre//4Mi data portal//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    for one in sorted(deadlines, key=lambda each: (each.day, each.uid)):
        event = Event()
        event.add("uid", f"{one.uid}@{host}")
        event.add("dtstamp", now)
        event.add("dtstart", one.day)
        event.add("dtend", one.day + ONE_DAY)
        event.add("summary", one.title)
        event.add("url", portal_url + one.path)
        event.add("class", "PRIVATE")
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())
