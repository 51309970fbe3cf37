"""The reports and the public register, over HTTP, on requests that really went their way."""

import csv
import datetime as dt
import io

import pytest
from sqlalchemy import event, select, update

from portal import clock
from portal.actor import Role
from portal.db import db
from portal.exports.models import Download, Release
from tests import factories
from tests.areas.auth.pages import events
from tests.areas.requests import scene


@pytest.fixture
def world(app, as_person):
    made = scene.World(app, as_person)
    with app.app_context(), factories.given():
        made.people["head"] = factories.a_person(roles=[Role.HEAD], name="Hedda Head")
    return made


def table(world, name, who="head"):
    answer = world.get(who, f"/reports?table={name}&as=csv")
    assert answer.mimetype == "text/csv"
    return list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))


def switch(world, who, on, lock):
    return world.post(who, "/reports/register", on=on, lock=lock)


def test_an_empty_house_says_so(world):
    assert "No request was sent in this year" in world.get("head", "/reports").text


def test_a_request_appears_with_its_regions_and_outcome(world):
    # Given a request of which one region decided and the other declined
    ref = world.sent()
    world.verdict("wana", ref, "approve")
    world.verdict("esa", ref, "decline")
    # When the head looks
    page = world.get("head", "/reports").text
    # Then it is there, and the tables say the same
    assert "Partner" not in page.split("What left")[0]  # figures name nobody
    lines = {one["region"]: one for one in table(world, "regions")}
    assert (lines["WANA"]["asked"], lines["WANA"]["decided"], lines["WANA"]["share_in_time"]) == ("1", "1", "1.0")
    assert lines["ESA"]["declined"] == "1"
    assert sum(int(one["requests"]) for one in table(world, "outcomes")) == 1
    stages = {one["stage"]: one for one in table(world, "stages")}
    assert stages["regions"]["requests"] == "1"
    assert stages["whole"]["requests"] == "0"


def test_what_left_is_counted_in_the_reader_s_year_and_rounded_once_it_is_summed(app, world):
    # Given two files of 24 rows each, ready in the first hours of a year in Nairobi, when it was not that year in UTC
    with app.app_context(), factories.given():
        zone = {"time_zone": "Africa/Nairobi", "language": "fr"}
        world.people["nairobi"] = factories.a_person(roles=[Role.HEAD], name="Nia Nairobi", **zone)
    for _ in range(2):
        world.forget_codes()
        assert world.accept(world.offered(variables=("drivers",))).status_code == 303
    year = clock.today().year
    with app.app_context(), factories.given() as current:
        ready = clock.day_start(dt.date(year, 1, 1), "Africa/Nairobi") + dt.timedelta(hours=1)
        current.execute(update(Release).values(status="available", available_at=ready, rows=24))
        release = current.scalars(select(Release)).first()
        current.add(Download(release_id=release.id, person_id=world.people["anna"].id))
    # When somebody in Nairobi reads of that year, then both are there, and so they are in what left of the regions
    (line,) = table(world, "releases", "nairobi")
    assert line["regions"].split() == ["ESA", "WANA"]
    assert (line["releases"], line["rows_in_tens"], line["downloads"]) == ("2", "50", "1")
    assert world.get("nairobi", "/left?as=csv").text.count("Partner") == 2
    # And when somebody reads of it in UTC, then nothing left in it
    assert table(world, "releases") == []
    assert "Partner" not in world.get("head", "/left?as=csv").text
    # And what took minutes took less than a day, never none
    assert "less than a day" in world.get("head", "/reports").text
    assert "moins d’un jour" in world.get("nairobi", "/reports").text


def test_a_year_without_requests_is_empty_and_nonsense_means_this_year(world):
    world.sent()
    assert "No request was sent" not in world.get("head", "/reports?year=0").text
    assert "No request was sent" not in world.get("head", "/reports?year=%3Cscript%3E").text
    assert "No request was sent" not in world.get("head", "/reports?year=1999").text  # not among the years: this one


def test_the_number_of_queries_does_not_grow_with_requests(app, world):
    world.sent()
    world.get("head", "/reports")
    counted = []
    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda *_: counted.append(1))
    world.get("head", "/reports")
    few = len(counted)
    for _ in range(3):
        world.sent()
    counted.clear()
    world.get("head", "/reports")
    assert len(counted) <= few


def test_the_register_is_hidden_until_a_person_shows_it(app, world):
    world.sent()
    browser = app.test_client()
    # Given nobody has decided, the page is not there
    assert browser.get("/register").status_code == 404
    # When the coordinator shows it
    assert switch(world, "coordinator", "true", 0).status_code == 303
    # Then everybody reads it, without signing in; the log says who decided
    assert browser.get("/register").status_code == 200
    assert "Partner" not in browser.get("/register").text  # nothing was accepted yet
    assert "register.switched" in [name for name, *_ in events(app)]
    # When somebody with an old page hides it, they are told; with a fresh one it goes
    assert switch(world, "head", "false", 0).status_code == 409
    assert switch(world, "head", "false", 1).status_code == 303
    assert browser.get("/register").status_code == 404


def test_pressing_twice_is_pressing_once(app, world):
    assert switch(world, "coordinator", "true", 0).status_code == 303
    assert switch(world, "coordinator", "true", 0).status_code == 303
    assert [name for name, *_ in events(app)].count("register.switched") == 1


@pytest.mark.parametrize("who", ["dpo", "wana", "anna"])
def test_others_do_not_switch(world, who):
    assert switch(world, who, "true", 0).status_code == 403


def test_partners_read_no_reports(world):
    assert world.get("anna", "/reports").status_code == 403


def test_the_register_names_accepted_uses_and_nothing_that_was_typed(app, world):
    ref = world.offered(variables=("drivers",))
    assert world.accept(ref).status_code == 303
    switch(world, "coordinator", "true", 0)
    page = app.test_client().get("/register")
    assert "Partner" in page.text
    assert scene.WORDS not in page.text
    assert "Anna" not in page.text
    (line,) = csv.DictReader(io.StringIO(app.test_client().get("/register?as=csv").text.lstrip("\ufeff")))
    assert (line["organisation"], line["purpose"]) == ("Partner", "research")
