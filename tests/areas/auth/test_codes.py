"""A one-time code works once, for whoever it was made, in its half minute and the two beside it."""

import datetime as dt

import pytest
import time_machine

from portal import clock
from portal.auth import onetime
from portal.errors import Tampered
from tests import factories
from tests.areas.auth.pages import code_for, events, is_in, send

NOON = dt.datetime(2026, 3, 1, 12, 0, 5, tzinfo=dt.UTC)


@pytest.fixture
def amina(app):
    with app.app_context(), factories.given():
        return factories.a_person()


def _password(browser, person):
    return send(browser, "/sign-in", page="/sign-in", email=person.email, password=factories.PASSWORD)


def _code(browser, code):
    return send(browser, "/sign-in/code", page="/sign-in/code", code=code).status_code


@pytest.mark.parametrize("written", ["{0}", "{0}{1} ", "{0} {1}", " {0}\t{1}", "{0}\u00a0{1}"])
def test_a_code_works_once_however_it_is_written(app, written):
    with time_machine.travel(NOON, tick=False):
        with app.app_context(), factories.given():
            person = factories.a_person()
        code = code_for(app, person)
        first, second = app.test_client(), app.test_client()
        _password(first, person)
        _password(second, person)
        assert _code(first, f"{code[:3]} {code[3:]}") == 303
        again = written.format(code[:3], code[3:]) if "{1}" in written else code
        assert _code(second, again) == 400
        assert is_in(first)
        assert not is_in(second)
    assert [event[1] for event in events(app, "auth.mfa.failed")] == ["replayed"]


@pytest.mark.parametrize(("steps", "status"), [(-2, 400), (-1, 303), (0, 303), (1, 303), (2, 400)])
def test_a_code_counts_one_step_early_and_one_step_late(app, amina, steps, status):
    browser = app.test_client()
    with time_machine.travel(NOON + dt.timedelta(days=365), tick=False):
        _password(browser, amina)
        assert _code(browser, code_for(app, amina, steps=steps)) == status


def test_an_earlier_code_does_not_work_after_a_later_one(app, amina):
    browsers = [app.test_client() for _ in range(2)]
    with time_machine.travel(NOON + dt.timedelta(days=365), tick=False):
        for browser in browsers:
            _password(browser, amina)
        assert _code(browsers[0], code_for(app, amina, steps=1)) == 303
        assert _code(browsers[1], code_for(app, amina, steps=0)) == 400


def test_a_wrong_code_is_recorded_and_another_may_follow(app, amina):
    browser = app.test_client()
    _password(browser, amina)
    wrong = f"{(int(code_for(app, amina)) + 7) % 1_000_000:06}"
    assert _code(browser, wrong) == 400
    assert events(app, "auth.mfa.failed") == [("auth.mfa.failed", "code", "", amina.ref)]
    assert _code(browser, code_for(app, amina)) == 303


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "١٢٣٤٥٦", "12345a", "９" * 6, "000000000000000000000000"])
def test_what_is_no_code_is_refused_without_an_accident(app, amina, typed):
    browser = app.test_client()
    _password(browser, amina)
    assert _code(browser, typed) == 400


def test_a_password_waits_ten_minutes_for_its_code(app, amina):
    for minutes, status in ((9.9, 303), (10.0, 401)):
        browser = app.test_client()
        with time_machine.travel(NOON + dt.timedelta(days=365 + minutes), tick=False) as traveller:
            _password(browser, amina)
            token = browser.get("/sign-in/code").text.split('csrf_token" value="')[1].split('"')[0]
            traveller.shift(dt.timedelta(minutes=minutes))
            data = {"csrf_token": token, "code": code_for(app, amina)}
            assert browser.post("/sign-in/code", data=data).status_code == status


def test_a_waiting_session_gives_its_code_to_one_browser_only(app, amina):
    browser = app.test_client()
    _password(browser, amina)
    code = code_for(app, amina)
    token = browser.get("/sign-in/code").text.split('csrf_token" value="')[1].split('"')[0]
    pending = browser.get_cookie("portal_session", domain="localhost").value
    assert browser.post("/sign-in/code", data={"csrf_token": token, "code": code}).status_code == 303
    browser.set_cookie("portal_session", pending, domain="localhost")
    assert send(browser, "/sign-in/code", code=code_for(app, amina, steps=1)).status_code == 401


def test_the_secret_opens_for_its_person_only(context, amina):
    with factories.given():
        other = factories.a_person()
        other.totp_key_id, other.totp_wrapped = amina.totp_key_id, amina.totp_wrapped
        with pytest.raises(Tampered):
            onetime.secret_of(other)
    assert len(onetime.secret_of(amina)) == 32


def test_the_published_vectors_of_rfc_6238_hold():
    import base64

    secret = base64.b32encode(b"12345678901234567890").decode()
    for seconds, code in ((59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")):
        moment = dt.datetime.fromtimestamp(seconds, dt.UTC)
        assert onetime.code_at(secret, moment) == code
        assert onetime.step_of(secret, code, moment) == seconds // 30
    assert onetime.step_of(secret, "287082", clock.now()) is None
