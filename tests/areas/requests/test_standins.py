"""Who decides in whose place: deputies for their days, replacements by the coordinator, silence that never approves."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import time_machine
from sqlalchemy import event, select

from portal import clock
from portal.actor import Role, system
from portal.auth.models import Grant, Person
from portal.catalogue import offices
from portal.db import db, session, transaction
from portal.requests import actions_silence
from portal.requests.models import Track
from portal.requests.models_duties import Assignment, Deputyship, Recusal
from tests import factories

KEEPER = system("keeper")
DHAKA = ZoneInfo("Asia/Dhaka")


@pytest.fixture
def office(world):
    """A second manager, a project manager of MMC and one of the asking organisation."""
    with world.app.app_context(), factories.given():
        mmc = session().get(Person, world.people["wana"].id).organisation
        partner = session().get(Person, world.people["anna"].id).organisation
        manager = {"roles": [Role.REGIONAL_MANAGER], "regions": ["WANA"]}
        world.people["wim"] = factories.a_person(organisation=mmc, name="Wim West", **manager)
        world.people["dan"] = factories.a_person(organisation=mmc, roles=[Role.PROJECT_MANAGER], name="Dan Deputy")
        world.people["sly"] = factories.a_person(organisation=partner, roles=[Role.PROJECT_MANAGER], name="Sly")
        world.people["stew"] = factories.a_person(organisation=mmc, roles=[Role.STEWARD], name="Stew")
    return world


def deputise(world, who="wana", deputy="dan", first=0, last=5, region="WANA", **more):
    world.forget_codes()
    today = clock.today()
    fields = {
        "deputy": world.people[deputy].ref,
        "region": region,
        "first_day": (today + dt.timedelta(days=first)).isoformat(),
        "last_day": (today + dt.timedelta(days=last)).isoformat(),
        "code": world.code(who),
    }
    return world.post(who, "/deputies", **fields | more)


def chase(world, at=None):
    with world.app.app_context(), transaction():
        return actions_silence.chase(KEEPER, at or clock.now())


def give(world, ref, region, to, who="coordinator", **more):
    world.forget_codes()
    track = world.tracks(ref)[region]
    fields = {"person": world.people[to].ref, "reason": "She is ill.", "code": world.code(who), "lock": track.lock}
    return world.post(who, f"/tracks/{track.ref}/reassign", **fields | more)


def step_aside(world, ref, region, who, **more):
    world.forget_codes()
    track = world.tracks(ref)[region]
    fields = {"reason": "I worked there.", "code": world.code(who), "lock": track.lock}
    return world.post(who, f"/tracks/{track.ref}/recuse", **fields | more)


# ---- deputies ----
def test_a_deputy_decides_with_the_own_code_and_it_says_for_whom(office):
    ref = office.sent()
    path = f"/tracks/{office.tracks(ref)['WANA'].ref}"
    assert office.get("dan", path).status_code == 404
    assert office.verdict("dan", ref, region="WANA").status_code == 404
    assert deputise(office).status_code == 303
    assert {one.address for one in office.letters("deputy_named")} == {office.people["dan"].email}
    assert "You decide for Wanda West, as their deputy." in office.get("dan", path).text
    assert "As deputy" in office.get("dan", "/inbox?show=deputy").text
    assert path in office.get("dan", "/inbox?show=deputy").text
    assert "Dan Deputy for Wanda West" in office.get("anna", f"/requests/{ref}").text
    office.forget_codes()
    assert office.verdict("dan", ref, region="WANA").status_code == 303
    (decision,) = office.decisions()
    assert (decision.capacity, decision.for_person_id) == ("deputy", office.people["wana"].id)
    assert "Dan Deputy for Wanda West" in office.get("wana", path).text
    assert "Dan Deputy for Wanda West" in office.get("wana", "/inbox?show=decided").text


@pytest.mark.parametrize(("days", "status"), [(-1, 404), (0, 303), (5, 303), (6, 404)])
def test_a_deputy_decides_from_the_first_to_the_last_day_of_the_managers_zone(office, days, status):
    zone = ZoneInfo("America/Bogota")
    with office.app.app_context(), factories.given():
        session().get(Person, office.people["wana"].id).time_zone = "America/Bogota"
    ref = office.sent()
    today = clock.now().astimezone(zone).date()
    first, last = (today + dt.timedelta(days=n) for n in (10, 15))
    assert deputise(office, first_day=first.isoformat(), last_day=last.isoformat()).status_code == 303
    hour = dt.time(0, 1) if days in {0, 6} else dt.time(23, 59)
    at = dt.datetime.combine(first + dt.timedelta(days=days), hour, zone)
    with time_machine.travel(at, tick=False):
        with office.app.app_context(), factories.given():
            token = factories.a_session(office.people["dan"])
        office.browser("dan").set_cookie("portal_session", token, domain="localhost")
        office.forget_codes()
        assert office.verdict("dan", ref, region="WANA").status_code == status


def test_a_deputyship_that_is_ended_early_decides_nothing(office):
    ref = office.sent()
    deputise(office)
    (row,) = office.look(Deputyship)
    assert office.post("dan", f"/deputies/{row.ref}/end", lock=1).status_code == 403
    assert office.post("wana", f"/deputies/{row.ref}/end", lock=1).status_code == 303
    assert office.post("wana", f"/deputies/{row.ref}/end", lock=1).status_code == 303
    assert len(office.events("deputy.revoked")) == 1
    assert office.verdict("dan", ref, region="WANA").status_code == 404
    assert "Ended early" in office.get("wana", "/deputies").text


@pytest.mark.parametrize("ended", ["role", "account", "deputys_role", "left_mmc"])
def test_a_deputyship_ends_with_the_role_it_rests_on(office, ended):
    ref = office.sent()
    deputise(office)
    with office.app.app_context(), factories.given():
        manager, deputy = (session().get(Person, office.people[name].id) for name in ("wana", "dan"))
        if ended == "account":
            manager.disabled_at = clock.now()
        elif ended == "left_mmc":
            deputy.organisation_id = office.people["carl"].organisation_id
        else:
            whose = manager if ended == "role" else deputy
            (grant,) = session().scalars(select(Grant).where(Grant.person_id == whose.id))
            grant.valid_to = clock.today() - dt.timedelta(days=1)
    assert office.verdict("dan", ref, region="WANA").status_code in {403, 404}
    assert office.tracks(ref)["WANA"].status == "open"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"deputy": "sly"}, "deputy"),
        ({"deputy": "stew"}, "deputy"),
        ({"deputy": "wana"}, "deputy"),
        ({"region": "ESA"}, "region"),
        ({"first": 5, "last": 1}, "last_day"),
        ({"first": -9, "last": -5}, "last_day"),
        ({"first": 0, "last": 900}, "last_day"),
        ({"code": "000000"}, "code"),
    ],
)
def test_a_deputy_who_does_not_suit_is_refused_by_the_field(office, more, field):
    answer = deputise(office, **more)
    assert answer.status_code == 400
    assert f'href="#f-{field}"' in answer.text
    assert office.look(Deputyship) == []


def test_the_summary_of_what_is_missing_says_where(office):
    page = deputise(office, last_day="", code="").text.partition("error-summary")[2].partition("</ul>")[0]
    assert "Last day: " in page
    assert "One-time code: " in page


def test_naming_twice_is_one_deputy_and_only_managers_name(office):
    first, second = deputise(office), deputise(office)
    assert (first.status_code, second.status_code) == (303, 303)
    assert len(office.look(Deputyship)) == 1
    assert deputise(office, who="coordinator", deputy="dan").status_code == 403
    assert deputise(office, who="dan", deputy="wim").status_code == 403


def test_the_deputy_of_a_manager_who_asks_is_none(office):
    """Ida manages the region for the organisation that asks: her deputy decides as little as she does."""
    ref = office.sent()
    assert deputise(office, who="inside", deputy="sly", region="ESA").status_code == 403
    with office.app.app_context(), factories.given():
        now = clock.now()
        days = {"first_day": clock.today(), "last_day": clock.today(), "time_zone": "UTC"}
        whose = {"manager_id": office.people["inside"].id, "deputy_id": office.people["sly"].id, "region": "ESA"}
        ends = now + dt.timedelta(days=1)
        session().add(Deputyship(**whose, **days, starts_at=now - dt.timedelta(days=1), ends_at=ends))
    assert office.verdict("sly", ref, region="ESA").status_code in {403, 404}


# ---- stepping aside and being replaced ----
def test_a_manager_steps_aside_and_the_coordinator_finds_another(office):
    ref = office.sent()
    deputise(office)
    assert step_aside(office, ref, "WANA", "wana", reason="").status_code == 400
    assert step_aside(office, ref, "WANA", "wana").status_code == 303
    assert office.tracks(ref)["WANA"].status == "recused"
    assert {one.address for one in office.letters("track_recused")} == {office.people["coordinator"].email}
    assert "the global 4Mi coordinator" in office.get("anna", "/requests").text
    # nobody decides meanwhile, and the request does not move on without it
    office.forget_codes()
    assert office.verdict("wana", ref).status_code == 403
    assert office.verdict("dan", ref, region="WANA").status_code in {403, 404}
    assert office.verdict("wim", ref, region="WANA").status_code == 409
    assert office.verdict("esa", ref).status_code == 303
    assert office.request(ref).state == "in_review:regions"
    # the coordinator chooses, never one who stepped aside or who is of the organisation that asks
    assert give(office, ref, "WANA", "wana").status_code == 400
    assert give(office, ref, "WANA", "sly").status_code == 400
    assert give(office, ref, "WANA", "esa", reason="").status_code == 400
    assert give(office, ref, "WANA", "esa").status_code == 303
    assert office.tracks(ref)["WANA"].status == "open"
    assert "chosen by" not in office.get("esa", "/inbox").text
    office.forget_codes()
    assert office.verdict("wana", ref).status_code == 403
    assert office.verdict("esa", ref, region="WANA").status_code == 303
    assert office.decisions()[-1].capacity == "assigned"
    assert "Esther East, chosen by the coordinator" in office.get("coordinator", "/inbox?show=decided").text
    assert office.request(ref).state == "in_review:dpo"


def test_a_double_click_steps_aside_and_gives_once(office):
    ref = office.sent()
    lock = office.tracks(ref)["WANA"].lock
    answers = [step_aside(office, ref, "WANA", "wana", lock=lock).status_code for _ in range(2)]
    assert answers == [303, 303]
    lock = office.tracks(ref)["WANA"].lock
    answers = [give(office, ref, "WANA", "wim", lock=lock).status_code for _ in range(2)]
    assert answers == [303, 303]
    assert [len(office.look(kind)) for kind in (Recusal, Assignment)] == [1, 1]
    assert len(office.events("track.recused")) == len(office.events("track.reassigned")) == 1


def test_a_track_that_is_not_silent_is_not_given_away(office):
    ref = office.sent()
    assert give(office, ref, "WANA", "esa").status_code == 403
    assert give(office, ref, "WANA", "esa", who="wim").status_code == 403


def test_the_one_who_was_chosen_loses_it_with_the_role_and_to_the_next(office):
    ref = office.sent()
    step_aside(office, ref, "WANA", "wana")
    give(office, ref, "WANA", "dan")
    with office.app.app_context(), factories.given():
        (grant,) = session().scalars(select(Grant).where(Grant.person_id == office.people["dan"].id))
        grant.valid_to = clock.today() - dt.timedelta(days=1)
    office.forget_codes()
    assert office.verdict("dan", ref, region="WANA").status_code == 403
    assert office.verdict("wim", ref, region="WANA").status_code == 303


def test_two_managers_at_once_and_the_second_sees_the_decision(office):
    ref = office.sent()
    assert office.verdict("wana", ref).status_code == 303
    answer = office.verdict("wim", ref, "decline", region="WANA")
    assert answer.status_code == 409
    assert "Wanda West" in answer.text, answer.text[answer.text.index("<h1") :][:900]
    assert "Approved" in answer.text
    assert len(office.decisions()) == 1
    assert ("authz.denied", "IllegalStep") in [one[:2] for one in office.events("authz.denied")]


# ---- silence ----
MOVED = b"""region,country_iso3,time_zone,valid_from,valid_to
WANA,BGD,Asia/Dhaka,2018-02-01,
unassigned,CHE,Europe/Zurich,2018-02-01,
"""


@pytest.fixture
def silent(office, monkeypatch):
    """A request whose one open track has its office in Dhaka, and was opened there on a Wednesday morning."""
    ref = office.sent()
    table = offices.parse(MOVED)
    monkeypatch.setattr(offices, "reference", lambda: table)
    with office.app.app_context(), factories.given():
        for track in session().scalars(select(Track)):
            track.opened_at = dt.datetime(2026, 11, 18, 9, 0, tzinfo=DHAKA)
            track.status = "open" if track.region == "WANA" else "declined"
        session().get(Person, office.people["wim"].id).disabled_at = clock.now()
    return ref


def in_dhaka(day, hour=9, minute=0):
    return dt.datetime(2026, 11, day, hour, minute, tzinfo=DHAKA)


def test_three_and_five_working_days_across_a_friday_and_a_saturday(office, silent):
    deputise(office, region="WANA", last=30)
    with office.app.app_context(), factories.given():  # the deputy's days began before the silence ended
        (row,) = session().scalars(select(Deputyship))
        row.starts_at, row.ends_at = in_dhaka(1), in_dhaka(30)
    asia = office.tracks(silent)["WANA"]
    with time_machine.travel(in_dhaka(23, 8, 59), tick=False):
        assert chase(office) == 0
    with time_machine.travel(in_dhaka(23), tick=False):  # Thursday, then Sunday and Monday
        assert [chase(office), chase(office)] == [1, 0]
        addressed = {one.address for one in office.letters("track_silent")}
        assert addressed == {office.people["wana"].email, office.people["dan"].email}
    with time_machine.travel(in_dhaka(25, 8, 59), tick=False):
        assert chase(office) == 0
    with time_machine.travel(in_dhaka(25), tick=False):
        assert [chase(office), chase(office)] == [1, 0]
        assert {one.address for one in office.letters("track_escalated")} == {office.people["coordinator"].email}
        assert chase(office, in_dhaka(30)) == 0
    after = office.tracks(silent)["WANA"]
    assert (after.status, after.reminded_at, after.escalated_at) == ("open", in_dhaka(23), in_dhaka(25))
    assert after.lock == asia.lock + 2
    assert [len(office.events(name)) for name in ("track.reminded", "track.escalated")] == [1, 1]
    page = office.get("anna", f"/requests/{silent}").text
    assert "With the coordinator since" in page
    assert f"/tracks/{asia.ref}" in office.get("coordinator", "/inbox?show=late").text
    # silence never approves: it is still its own manager's to decide, and the coordinator's to give away
    assert office.request(silent).state == "in_review:regions"
    assert office.verdict("coordinator", silent, region="WANA").status_code == 403
    assert give(office, silent, "WANA", "esa").status_code == 303
    office.forget_codes()
    assert office.verdict("wana", silent, region="WANA").status_code == 303
    assert office.verdict("esa", silent, region="WANA").status_code == 409


def test_two_keepers_remind_once(office, silent):
    """The second one read the track before the first one wrote: its guarded step finds it changed."""
    from portal.errors import Stale

    with office.app.app_context():
        with transaction() as current:
            stale = current.scalars(select(Track).where(Track.region == "WANA")).one()
            current.expunge(stale)
        with transaction():
            assert actions_silence.chase(KEEPER, in_dhaka(23)) == 1
        with pytest.raises(Stale), transaction() as current:
            current.add(stale)
            actions_silence._chase(KEEPER, stale, in_dhaka(23))
    assert len(office.letters("track_silent")) == 1
    assert len(office.events("track.reminded")) == 1


def test_a_question_that_is_answered_begins_anew(office):
    ref = office.sent()
    with office.app.app_context(), factories.given():
        for track in session().scalars(select(Track)):
            track.opened_at = clock.now() - dt.timedelta(days=30)
    assert chase(office) == 4
    office.verdict("wana", ref, "ask")
    assert chase(office) == 0
    office.post("anna", f"/requests/{ref}/answer", lock=office.lock(ref), reply="Because.")
    track = office.tracks(ref)["WANA"]
    assert (track.status, track.reminded_at, track.escalated_at) == ("open", None, None)
    assert chase(office) == 0


# ---- the inbox ----
def test_the_inbox_asks_as_often_for_many_rows_as_for_one(office):
    def asked():
        statements = []
        with office.app.app_context():
            engine = db.engine
        event.listen(engine, "before_cursor_execute", note := lambda *args: statements.append(args[2]))
        assert office.get("wana", "/inbox").status_code == 200
        event.remove(engine, "before_cursor_execute", note)
        return len(statements)

    office.sent(variables=("drivers",))
    asked()
    one = asked()
    for _ in range(4):
        office.sent(variables=("drivers",))
    assert asked() == one


@pytest.mark.parametrize("show", ["", "mine", "deputy", "late", "decided", "nothing-like-it"])
def test_every_view_of_the_inbox_answers_when_empty_and_as_csv(office, show):
    for _ in range(2):
        page = office.get("wana", f"/inbox?show={show}&sort=risk&descending=1")
        assert page.status_code == 200
        assert office.get("wana", f"/inbox?show={show}&as=csv").text.startswith("\ufeffrequest,region")
        office.sent()


# ---- every step from every state by everybody ----
@pytest.mark.long
@pytest.mark.parametrize(
    "status", ["open", "recused", "approved", "approved_in_part", "declined", "changes_requested", "closed"]
)
def test_no_step_from_any_state_by_anybody_is_a_fault(office, status):
    ref = office.sent()
    with office.app.app_context(), factories.given():
        session().scalars(select(Track).where(Track.region == "WANA")).one().status = status
    for who in ("wana", "wim", "esa", "dan", "coordinator", "dpo", "inside", "anna", "stew"):
        for verb in ("approve", "ask"):
            before = office.tracks(ref)["WANA"]
            answers = [
                office.verdict(who, ref, verb, region="WANA", code="000000"),
                step_aside(office, ref, "WANA", who, code="000000"),
                give(office, ref, "WANA", "esa", who=who, code="000000"),
            ]
            assert {one.status_code for one in answers} <= {400, 403, 404, 409}, (who, status)
            assert office.tracks(ref)["WANA"].lock == before.lock
