"""The same deeds from the command line, as the house itself."""

import dataclasses

import click
import pytest

from portal import ports
from portal.actor import Role
from portal.auth import onetime
from portal.auth.cli import person_from_cli
from portal.auth.models import Person
from portal.db import session, transaction
from tests import factories
from tests.areas.auth.pages import code_for, events, is_in


@pytest.fixture
def amina(app):
    with app.app_context(), factories.given():
        return factories.a_person(roles=[Role.STEWARD])


@pytest.fixture
def run(app):
    return lambda *words: app.test_cli_runner().invoke(args=["people", *words])


def test_the_list_names_everybody_with_state_and_roles(run, amina):
    line = run("list").output
    assert amina.email in line
    assert "active" in line
    assert "steward" in line


def test_disable_and_enable_by_address(app, run, amina, as_person):
    browser = as_person(amina)
    assert run("disable", amina.email.upper()).exit_code == 0
    assert not is_in(browser)
    assert run("disable", amina.email).exit_code == 1
    assert run("enable", amina.email).exit_code == 0
    assert [(event[0], event[2]) for event in events(app, "person.disabled", "person.enabled")] == [
        ("person.disabled", "system:cli"),
        ("person.enabled", "system:cli"),
    ]


@pytest.mark.parametrize("deed", ["disable", "enable", "code"])
def test_an_unknown_address_is_named_with_the_way_to_find_one(run, amina, deed, monkeypatch):
    monkeypatch.setattr(ports.house, "config", dataclasses.replace(ports.house.config, demo=True))
    answer = run(deed, "nobody@example.org")
    assert answer.exit_code == 1
    assert "flask people list" in answer.output


def test_codes_are_told_in_the_demonstration_only(app, run, amina, monkeypatch):
    refused = run("code", amina.email)
    assert refused.exit_code == 1
    assert not any(word.isdecimal() for word in refused.output.split())
    monkeypatch.setattr(ports.house, "config", dataclasses.replace(ports.house.config, demo=True))
    told = run("code", amina.email).output.strip()
    assert onetime.normal(told) == told
    assert told in {code_for(app, amina, steps=step) for step in (-1, 0)}


def test_a_command_acts_for_a_person_with_the_roles_of_today(app, amina):
    with app.app_context(), transaction():
        actor = person_from_cli(amina.email)
        assert (actor.ref, actor.roles) == (amina.ref, {Role.STEWARD})
    with app.app_context(), factories.given():
        session().get(Person, amina.id).disabled_at = amina.created_at
    with app.app_context(), transaction(), pytest.raises(click.ClickException, match="ended"):
        person_from_cli(amina.email)
