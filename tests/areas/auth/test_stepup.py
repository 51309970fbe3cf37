"""A code once more: by the clock, for whoever has codes; the password of whoever has none; and back to where one was."""

import datetime as dt

import pytest
import time_machine

from portal import clock
from portal.auth import queries, stepup
from portal.auth.models import Person, SignIn
from portal.db import session, transaction
from tests import factories
from tests.areas.auth.links import Office
from tests.areas.auth.pages import events, send, sign_in


@pytest.fixture
def office(app, as_person):
    return Office(app, as_person)


def fresh(app, person):
    with app.app_context(), transaction():
        found = session().get(Person, person.id)
        (sign_in_row,) = queries.open_sessions(found.id)
        return stepup.fresh(queries.actor_of(found, sign_in_row))


def test_signing_in_is_fresh_for_ten_minutes_by_the_clock(app, office):
    with time_machine.travel(clock.now() + dt.timedelta(days=1), tick=False) as now:
        sign_in(app, app.test_client(), office.people["steward"])
        assert fresh(app, office.people["steward"])
        now.shift(dt.timedelta(minutes=9, seconds=59))
        assert fresh(app, office.people["steward"])
        now.shift(dt.timedelta(seconds=1))
        assert not fresh(app, office.people["steward"])


def test_nobody_and_who_never_proved_anything_are_not_fresh(app, office):
    with app.app_context():
        with factories.given():
            factories.a_session(office.people["steward"])
        (row,) = office_sessions(office.people["steward"])
        with factories.given():
            session().get(SignIn, row.id).proved_at = None
    assert not fresh(app, office.people["steward"])
    with app.app_context(), transaction():
        assert not stepup.fresh(queries.actor_of(session().get(Person, office.people["steward"].id)))


def office_sessions(person):
    with transaction():
        return list(queries.open_sessions(person.id))


def test_a_decision_s_code_counts_for_the_next_ten_minutes(app, office):
    browser = office._as_person(office.people["admin"], proved_at=clock.now() - dt.timedelta(hours=1))
    assert not fresh(app, office.people["admin"])
    given = {"role": "head", "since": clock.today().isoformat(), "code": office.code("admin")}
    assert send(browser, f"/people/{office.people['steward'].ref}/roles", **given).status_code == 303
    assert fresh(app, office.people["admin"])


def test_whoever_has_no_codes_gives_the_password(app, office):
    office.change(office.people["amina"], totp_wrapped=None)
    browser = office._as_person(office.people["amina"], proved_at=clock.now() - dt.timedelta(hours=1))
    assert 'name="password"' in browser.get("/step-up").text
    assert send(browser, "/step-up", password="not this one").status_code == 400
    assert send(browser, "/step-up", code="123456").status_code == 400
    assert not fresh(app, office.people["amina"])
    answer = send(browser, "/step-up", password=factories.PASSWORD, next="/requests")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/requests")
    assert fresh(app, office.people["amina"])
    assert [one[1] for one in events(app, "auth.login.failed")] == ["step_up", "step_up"]


def test_the_password_is_not_enough_for_whoever_has_codes(app, office):
    browser = office._as_person(office.people["steward"], proved_at=clock.now() - dt.timedelta(hours=1))
    assert send(browser, "/step-up", password=factories.PASSWORD).status_code == 400
    assert not fresh(app, office.people["steward"])


def test_a_code_works_once_here_too(app, office):
    code = office.code("steward")
    assert office.post("steward", "/step-up", code=code).status_code == 303
    assert office.post("steward", "/step-up", code=code).status_code == 400


def test_the_way_back_leads_nowhere_else(office):
    for target in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        answer = office.post("steward", "/step-up", code=office.code("steward"), next=target)
        assert answer.headers["Location"] == "/"
