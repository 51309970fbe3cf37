"""Suspended, resumed, ended, renewed, begun: by the right people, at the right moment of the agreement's own day."""

import datetime as dt

import pytest
import time_machine

from portal import clock, keeper
from portal.actor import system
from portal.agreements import actions, actions_clock, queries
from portal.agreements.models import Agreement
from portal.agreements.models_signing import Move
from portal.db import session, transaction
from tests.areas.agreements.way import TERMS, WHY

KEEPER = system("keeper")


def tick(way):
    with way.app.app_context(), transaction():
        ended = actions.expire_due(KEEPER, clock.now())
    with way.app.app_context(), transaction():
        begun = actions_clock.begin_due(KEEPER)
    with way.app.app_context(), transaction():
        warned = actions_clock.warn(KEEPER)
    return ended, begun, warned


def test_one_suspends_and_another_resumes(way):
    ref = way.go(way.signed(), "dana suspend")
    assert way.row(ref).state == "suspended"
    assert WHY in way.get("anna", f"/agreements/{ref}").text
    assert way.step(ref, "dana", "resume").status_code == 403
    assert way.row(ref).state == "suspended"
    way.go(ref, "hedda resume")
    assert way.row(ref).state == "active"
    assert set(way.addresses("fay", "sven", "dana", "hedda")) <= set(way.letters("agreement_stopped"))


@pytest.mark.parametrize("verb", ["suspend", "terminate", "notice"])
def test_stopping_needs_a_reason_and_a_code_and_keeps_what_was_typed(way, verb):
    ref = way.signed()
    for missing in ({"reason": ""}, {"code": "000000"}):
        answer = way.step(ref, "dana", verb, **missing)
        assert answer.status_code == 400
        assert way.row(ref).state == "active"
    assert WHY in answer.text


def test_the_second_of_two_clicks_shows_what_the_first_did(way):
    ref = way.signed()
    sent = {"lock": way.row(ref).lock, "verb": "suspend", "reason": WHY, "code": way.code("dana")}
    assert [way.post("dana", f"/agreements/{ref}/stop", **sent).status_code for _ in range(2)] == [303, 303]
    assert way.verbs(ref).count("suspend") == 1
    # somebody else with as old a page is told that it is old
    assert way.post("hedda", f"/agreements/{ref}/stop", **sent | {"code": way.code("hedda")}).status_code == 409


def test_a_notice_names_the_day_and_the_clock_ends_it_where_the_agreement_is_at_home(way):
    ref = way.signed(time_zone="Africa/Nairobi")
    way.go(ref, "fay notice")  # the partner's own
    row = way.row(ref)
    assert (row.state, row.last_day) == ("active", clock.today("Africa/Nairobi") + dt.timedelta(days=20))
    last = f"{row.last_day.day} {row.last_day:%B %Y}"
    for page in (f"/agreements/{ref}", f"/agreements/{ref}/terms"):
        assert last in way.get("anna", page).text
    midnight = clock.day_end(row.last_day, "Africa/Nairobi")
    with time_machine.travel(midnight - dt.timedelta(seconds=1), tick=False):
        assert tick(way)[0] == 0
    with time_machine.travel(midnight, tick=False):
        assert tick(way)[0] == 1
    assert way.row(ref).state == "ended:terminated"


@pytest.mark.parametrize("days", [-1, 366, 5000])
def test_a_notice_names_a_day_from_today_to_before_the_end(way, days):
    ref = way.signed()
    day = (clock.today("Europe/Copenhagen") + dt.timedelta(days=days)).isoformat()
    assert way.step(ref, "dana", "notice", last_day=day).status_code == 400
    assert way.row(ref).terminated_on is None


def test_what_is_terminated_ends_at_once_and_is_closed_by_the_officer(way):
    ref = way.go(way.signed(), "hedda terminate")
    assert way.row(ref).state == "ended:terminated"
    way.go(ref, "dana close")
    assert way.row(ref).state == "ended:closed"
    assert way.step(ref, "dana", "close").status_code == 409


@pytest.mark.parametrize("zone", ["Africa/Nairobi", "Europe/Copenhagen"])
def test_what_is_signed_before_its_first_day_begins_at_its_first_moment(way, zone):
    first = clock.today(zone) + dt.timedelta(days=10)
    ref = way.signed(time_zone=zone, starts_on=first.isoformat())
    assert way.row(ref).state == "signing:begin"
    assert "Signed. It takes effect on its first day." in way.get("cora", f"/agreements/{ref}").text
    midnight = clock.day_start(first, zone)
    with time_machine.travel(midnight - dt.timedelta(seconds=1), tick=False):
        assert tick(way)[1] == 0
    with time_machine.travel(midnight, tick=False):
        assert tick(way)[1] == 1
    assert way.row(ref).state == "active"
    assert way.letters("agreement_active")


def test_a_renewal_is_filled_in_and_takes_the_place_of_the_earlier_when_it_begins(way):
    ref = way.signed()
    answer = way.step(ref, "cora", "renew")
    later = answer.headers["Location"].rsplit("/", 1)[1]
    assert way.step(ref, "cleo", "renew").headers["Location"].endswith(later)  # one unfinished version at a time
    old, new = way.row(ref), way.row(later)
    assert (new.number, new.revision, new.state) == (old.number, 2, "draft")
    assert (new.text_en, new.purposes, new.mmc_signatory_id) == (TERMS, old.purposes, old.mmc_signatory_id)
    assert new.starts_on == old.ends_on + dt.timedelta(days=1)
    assert way.row(ref).state == "active"
    changed = way.get("cora", f"/agreements/{later}/changes").text
    assert "First day" in changed
    assert "Purposes" not in changed
    way.set(later, starts_on=clock.today())
    way.go(later, "cora share", "fay accept", "dana record", "hedda sign", "sven sign")
    assert (way.row(ref).state, way.row(later).state) == ("ended:superseded", "active")
    assert way.look(Move, Move.verb == "supersede")[0].person_id is None


def test_an_agreement_that_is_over_is_renewed_too_and_stays_over(way):
    ref = way.go(way.signed(), "hedda terminate")
    later = way.step(ref, "cora", "renew").headers["Location"].rsplit("/", 1)[1]
    assert way.row(later).starts_on == clock.today("Europe/Copenhagen")
    assert way.row(ref).state == "ended:terminated"
    assert way.step(later, "cora", "renew").headers["Location"].endswith(later)


def test_a_draft_is_no_agreement_to_renew(way):
    ref = way.go(way.draft(), "cora drop")
    assert way.step(ref, "cora", "renew").status_code == 400


def test_both_sides_are_warned_ninety_thirty_and_seven_days_before_the_end_each_once(way):
    ref = way.signed()
    last = way.row(ref).ends_on
    for days, letters in ((91, 0), (90, 1), (89, 1), (31, 1), (30, 2), (29, 2), (7, 3), (6, 3), (0, 3)):
        noon = dt.datetime.combine(last - dt.timedelta(days=days), dt.time(12), dt.UTC)
        with time_machine.travel(noon, tick=False):
            tick(way)
            tick(way)
        assert way.letters("agreement_ends") == sorted(
            way.addresses("cora", "cleo", "dana", "dino", "hedda", "fay", "sven") * letters
        )


def test_the_keeper_begins_warns_and_ends(way):
    first = clock.today("Europe/Copenhagen") + dt.timedelta(days=2)
    ref = way.signed(starts_on=first.isoformat(), ends_on=(first + dt.timedelta(days=3)).isoformat())
    with time_machine.travel(clock.day_start(first, "Europe/Copenhagen"), tick=False), way.app.app_context():
        keeper._end_what_is_over()
    assert way.row(ref).state == "active"
    assert way.row(ref).warned_days == 7
    over = clock.day_end(way.row(ref).ends_on, "Europe/Copenhagen")
    with time_machine.travel(over, tick=False), way.app.app_context():
        keeper._end_what_is_over()
    assert way.row(ref).state == "ended:expired"


def test_a_suspended_agreement_allows_nothing_from_that_moment(way):
    ref = way.signed()
    for verb, who, runs in (("suspend", "dana", False), ("resume", "hedda", True)):
        way.go(ref, f"{who} {verb}")
        with way.app.app_context(), transaction():
            agreement = session().query(Agreement).filter_by(ref=ref).one()
            found = {one.clause: one.holds for one in queries.check(agreement, queries.terms.Ask())}
            assert found["status"] is runs
            assert bool(queries.active_for(agreement.organisation_id)) is runs


def test_what_is_no_longer_what_was_signed_does_not_begin_and_holds_nothing_up(way):
    first = clock.today("Europe/Copenhagen") + dt.timedelta(days=2)
    changed, whole = way.signed(starts_on=first.isoformat()), way.signed(starts_on=first.isoformat())
    way.set(changed, most_sensitive=4)
    with time_machine.travel(clock.day_start(first, "Europe/Copenhagen"), tick=False):
        assert tick(way)[1] == 1
    assert (way.row(changed).state, way.row(whole).state) == ("signing:begin", "active")
