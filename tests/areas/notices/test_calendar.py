"""The calendar file: a person's deadlines as all-day events, under names that stay, with numbers and nothing else."""

import datetime as dt

import pytest
from icalendar import Calendar
from sqlalchemy import update

from portal import clock
from portal.agreements.models import Agreement
from portal.exports.models import ProtectedFile
from portal.requests.models import Request
from tests.areas.requests import scene
from tests.factories import given


@pytest.fixture
def world(app, as_person):
    return scene.World(app, as_person)


def days(world, name):
    answer = world.get(name, "/calendar.ics")
    assert answer.status_code == 200
    assert answer.mimetype == "text/calendar"
    assert "attachment" in answer.headers["Content-Disposition"]
    events = Calendar.from_ical(answer.data).walk("VEVENT")
    for one in events:
        assert one["DTEND"].dt - one["DTSTART"].dt == dt.timedelta(days=1)
        assert not isinstance(one["DTSTART"].dt, dt.datetime), "it is an all-day event"
    return {str(one["UID"]): (one["DTSTART"].dt, str(one["SUMMARY"]), str(one["URL"])) for one in events}


def change(world, model, **values):
    with world.app.app_context(), given() as current:
        current.execute(update(model).values(**values))


def test_an_offer_an_end_and_an_agreement_stand_in_their_peoples_calendars(world):
    ref = world.offered(variables=("drivers",))
    number = world.request(ref).number
    change(world, Request, moved_at=dt.datetime(2026, 1, 1, 23, 30, tzinfo=dt.UTC))
    offer = days(world, "anna")[f"offer-{ref}@localhost"]
    assert offer == (dt.date(2026, 2, 1), f"Offer to accept: {number}", f"http://localhost:8000/requests/{ref}"), (
        "half an hour past midnight in Copenhagen, where the agreement counts its days"
    )
    assert f"offer-{ref}@localhost" not in days(world, "ben"), "only who asked may accept"
    agreement = world.people["agreement"]
    assert f"agreement-{agreement}@localhost" in days(world, "anna")
    assert f"agreement-{agreement}@localhost" in days(world, "dpo")
    assert days(world, "carl") == {}
    assert days(world, "wana") == {}


def test_a_running_request_ends_with_its_agreement_at_the_latest(world):
    ref = world.offered(variables=("drivers",))
    assert world.accept(ref).status_code == 303
    end = world.request(ref).ends_on
    found = days(world, "anna")
    assert f"offer-{ref}@localhost" not in found
    assert found[f"request-{ref}@localhost"][0] == end
    earlier = end - dt.timedelta(days=1)
    change(world, Agreement, ends_on=earlier)
    later = days(world, "ben")
    assert later[f"request-{ref}@localhost"][0] == earlier, "the same event moved: its name stayed"
    assert days(world, "carl") == {}


def test_both_offices_see_when_a_review_is_due(world):
    change(world, ProtectedFile, review_by=clock.today() + dt.timedelta(days=12))
    (review,) = [one for uid, one in days(world, "dpo").items() if uid.startswith("review-")]
    assert review[0] == clock.today() + dt.timedelta(days=12)
    assert "4mi-core 1 partner" in review[1]
    assert not [uid for uid in days(world, "anna") if uid.startswith("review-")]


def test_the_file_holds_no_title_and_no_name(world):
    world.offered(variables=("drivers",))
    for name in ("anna", "dpo", "coordinator"):
        text = world.get(name, "/calendar.ics").text
        for words in ("Anna", "Partner\r", "Memorandum", "drivers", "NER", scene.WORDS):
            assert words not in text


def test_a_calendar_that_was_handed_out_is_in_the_log(world):
    days(world, "anna")
    days(world, "anna")
    assert len(world.events("notice.calendar.downloaded")) == 2


def test_nobody_unknown_gets_one(app):
    assert app.test_client().get("/calendar.ics").status_code == 303
