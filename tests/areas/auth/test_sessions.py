"""What ends a session, to the second; and what a session says about who is there."""

import datetime as dt

import pytest
import time_machine
from sqlalchemy import select

from portal import ports
from portal.actor import ANONYMOUS, Role
from portal.auth import actions, actions_people
from portal.auth.models import Grant, Organisation, Person, SignIn
from portal.db import session, transaction
from tests import factories
from tests.areas.auth.pages import cookie, events, is_in, send, sign_in

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def at_noon():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def amina(at_noon, app):
    with app.app_context(), factories.given():
        return factories.a_person(roles=[Role.ADMINISTRATOR])


def _person(app, person, **values):
    with app.app_context(), factories.given():
        row = session().get(Person, person.id)
        for name, value in values.items():
            setattr(row, name, value)


@pytest.mark.parametrize(
    ("idle", "alive"), [(dt.timedelta(minutes=30) - SECOND, True), (dt.timedelta(minutes=30), False)]
)
def test_thirty_idle_minutes_end_a_session(app, as_person, amina, at_noon, idle, alive):
    browser = as_person(amina)
    at_noon.shift(idle)
    assert is_in(browser) is alive


def test_a_page_every_half_hour_less_a_minute_keeps_a_session_until_twelve_hours(app, as_person, amina, at_noon):
    browser = as_person(amina)
    while dt.datetime.now(dt.UTC) < NOON + dt.timedelta(hours=11, minutes=31):
        at_noon.shift(dt.timedelta(minutes=29))
        assert is_in(browser)
    at_noon.move_to(NOON + dt.timedelta(hours=12) - SECOND)
    assert is_in(browser)
    at_noon.move_to(NOON + dt.timedelta(hours=12))
    assert not is_in(browser)


def test_use_is_written_down_at_most_once_a_minute(app, as_person, amina, at_noon):
    browser = as_person(amina)

    def seen():
        with app.app_context(), transaction():
            return session().scalar(select(SignIn.seen_at))

    at_noon.shift(59 * SECOND)
    assert is_in(browser)
    assert seen() == NOON
    at_noon.shift(SECOND)
    assert is_in(browser)
    assert seen() == NOON + dt.timedelta(minutes=1)


def test_signing_out_ends_the_session_in_the_database(app, as_person, amina):
    browser = as_person(amina)
    token = cookie(browser)
    answer = send(browser, "/sign-out")
    assert answer.status_code == 303
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert cookie(browser) == ""
    browser.set_cookie("portal_session", token, domain="localhost")
    assert not is_in(browser)
    assert len(events(app, "auth.logout")) == 1


def test_signing_out_twice_or_without_a_session_is_no_accident(app, client):
    assert send(client, "/sign-out").status_code == 303
    assert send(client, "/sign-out").status_code == 303
    assert events(app, "auth.logout") == []


def test_a_get_does_not_sign_out(as_person, amina):
    browser = as_person(amina)
    assert browser.get("/sign-out").status_code == 405
    assert is_in(browser)


@pytest.mark.parametrize(
    "values",
    [{"disabled_at": NOON}, {"credentials_changed_at": NOON + SECOND}],
    ids=["disabled", "credentials changed"],
)
def test_what_happens_to_the_person_ends_the_session_at_the_next_request(app, as_person, amina, values):
    browser = as_person(amina)
    assert is_in(browser)
    _person(app, amina, **values)
    assert not is_in(browser)


def test_an_inactive_organisation_ends_the_sessions_of_its_people(app, as_person, amina):
    browser = as_person(amina)
    with app.app_context(), transaction():
        organisation = session().get(Organisation, amina.organisation_id)
        actions_people.set_organisation_active(factories.system("setup"), organisation, active=False)
    assert not is_in(browser)


@pytest.mark.parametrize("stage", ["factor", "", "FULL"])
def test_only_a_full_session_is_somebody(as_person, amina, stage):
    assert not is_in(as_person(amina, stage=stage))


def test_a_token_nobody_was_given_is_nobody(context):
    with transaction():
        for token in ("", "x", "x" * 5000, "Tëst", "' OR 1=1 --"):
            assert ports.house.sessions(token) == ANONYMOUS


def test_the_actor_holds_the_grants_of_today(context, at_noon):
    with factories.given():
        person = factories.a_person(roles=[Role.REGIONAL_MANAGER], regions=["ESA", "WANA"], language="fr")
        token = factories.a_session(person)
        today = NOON.date()
        for role, start, end in (
            (Role.STEWARD, today, today),
            (Role.DPO, today + dt.timedelta(days=1), None),
            (Role.HEAD, dt.date(2018, 1, 1), today - dt.timedelta(days=1)),
        ):
            session().add(Grant(person_id=person.id, role=role, region="", valid_from=start, valid_to=end))
    with transaction():
        actor = ports.house.sessions(token)
    assert actor.roles == {Role.REGIONAL_MANAGER, Role.STEWARD}
    assert actor.regions == {"ESA", "WANA"}
    assert (actor.id, actor.ref, actor.language, actor.authentication) == (person.id, person.ref, "fr", ("pwd", "otp"))
    assert actor.organisation_ref
    assert actor.session_ref


def test_a_role_taken_away_is_gone_at_the_next_request(app, as_person, amina):
    browser = as_person(amina)
    assert browser.get("/people/").status_code == 200
    with app.app_context(), factories.given():
        session().scalar(select(Grant).where(Grant.person_id == amina.id)).valid_to = NOON.date() - dt.timedelta(days=1)
    assert browser.get("/people/").status_code == 403


def test_people_see_and_end_their_own_sessions_one_by_one(app, as_person, amina):
    here, there = as_person(amina), as_person(amina)
    with app.app_context(), transaction():
        refs = list(session().scalars(select(SignIn.ref).order_by(SignIn.id)))
    assert f"/profile/sessions/{refs[1]}/end" in here.get("/profile").text
    assert f"/profile/sessions/{refs[0]}/end" not in here.get("/profile").text  # this browser signs out instead
    assert send(here, f"/profile/sessions/{refs[1]}/end").status_code == 303
    assert is_in(here)
    assert not is_in(there)
    assert send(here, f"/profile/sessions/{refs[1]}/end").status_code == 409
    assert [event[3] for event in events(app, "auth.session.revoked")] == [refs[1]]


def test_people_end_all_their_other_sessions(app, as_person, amina):
    here, *elsewhere = (as_person(amina) for _ in range(3))
    assert send(here, "/profile/sessions/end-others").status_code == 303
    assert is_in(here)
    assert [is_in(browser) for browser in elsewhere] == [False, False]


def test_nobody_ends_a_strangers_session(app, as_person):
    with app.app_context(), factories.given():
        mine, theirs = factories.a_person(), factories.a_person()
    me, them = as_person(mine), as_person(theirs)
    with app.app_context(), transaction():
        ref = session().scalar(select(SignIn.ref).where(SignIn.person_id == theirs.id))
    answer, missing = send(me, f"/profile/sessions/{ref}/end"), send(me, f"/profile/sessions/{'0' * 32}/end")
    assert answer.status_code == missing.status_code == 404
    assert is_in(them)


def test_the_keeper_writes_down_what_ended_by_itself(app, amina, as_person, at_noon):
    browser = as_person(amina)
    at_noon.shift(dt.timedelta(minutes=31))
    fresh = as_person(amina)
    with app.app_context():
        with transaction():
            assert actions.mark_lapsed() == 1
        with transaction():
            assert actions.mark_lapsed() == 0
    assert not is_in(browser)
    assert is_in(fresh)
    assert len(events(app, "auth.session.expired")) == 1


def test_two_steps_leave_one_open_session(app, client):
    with app.app_context(), factories.given():
        person = factories.a_person()
    sign_in(app, client, person)
    with app.app_context(), transaction():
        assert [row.stage for row in session().scalars(select(SignIn).where(SignIn.ended_at.is_(None)))] == ["full"]


def test_flask_login_knows_who_the_house_knows(app, as_person, amina):
    from flask_login import current_user

    with app.test_request_context("/"):
        assert not current_user.is_authenticated
    token = cookie(as_person(amina))
    with app.test_request_context("/", headers={"Cookie": f"portal_session={token}"}):
        with transaction():
            from portal.web import guard

            actor = guard.identify()
        assert current_user.is_authenticated
        assert current_user.actor == actor
        assert current_user.get_id() == actor.session_ref


def test_a_remember_me_cookie_opens_nothing(app, client, amina):
    from flask_login.utils import encode_cookie

    with app.app_context():
        forged = encode_cookie(str(amina.id))
    client.set_cookie("remember_token", forged, domain="localhost")
    assert not is_in(client)
