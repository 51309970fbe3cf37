"""Working days against tables made by hand from each country's published calendar."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from portal.catalogue import offices
from portal.catalogue.geography import reference
from portal.workdays import Calendar, add_working_days, working_days_between

# country, days that people work, days that they do not
DAYS = [
    ("EGY", "2026-11-22 2026-11-26 2026-11-29", "2026-11-20 2026-11-21 2026-11-27 2026-11-28"),  # Friday, Saturday
    ("BGD", "2026-11-22 2026-11-26", "2026-11-20 2026-11-21"),
    ("BGD", "2026-12-15 2026-12-17", "2026-12-16"),  # Victory Day, a Wednesday
    ("EGY", "2025-04-01", "2025-03-28 2025-03-29 2025-03-30 2025-03-31"),  # Eid al-Fitr beside the weekend
    ("SEN", "2026-11-20 2026-11-23", "2026-11-21 2026-11-22"),  # Saturday, Sunday
    ("KEN", "2026-12-11 2026-12-14", "2026-12-12 2026-12-25"),
    ("COL", "2026-11-17", "2026-11-16"),  # Independence of Cartagena, moved to the Monday
    ("CHE", "2026-12-31 2027-01-04", "2027-01-01"),
]


@pytest.mark.parametrize(("country", "work", "free"), DAYS)
def test_who_works_when(country, work, free):
    calendar = Calendar(country)
    assert [day for day in work.split() if not calendar.works(dt.date.fromisoformat(day))] == []
    assert [day for day in free.split() if calendar.works(dt.date.fromisoformat(day))] == []


# country, zone, opened (wall clock there), working days, due (wall clock there)
DUE = [
    ("EGY", "Africa/Cairo", "2026-11-19 15:00", 3, "2026-11-24 15:00"),  # Thursday; Friday and Saturday are free
    ("EGY", "Africa/Cairo", "2026-11-20 15:00", 3, "2026-11-25 00:00"),  # on a Friday: counted from Sunday's beginning
    ("BGD", "Asia/Dhaka", "2026-11-18 09:00", 3, "2026-11-23 09:00"),
    ("BGD", "Asia/Dhaka", "2026-11-18 09:00", 5, "2026-11-25 09:00"),
    ("SEN", "Africa/Dakar", "2026-11-18 09:00", 3, "2026-11-23 09:00"),  # Wednesday; Saturday and Sunday are free
    ("EGY", "Africa/Cairo", "2026-05-25 10:00", 1, "2026-05-31 10:00"),  # Eid al-Adha, then the weekend
    ("BGD", "Asia/Dhaka", "2026-03-19 10:00", 1, "2026-03-24 10:00"),  # Eid al-Fitr
    ("CHE", "Europe/Zurich", "2026-12-31 12:00", 1, "2027-01-04 12:00"),  # a year's edge
    ("COL", "America/Bogota", "2026-11-13 08:00", 1, "2026-11-17 08:00"),
    ("CHE", "Europe/Zurich", "2026-10-23 09:00", 1, "2026-10-26 09:00"),  # the clocks go back in between
    ("KEN", "Africa/Nairobi", "2026-11-18 09:00", 0, "2026-11-18 09:00"),
]


@pytest.mark.parametrize(("country", "zone", "opened", "n", "due"), DUE)
def test_when_working_days_have_passed(country, zone, opened, n, due):
    at = [dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)) for text in (opened, due)]
    calendar = Calendar(country)
    assert add_working_days(at[0], n, calendar, zone) == at[1]
    assert working_days_between(*at, calendar, zone) == n
    if n:
        assert working_days_between(at[0], at[1] - dt.timedelta(seconds=1), calendar, zone) == n - 1


def test_the_day_is_the_offices_not_the_servers():
    late = dt.datetime(2026, 11, 18, 23, 30, tzinfo=dt.UTC)  # Thursday morning in Dhaka already, the last working day
    due = add_working_days(late, 1, Calendar("BGD"), "Asia/Dhaka")
    assert due == dt.datetime(2026, 11, 21, 23, 30, tzinfo=dt.UTC)  # Sunday morning in Dhaka
    assert add_working_days(late, 1, Calendar("SEN"), "Africa/Dakar") == late + dt.timedelta(days=1)


def test_what_cannot_be_counted_is_refused():
    now = dt.datetime(2026, 11, 18, tzinfo=dt.UTC)
    with pytest.raises(ValueError, match="aware"):
        add_working_days(now.replace(tzinfo=None), 1, Calendar("SEN"), "Africa/Dakar")
    with pytest.raises(ValueError, match="from 0"):
        add_working_days(now, -1, Calendar("SEN"), "Africa/Dakar")
    shut = Calendar("SEN", frozenset(dt.date(2026, 11, 1) + dt.timedelta(days=n) for n in range(120)))
    with pytest.raises(ValueError, match="no working day"):
        add_working_days(now, 1, shut, "Africa/Dakar")
    assert working_days_between(now, now - dt.timedelta(days=9), Calendar("SEN"), "Africa/Dakar") == 0


def test_every_region_has_an_office_as_long_as_it_exists():
    for region in reference().regions.values():
        office = offices.office_on(region.code, region.since)
        assert (office.region, office.until) == (region.code, region.until)
        assert Calendar(office.country).next(region.since) > region.since
        assert ZoneInfo(office.time_zone)
    assert offices.office_on("nowhere", dt.date(2026, 1, 1)).region == "unassigned"


def test_a_region_has_one_office_at_a_time():
    head = b"region,country_iso3,time_zone,valid_from,valid_to\n"
    with pytest.raises(ValueError, match="two offices"):
        offices.parse(head + b"X,SEN,Africa/Dakar,2020-01-01,\nX,EGY,Africa/Cairo,2024-01-01,\n")
    moved = b"X,SEN,Africa/Dakar,2020-01-01,2023-12-31\nX,EGY,Africa/Cairo,2024-01-01,\n"
    assert [one.country for one in offices.parse(head + moved)["X"]] == ["SEN", "EGY"]
