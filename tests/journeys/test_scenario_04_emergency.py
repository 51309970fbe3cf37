"""Scenario 4. A shipwreck off Sfax on a Friday night: OCHA asks whom 4Mi spoke with there."""

import csv
import datetime as dt
import io
import re
from zoneinfo import ZoneInfo

import pytest
import time_machine

from portal import clock
from portal.actor import Role
from portal.audit.verify import verify
from portal.db import session, transaction
from portal.emergencies.models import Emergency
from portal.letters.models import Letter
from portal.requests.models_duties import Deputyship
from tests import conftest, factories, snapshots
from tests.journeys.play import Play, round_of

pytestmark = pytest.mark.long  # it publishes a round of its own
FRIDAY_NIGHT = dt.datetime(2026, 11, 27, 22, 0, tzinfo=ZoneInfo("Africa/Tunis"))
YEARS = ("2024", "2025")
LEAST = 10
SUBREGIONS_AT_LEAST = {"origin_region", "origin_subregion"}


@pytest.fixture
def settings(instance, database_url):
    """Nothing but people and agreements: the round is Tunisia and Libya in the two latest years."""
    return conftest._settings(instance, database_url, redis_url="unix:///nonexistent/q.sock")


@pytest.fixture
def play(app, as_person):
    with time_machine.travel(FRIDAY_NIGHT - dt.timedelta(days=3)):
        yield _furnished(app, as_person)


def _furnished(app, as_person):
    with app.app_context():
        facts = snapshots.people()
    play = Play(app, as_person, facts)
    play.enters("olga", "OCHA", called="Olga OCHA", time_zone="Africa/Tunis")
    play.enters("wolf", "A body without an agreement")
    play.enters("late", "A body whose agreement is over")
    play.enters("east", "A body with another region")
    play.enters("omar", "OCHA in the east", called="Omar OCHA", time_zone="Africa/Tunis")
    play.enters("henri", "MMC", Role.HEAD, called="Henri Head", time_zone="Europe/Copenhagen")
    play.enters("diane", "MMC", Role.PROJECT_MANAGER, called="Diane Deputy", time_zone="Africa/Dakar")
    play.agrees("olga", regions=["WANA"], purposes=["protection"])
    play.agrees("late", regions=["WANA"], status="suspended")
    play.agrees("east", regions=["ESA"])
    play.agrees("omar", regions=["ESA"])
    play.publishes(round_of(12_000, 4, *((land, year, 90) for land in ("TUN", "LBY") for year in YEARS)))
    return play


def tables(play, who, **asked):
    return play.browser(who).get(f"/catalogue/{play.dataset_ref()}/tables", query_string=asked)


def test_the_profile_is_there_the_same_minute_in_tables_and_in_nothing_finer(play):
    with play.on(FRIDAY_NIGHT):
        # It is ten in the evening in Tunis, and nobody is at work
        assert "27 Nov 2026, 22:" in play.get("olga", "/profile").text
        # OCHA asks for the profile of those interviewed in Tunisia in the latest two years: tables, at once
        for row, column in (("gender", "year"), ("age_group", "gender"), ("origin_subregion", "gender")):
            answer = tables(play, "olga", row=row, column=column, country="TUN", **{"as": "csv"})
            assert answer.status_code == 200
            cells = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
            counts = [int(one["count"]) for one in cells if one["count"]]
            assert min(counts) >= LEAST
        # No nationality below the sub-region, no place below the admin1 level, no record
        page = tables(play, "olga", row="gender").text
        assert all(name in page for name in SUBREGIONS_AT_LEAST)
        for name in ("nationality", "interview_place", "age", "interview_id"):
            refused = tables(play, "olga", row=name, country="TUN")
            assert refused.status_code == 400
            assert "is not on offer here" in refused.text
        # What needs more than the agreement gives is refused in words, to each for their own reason
        nothing = "No tables of this dataset yet"
        assert nothing in tables(play, "wolf", row="gender").text
        assert nothing in tables(play, "late", row="gender").text
        assert tables(play, "east", row="gender", country="TUN").status_code == 400
    # The evidence: who, what, when: by the clock of the world in the log, by the reader's own on the page
    made = play.told("table.made")
    assert [one["actor"]["ref"] for one in made] == [play.people["olga"].ref] * 4
    assert all(one["data"]["sdc"]["where"]["country"] == ["TUN"] for one in made[:3])
    seconds = {one["ts_us"] // 1_000_000 for one in made}
    begun = int(FRIDAY_NIGHT.timestamp())
    assert begun <= min(seconds) <= max(seconds) < begun + 600
    assert "table.made" in play.get("dpo", "/log/download?type=table.made&sort=time").text


# ---- what the agreement leaves out ----
SHIPWRECK = "A boat with eighty people went down off Sfax this evening."
PURPOSE = "To send interpreters and protection staff who fit those on board."
WHY = "People are in danger and the tables name nobody."
LOCAL = "27 Nov 2026, 22:"


@pytest.fixture
def deputised(play):
    """The manager of the region is on leave, and the days of her deputy are in the log."""
    with play.app.app_context(), factories.given() as current:
        days = {"first_day": dt.date(2026, 11, 20), "last_day": dt.date(2026, 12, 24), "time_zone": "UTC"}
        moments = {
            name: dt.datetime.combine(days[day], dt.time(), clock.UTC)
            for name, day in (("starts_at", "first_day"), ("ends_at", "last_day"))
        }
        who = {"manager_id": play.people["wana"].id, "deputy_id": play.people["diane"].id}
        current.add(Deputyship(region="WANA", **who, **days, **moments))
    return play


def asks(play, who="omar", **more):
    fields = {"dataset": play.dataset_ref(), "countries": ["TUN"], "years": list(YEARS)}
    answer = play.post(who, "/emergencies/new", **fields | {"happened": SHIPWRECK, "needed_for": PURPOSE} | more)
    assert answer.status_code == 303, re.findall(r"field-error.*?</p>", answer.text, re.DOTALL)
    return answer.headers["Location"].rsplit("/", 1)[1]


def answers(play, who, ref, office, verb="agree", **more):
    fields = {"office": office, "verb": verb, "reason": WHY, "code": play.code(who), "lock": "1"}
    return play.post(who, f"/emergencies/{ref}/answer", **fields | more)


def the_emergency(play, ref):
    return play.look(Emergency, Emergency.ref == ref)[0]


def letters(play, who, template):
    mine = Letter.person_id == play.people[who].id
    return play.look(Letter, mine, Letter.template == template)


def verified(play):
    with play.app.app_context(), transaction():
        return verify(session()).status
