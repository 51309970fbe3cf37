"""Two steps, two tokens, one answer for every wrong try."""

import statistics
import time

import pytest
from sqlalchemy import select

from portal import ports
from portal.actor import Role
from portal.auth import passwords
from portal.auth.models import Person, SignIn
from portal.db import session, transaction
from portal.keys import Mac
from tests import factories
from tests.areas.auth.pages import code_for, cookie, events, is_in, send, sign_in, token_of


@pytest.fixture
def amina(app):
    with app.app_context(), factories.given():
        return factories.a_person(roles=[Role.STEWARD])


def test_a_password_and_a_code_open_a_session(app, client, amina):
    first, second = sign_in(app, client, amina)
    assert (first.status_code, first.headers["Location"]) == (303, "/sign-in/code")
    assert (second.status_code, second.headers["Location"]) == (303, "/")
    assert is_in(client)
    assert [name for name, *_ in events(app, "auth.password.accepted", "auth.login.success")] == [
        "auth.password.accepted",
        "auth.login.success",
    ]


def test_a_password_alone_opens_nothing_for_who_has_a_second_factor(app, client, amina):
    send(client, "/sign-in", email=amina.email, password=factories.PASSWORD)
    assert cookie(client)
    assert not is_in(client)
    assert client.get("/profile").headers["Location"] == "/sign-in?next=/profile"


def test_the_token_is_new_at_sign_in_and_new_again_after_the_code(app, client, amina):
    client.set_cookie("portal_session", "planted-by-somebody-else", domain="localhost")
    send(client, "/sign-in", email=amina.email, password=factories.PASSWORD)
    after_password = cookie(client)
    send(client, "/sign-in/code", page="/sign-in/code", code=code_for(app, amina))
    after_code = cookie(client)
    assert len({"planted-by-somebody-else", after_password, after_code}) == 3
    client.set_cookie("portal_session", after_password, domain="localhost")
    assert not is_in(client)
    client.set_cookie("portal_session", "planted-by-somebody-else", domain="localhost")
    assert not is_in(client)


def test_the_form_token_of_before_does_not_outlive_a_sign_in(app, client, amina):
    before = token_of(client)
    sign_in(app, client, amina)
    assert client.post("/profile/sessions/end-others", data={"csrf_token": before}).status_code == 400


def test_the_database_holds_only_a_keyed_hash_of_the_token(app, client, amina):
    sign_in(app, client, amina)
    token = cookie(client)
    assert len(token) >= 43  # 256 bits in base64
    with app.app_context(), transaction():
        row = session().scalar(select(SignIn).where(SignIn.stage == "full"))
        assert row.token_hash == ports.house.keys.mac(Mac.SESSION, token.encode())
        raw = session().connection().connection.driver_connection
        if hasattr(raw, "iterdump"):
            assert token not in "\n".join(raw.iterdump())


def test_signing_in_again_ends_the_session_the_browser_brought(app, client, amina):
    sign_in(app, client, amina)
    old = cookie(client)
    send(client, "/sign-in", email=amina.email, password=factories.PASSWORD)
    client.set_cookie("portal_session", old, domain="localhost")
    assert not is_in(client)


def test_a_partner_without_a_factor_signs_in_with_the_password(app, client):
    with app.app_context(), factories.given():
        person = factories.a_person()
        person.totp_wrapped = None
    answer = send(client, "/sign-in", email=person.email, password=factories.PASSWORD, next="/profile")
    assert answer.headers["Location"] == "/profile"
    assert is_in(client)


def test_staff_without_a_factor_cannot_sign_in(app, client):
    with app.app_context(), factories.given():
        person = factories.a_person(roles=[Role.DPO])
        person.totp_wrapped = None
    assert send(client, "/sign-in", email=person.email, password=factories.PASSWORD).status_code == 400
    assert events(app, "auth.login.failed") == [("auth.login.failed", "no_factor", "", person.ref)]


def test_a_role_given_later_asks_for_a_factor_at_the_next_request(app, as_person):
    with app.app_context(), factories.given():
        person = factories.a_person()
    browser = as_person(person, authentication="pwd")
    assert is_in(browser)
    with app.app_context(), factories.given():
        from portal.auth.models import Grant

        session().add(Grant(person_id=person.id, role=Role.STEWARD, region="", valid_from=person.created_at.date()))
    assert not is_in(browser)


def test_an_address_is_found_however_it_is_written(app, client, amina):
    answer = send(client, "/sign-in", email=f"  {amina.email.upper()} ", password=factories.PASSWORD)
    assert answer.status_code == 303


def test_a_password_is_taken_as_typed_with_its_blanks(app, client, amina):
    assert send(client, "/sign-in", email=amina.email, password=f" {factories.PASSWORD}").status_code == 400


def _wrong(app, client, email, password=factories.PASSWORD[:-1]):
    answer = send(client, "/sign-in", page="/sign-in", email=email, password=password)
    return answer.status_code, answer.text.replace(email, "ADDRESS")


def _plain(text):
    import re

    return re.sub(r'csrf_token" value="[^"]+"|"X-CSRFToken": "[^"]+"', "", text)


def test_unknown_wrong_disabled_and_stopped_get_the_same_answer(app, client):
    with app.app_context(), factories.given():
        known, disabled, stopped = (factories.a_person() for _ in range(3))
        disabled.disabled_at = disabled.created_at
        stopped.organisation.active = False
    answers = {
        (status, _plain(text))
        for status, text in (
            _wrong(app, client, "nobody@example.org"),
            _wrong(app, client, known.email),
            _wrong(app, client, disabled.email, factories.PASSWORD),
            _wrong(app, client, stopped.email, factories.PASSWORD),
        )
    }
    assert len(answers) == 1
    assert next(iter(answers))[0] == 400
    assert [event[1] for event in events(app, "auth.login.failed")] == [
        "unknown",
        "password",
        "disabled",
        "organisation",
    ]


def test_an_unknown_person_costs_the_same_time_as_a_known_one(app, client, monkeypatch):
    with app.app_context(), factories.given():
        person = factories.a_person()
        person.password_hash = passwords.make(factories.PASSWORD)
    send(client, "/sign-in", email=person.email, password="warm up")

    def took(email):
        token = token_of(client)
        start = time.perf_counter()
        client.post("/sign-in", data={"csrf_token": token, "email": email, "password": "wrong password"})
        return time.perf_counter() - start

    known, unknown = [], []
    for _ in range(7):
        known.append(took(person.email))
        unknown.append(took("nobody@example.org"))
    ratio = statistics.median(unknown) / statistics.median(known)
    assert 0.6 < ratio < 1.6


def test_the_hash_that_stands_in_for_nobody_costs_what_a_real_one_costs():
    real, stand_in = passwords.make("correct horse battery staple"), passwords._NOBODY
    assert real.split("$")[1:4] == stand_in.split("$")[1:4] == ["argon2id", "v=19", "m=65536,t=3,p=4"]
    assert not passwords.matches("", "")
    assert not passwords.matches("", "anything")


def test_what_was_typed_is_kept_but_never_the_password(app, client, amina):
    answer = send(client, "/sign-in", email=amina.email, password="my secret mistake", next="/profile")
    assert f'value="{amina.email}"' in answer.text
    assert "my secret mistake" not in answer.text
    assert 'name="next" value="/profile"' in answer.text


def test_no_event_holds_an_address_or_a_password(app, client, amina):
    send(client, "/sign-in", email="someone.private@example.org", password="Hunter2Hunter2Hunter2")
    sign_in(app, client, amina)
    from portal.audit.models import AuditEvent

    with app.app_context(), transaction():
        bodies = b"".join(session().scalars(select(AuditEvent.body)))
    for secret in (
        b"someone.private",
        b"Hunter2",
        amina.email.encode(),
        amina.name.encode(),
        b"werkzeug",
        b"127.0.0.1",
    ):
        assert secret.lower() not in bodies.lower()


def test_after_sign_in_one_arrives_where_one_wanted_to_go_and_nowhere_else(app, client, amina):
    first = send(client, "/sign-in", email=amina.email, password=factories.PASSWORD, next="/profile?x=1")
    assert first.headers["Location"].startswith("/sign-in/code?next=")
    page = client.get(first.headers["Location"])
    assert 'name="next" value="/profile?x=1"' in page.text
    second = send(
        client, "/sign-in/code", page=first.headers["Location"], code=code_for(app, amina), next="/profile?x=1"
    )
    assert second.headers["Location"] == "/profile?x=1"


def test_the_code_page_is_only_for_who_gave_a_password(app, client):
    assert client.get("/sign-in/code").headers["Location"] == "/sign-in"
    assert send(client, "/sign-in/code", code="123456").status_code == 401


def test_a_person_changed_between_the_look_and_the_hash_does_not_get_in(app, amina):
    from portal.auth import actions, queries

    with app.app_context():
        with transaction():
            candidate = queries.candidate(amina.email)
        with factories.given():
            session().get(Person, amina.id).password_hash = factories.CHEAP.hash("another password")
        with transaction():
            assert actions.sign_in_with_password(candidate, matched=True, origin="") is None
