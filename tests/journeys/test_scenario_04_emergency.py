"""Scenario 4. A shipwreck off Sfax on a Friday night: OCHA asks whom 4Mi spoke with there."""

import csv
import datetime as dt
import io
import re
from zoneinfo import ZoneInfo

import pytest
import time_machine

from portal.actor import Role
from portal.emergencies.models import Emergency
from portal.letters.models import Letter
from tests import snapshots
from tests.journeys.play import Play, round_of

BEGINS = "nothing"  # the round is Tunisia and Libya in the two latest years

pytestmark = pytest.mark.long  # it publishes a round of its own
FRIDAY_NIGHT = dt.datetime(2026, 11, 27, 22, 0, tzinfo=ZoneInfo("Africa/Tunis"))
YEARS = ("2024", "2025")
LEAST = 10
SUBREGIONS_AT_LEAST = {"origin_region", "origin_subregion"}


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
FORTNIGHT = dt.timedelta(days=14)
MINUTE = dt.timedelta(minutes=1)
DUE = dt.datetime(2026, 12, 4, 22, 0, tzinfo=ZoneInfo("Africa/Tunis"))  # five working days later, in Geneva and Tunis


@pytest.fixture
def deputised(play):
    """The manager of the region goes on leave: she names her deputy on the page, and that is in the log."""
    days = {"first_day": "2026-11-24", "last_day": "2026-12-24"}
    who = {"deputy": play.people["diane"].ref, "region": "WANA", "code": play.code("wana")}
    assert play.post("wana", "/deputies", **who | days).status_code == 303
    return play


def asks(play, who="omar", **more):
    fields = {"dataset": play.dataset_ref(), "countries": ["TUN"], "years": list(YEARS)}
    answer = play.post(who, "/emergencies/new", **fields | {"happened": SHIPWRECK, "needed_for": PURPOSE} | more)
    assert answer.status_code == 303, re.findall(r"field-error.*?</p>", answer.text, re.DOTALL)
    return answer.headers["Location"].rsplit("/", 1)[1]


def answers(play, who, ref, office, verb="agree"):
    fields = {"office": office, "verb": verb, "reason": WHY, "code": play.code(who), "lock": "1"}
    answer = play.post(who, f"/emergencies/{ref}/answer", **fields)
    assert answer.status_code == 303, re.findall(r"field-error.*?</p>", answer.text, re.DOTALL)


def granted(play):
    ref = asks(play)
    answers(play, "diane", ref, "WANA")
    answers(play, "henri", ref, "head")
    return ref


def the_emergency(play, ref):
    return play.look(Emergency, Emergency.ref == ref)[0]


def letters(play, who, template):
    return play.look(Letter, Letter.person_id == play.people[who].id, Letter.template == template)


def test_a_deputy_and_the_head_agree_at_night_and_the_tables_are_there(deputised):
    play = deputised
    with play.on(FRIDAY_NIGHT):
        # Given an agreement that leaves out the region: no table of Tunisia, and the page says where to turn
        refused = tables(play, "omar", row="gender", country="TUN")
        assert refused.status_code == 400
        assert f"/emergencies/new?dataset={play.dataset_ref()}" in refused.text
        # When OCHA asks: the form offers the table file's countries, and the latest two years are ticked
        form = play.get("omar", f"/emergencies/new?dataset={play.dataset_ref()}").text
        assert set(re.findall(r'name="countries" value="(\w+)"', form)) == {"TUN", "LBY"}
        assert set(re.findall(r'name="years" value="(\d+)" checked', form)) == set(YEARS)
        assert "groups of ten could not be kept" in form
        ref = asks(play)
        # Then who has to answer is told at once, and so is the officer, who is not waited for
        for who in ("wana", "diane", "henri"):
            assert len(letters(play, who, "emergency_asked")) == 1
        assert len(letters(play, "dpo", "emergency_told")) == 1
        assert letters(play, "dpo", "emergency_asked") == []
        # The deputy finds it in her inbox, reads why, and agrees; that alone gives nothing
        assert f"/emergencies/{ref}" in play.get("diane", "/inbox").text
        assert SHIPWRECK in play.get("diane", f"/emergencies/{ref}").text
        answers(play, "diane", ref, "WANA")
        assert the_emergency(play, ref).status == "asked"
        assert tables(play, "omar", row="gender", country="TUN", under=ref).status_code == 404
        # The head agrees too
        answers(play, "henri", ref, "head")
        row = the_emergency(play, ref)
        assert (row.status, row.ends_at - row.granted_at) == ("granted", FORTNIGHT)
        # The tables are there the same night, of what was granted and nothing else
        for line, column in (("gender", "year"), ("age_group", "gender"), ("origin_subregion", "gender")):
            answer = tables(play, "omar", row=line, column=column, under=ref, **{"as": "csv"})
            assert answer.status_code == 200
            cells = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
            assert min(int(one["count"]) for one in cells if one["count"]) >= LEAST
        page = tables(play, "omar", row="gender", under=ref).text
        assert f"By emergency {row.number}" in page
        assert "groups of ten could not be kept" in page
        assert tables(play, "omar", row="gender", country="LBY", under=ref).status_code == 400
        for name in ("nationality", "interview_place"):
            assert tables(play, "omar", row=name, under=ref).status_code == 400
        # Nobody else of the world may use it, not even OCHA's other people
        assert tables(play, "olga", row="gender", under=ref).status_code == 404
        # The page gives both clocks, and both people
        page = play.get("omar", f"/emergencies/{ref}").text
        assert "27 Nov 2026, 22:00 (Africa/Tunis) · 27 Nov 2026, 21:00 UTC" in page
        assert "Diane Deputy for" in page
        assert "Henri Head" in page
    # The evidence in the log: two people, the reason, and both clocks
    made = play.told("table.made")
    assert [one["purpose"]["emergency"] for one in made] == [ref] * 4
    assert all(one["data"]["sdc"]["where"] == {"country": ["TUN"], "year": list(YEARS)} for one in made)
    agreed = play.told("emergency.agreed")
    assert [one["actor"]["ref"] for one in agreed] == [play.people[who].ref for who in ("diane", "henri")]
    (asked,) = play.told("emergency.asked")
    told = {name: new for name, (_, new) in asked["change"].items()} if isinstance(asked["change"], dict) else asked
    assert told["utc"] == "2026-11-27T21:00:00+00:00"
    assert told["local"] == "2026-11-27T22:00:00+01:00"
    assert SHIPWRECK not in str(play.told())
    timeline = play.get("dpo", f"/log/emergency/{ref}").text
    assert timeline.count("Table made") == len(made)
    assert the_emergency(play, ref).number in timeline
    assert SHIPWRECK in play.get("dpo", f"/log/events/{asked['id']}").text


@pytest.mark.parametrize("alone", ["region", "head"])
def test_with_one_answer_only_nothing_is_given_and_it_lapses(deputised, alone):
    play = deputised
    with play.on(FRIDAY_NIGHT):
        ref = asks(play)
        answers(play, *{"region": ("diane", ref, "WANA"), "head": ("henri", ref, "head")}[alone])
    with play.on(FRIDAY_NIGHT + dt.timedelta(hours=24, minutes=10)):
        play.keeper_comes("ends")
        play.keeper_comes("ends")
        for who in ("henri", "dpo"):
            assert len(letters(play, who, "emergency_silent")) == 1
        assert tables(play, "omar", row="gender", under=ref).status_code == 404
    # Three days are over, and no keeper comes: the answer that was missing comes too late
    late = {"region": ("henri", "head"), "head": ("diane", "WANA")}[alone]
    with play.on(FRIDAY_NIGHT + dt.timedelta(hours=72, minutes=10)):
        who, office = late
        fields = {"office": office, "verb": "agree", "reason": WHY, "code": play.code(who), "lock": "1"}
        assert play.post(who, f"/emergencies/{ref}/answer", **fields).status_code == 409
        assert tables(play, "omar", row="gender", under=ref).status_code == 404
        assert "Lapsed" in play.get("omar", f"/emergencies/{ref}").text
        play.keeper_comes("ends")
        assert the_emergency(play, ref).status == "lapsed"
        assert len(letters(play, "omar", "emergency_settled")) == 1
    assert play.told("table.made", "emergency.granted") == []


def test_one_no_is_enough_and_the_requester_reads_why(deputised):
    play = deputised
    with play.on(FRIDAY_NIGHT):
        ref = asks(play)
        answers(play, "diane", ref, "WANA")
        answers(play, "henri", ref, "head", "refuse")
        assert the_emergency(play, ref).status == "refused"
        assert WHY in play.get("omar", f"/emergencies/{ref}").text
        assert tables(play, "omar", row="gender", under=ref).status_code == 404


def test_after_fourteen_days_it_is_over_without_anybody_ending_it(deputised):
    play = deputised
    with play.on(FRIDAY_NIGHT):
        ref = granted(play)
    with play.on(FRIDAY_NIGHT + FORTNIGHT - MINUTE):
        assert tables(play, "omar", row="gender", under=ref).status_code == 200
    with play.on(FRIDAY_NIGHT + FORTNIGHT + MINUTE):
        assert the_emergency(play, ref).status == "granted"
        assert tables(play, "omar", row="gender", under=ref).status_code == 404
        assert "Over" in play.get("omar", f"/emergencies/{ref}").text
        play.keeper_comes("ends")
        assert the_emergency(play, ref).status == "over"


def test_the_officer_reviews_within_five_working_days_or_is_reminded(deputised):
    play = deputised
    with play.on(FRIDAY_NIGHT):
        ref = granted(play)
        assert abs(the_emergency(play, ref).review_due_at - DUE) < MINUTE
        assert len(letters(play, "dpo", "emergency_told")) == 2
        # It stands on the officer's and the head's pages from the first moment
        for who in ("dpo", "henri"):
            assert "Emergencies to be reviewed" in play.get(who, "/inbox").text
    with play.on(DUE + MINUTE):
        play.keeper_comes("ends")
        play.keeper_comes("ends")
        for who in ("dpo", "henri"):
            assert len(letters(play, who, "emergency_review")) == 1
            assert "Overdue since" in play.get(who, "/inbox").text
        fields = {"verb": "review", "note": WHY, "code": play.code("dpo"), "lock": str(the_emergency(play, ref).lock)}
        assert play.post("dpo", f"/emergencies/{ref}/review", **fields).status_code == 303
        assert "Emergencies to be reviewed" not in play.get("dpo", "/inbox").text
        # In order: the tables go on
        assert tables(play, "omar", row="gender", under=ref).status_code == 200
        # And whatever was found before, a stop ends access at that moment
        fields |= {"verb": "stop", "code": play.code("dpo", 1), "lock": str(the_emergency(play, ref).lock)}
        assert play.post("dpo", f"/emergencies/{ref}/review", **fields).status_code == 303
        assert tables(play, "omar", row="gender", under=ref).status_code == 404
        assert WHY in play.get("omar", f"/emergencies/{ref}").text
