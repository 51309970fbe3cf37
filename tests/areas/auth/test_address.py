"""A new address counts once its own letter's link is followed; the old one is told; one address is one person."""

import datetime as dt

import pytest
import time_machine

from portal import clock
from portal.auth.models import Person
from tests import factories
from tests.areas.auth.links import Office
from tests.areas.auth.pages import events, is_in, send

NEW = "Amina.New@Relief.example"


@pytest.fixture
def office(app, as_person):
    return Office(app, as_person)


def ask(office, who="amina", **fields):
    given = {"email": NEW, "password": factories.PASSWORD, "code": office.code(who)}
    return office.post(who, "/profile/address", **given | fields)


def address(office, who="amina"):
    return office.look(Person, Person.id == office.people[who].id)[0].email


def test_an_address_changes_once_the_new_one_is_confirmed(app, office):
    was = address(office)
    assert ask(office).status_code == 303
    assert address(office) == was
    (told,) = office.letters("address-asked")
    (letter,) = office.letters("address-confirm")
    assert (told.address, letter.address) == (was, "amina.new@relief.example")
    link, guest = office.link("address-confirm"), app.test_client()
    for _ in range(2):
        assert "amina.new@relief.example" in guest.get(link).text
    assert address(office) == was
    assert send(guest, link).status_code == 303
    assert address(office) == "amina.new@relief.example"
    assert [one.address for one in office.letters("address-changed")] == [was]
    assert send(guest, link).status_code == 404
    assert is_in(office.browser("amina"))
    assert send(app.test_client(), "/sign-in", email=was, password=factories.PASSWORD).status_code == 400
    assert send(app.test_client(), "/sign-in", email=NEW.upper(), password=factories.PASSWORD).status_code == 303
    told = [one[0] for one in events(app) if one[0].startswith("person.address")]
    assert told == ["person.address.asked", "person.address.changed"]


WRONG = {
    "password": ({"password": "not this one"}, "not your password"),
    "code": ({"code": "000000"}, "not right any more"),
    "no code": ({"code": ""}, "Type the six digits"),
    "no address": ({"email": "amina"}, "not an e-mail address"),
}


@pytest.mark.parametrize("case", WRONG)
def test_without_password_and_code_nothing_is_asked(office, case):
    fields, words = WRONG[case]
    answer = ask(office, **fields)
    assert answer.status_code == 400
    assert words in answer.text
    assert office.letters("address-confirm") == office.letters("address-asked") == []


def test_somebody_elses_address_cannot_be_taken(app, office):
    assert ask(office, email=address(office, "carl").upper()).status_code == 400
    office.invite("focal", email="guest@relief.example")
    assert ask(office, email="guest@relief.example").status_code == 400
    assert ask(office).status_code == 303
    link = office.link("address-confirm")
    office.change(office.people["carl"], email="amina.new@relief.example")
    assert send(app.test_client(), link).status_code == 404


def test_asking_again_kills_the_first_link_and_so_does_time_and_leaving(app, office):
    ask(office)
    first = office.link("address-confirm")
    ask(office, email="other@relief.example")
    second = office.link("address-confirm")
    assert app.test_client().get(first).status_code == 404
    assert app.test_client().get(second).status_code == 200
    with time_machine.travel(clock.now() + dt.timedelta(days=8, hours=1)):
        assert app.test_client().get(second).status_code == 404
    office.change(office.people["amina"], disabled_at=clock.now())
    assert send(app.test_client(), second).status_code == 404
