"""What a password must be, where its limits lie exactly, and what changing one does."""

import time

import pytest
from argon2 import extract_parameters

from portal.actor import Role
from portal.auth import passwords
from portal.auth.passwords import Weakness
from portal.db import session, transaction
from portal.mail import Letter
from tests import factories
from tests.areas.auth.pages import cookie, events, is_in, send, sign_in

NEW = "velvet tractor seventeen owls"
STRONG = "xK4;w9-Tq_v2#mZr8(Lp6^bN"


def test_a_password_rests_as_argon2id_with_64_mib_three_passes_four_lanes():
    found = extract_parameters(passwords.make(NEW))
    assert (found.type.name, found.memory_cost, found.time_cost, found.parallelism) == ("ID", 65536, 3, 4)
    assert passwords.make(NEW) != passwords.make(NEW)


@pytest.mark.parametrize(
    ("length", "least", "verdict"),
    [(11, 12, Weakness.TOO_SHORT), (12, 12, None), (14, 15, Weakness.TOO_SHORT), (15, 15, None)],
)
def test_the_least_length_is_a_sharp_line(length, least, verdict):
    assert passwords.weakness(STRONG[:length], least=least) is verdict


@pytest.mark.parametrize(
    ("length", "verdict"), [(64, None), (256, None), (257, Weakness.TOO_LONG), (100_000, Weakness.TOO_LONG)]
)
def test_256_characters_are_the_limit(length, verdict):
    assert passwords.weakness((STRONG * 5000)[:length], least=12) is verdict


@pytest.mark.parametrize(
    "weak",
    [
        "password12345",
        "qwertyuiopasdfgh",
        "aaaaaaaaaaaaaaaaaaaa",
        "1234567890123456",
        "iloveyouiloveyou",
        "abcdefghijklmnop",
    ],
)
def test_what_everybody_tries_first_is_refused(weak):
    assert passwords.weakness(weak, least=12) is Weakness.COMMON


def test_words_about_the_person_do_not_make_a_password():
    about = ("Wambui Karanja", "wambui.karanja@kilimanjaro-institute.example", "Kilimanjaro Institute")
    assert passwords.weakness("wambui.karanja@kilimanjaro", least=12, about=about) is Weakness.COMMON
    assert passwords.weakness("wambui.karanja@kilimanjaro", least=12) is None


def test_an_accent_typed_on_two_keyboards_is_one_password():
    assert passwords.matches(passwords.make("cafe\u0301 cafe\u0301 cafe\u0301"), "caf\u00e9 caf\u00e9 caf\u00e9")
    assert passwords.weakness("e\u0301" * 11, least=12) is Weakness.TOO_SHORT


def test_a_huge_password_costs_no_more_than_a_short_one():
    start = time.perf_counter()
    assert passwords.weakness("a1" * 5000, least=12) is Weakness.TOO_LONG
    assert time.perf_counter() - start < 0.05
    assert not passwords.matches(factories.HASH, factories.PASSWORD + "x" * 2000)


@pytest.fixture
def amina(app):
    with app.app_context(), factories.given():
        return factories.a_person(roles=[Role.STEWARD])


def _change(browser, **fields):
    return send(browser, "/profile/password", page="/profile/password", **fields)


def test_a_new_password_ends_every_other_session_and_renews_this_one(app, as_person, amina):
    here, there = as_person(amina), as_person(amina)
    before = cookie(here)
    answer = _change(here, current=factories.PASSWORD, password=NEW, again=NEW)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/profile")
    assert "Your password is changed." in here.get("/profile").text
    assert cookie(here) != before
    assert not is_in(there)
    here.set_cookie("portal_session", before, domain="localhost")
    assert not is_in(here)
    assert len(events(app, "auth.password.changed")) == 1
    with app.app_context(), transaction():
        letter = session().query(Letter).one()
        assert (letter.template, letter.address) == ("password-changed", amina.email)
    newcomer = app.test_client()
    assert sign_in(app, newcomer, amina, NEW)[1].status_code == 303
    assert send(app.test_client(), "/sign-in", email=amina.email, password=factories.PASSWORD).status_code == 400


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"current": "wrong", "password": NEW, "again": NEW}, "present password"),
        ({"current": factories.PASSWORD, "password": NEW, "again": NEW + "x"}, "not the same"),
        ({"current": factories.PASSWORD, "password": "short", "again": "short"}, "at least 12"),
        ({"current": factories.PASSWORD, "password": "x" * 300, "again": "x" * 300}, "at most 256"),
        ({"current": factories.PASSWORD, "password": "password12345", "again": "password12345"}, "easy to guess"),
        ({"current": factories.PASSWORD, "password": NEW, "again": NEW, "role": "dpo"}, "does not know this field"),
    ],
)
def test_a_change_that_cannot_be_is_told_and_changes_nothing(app, as_person, amina, fields, word):
    here, there = as_person(amina), as_person(amina)
    answer = _change(here, **fields)
    assert answer.status_code == 400
    assert word in answer.text
    assert is_in(there)
    assert events(app, "auth.password.changed") == []
    assert all(value not in answer.text for name, value in fields.items() if name != "role")


def test_partners_need_fifteen_characters(app, as_person):
    with app.app_context(), factories.given():
        partner = factories.a_person()
    browser = as_person(partner)
    assert "At least 15" in browser.get("/profile/password").text
    answer = _change(browser, current=factories.PASSWORD, password=STRONG[:14], again=STRONG[:14])
    assert "at least 15" in answer.text


def test_a_wrong_present_password_is_recorded(app, as_person, amina):
    _change(as_person(amina), current="wrong", password=NEW, again=NEW)
    assert events(app, "auth.login.failed") == [("auth.login.failed", "password_change", amina.ref, amina.ref)]


def test_the_letter_about_a_change_reads_in_the_persons_language(app, as_person, amina):
    from portal.mail import compose

    _change(as_person(amina), current=factories.PASSWORD, password=NEW, again=NEW)
    with app.app_context(), transaction():
        letter = session().query(Letter).one()
        with app.test_request_context():
            message = compose(letter)
    assert "password" in message["Subject"]
    assert amina.name in message.get_content()
