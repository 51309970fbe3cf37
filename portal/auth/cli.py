"""``flask people``: who may come in, from the command line. These commands act as the house itself."""

from collections.abc import Callable
from typing import Any, TypeVar

import click
from flask.cli import AppGroup

from portal import clock, ports
from portal.actor import Actor, Role, system
from portal.auth import actions_people, onetime, passwords, queries
from portal.auth.giving import KINDS
from portal.auth.models import Organisation, Person
from portal.auth.schemas import NewPerson, normal_address
from portal.db import session, transaction
from portal.errors import PortalError
from portal.i18n import LANGUAGES

group = AppGroup("people", help="People who may sign in.")
HOUSE = system("cli")
Made = TypeVar("Made")


@group.command("list")
def list_people() -> None:
    """List everybody with their roles of today."""
    with transaction():
        for person in session().query(Person).order_by(Person.email):
            actor = queries.actor_of(person)
            state = "disabled" if person.disabled_at else "active"
            roles = ", ".join(sorted(actor.roles)) or "-"
            click.echo(f"{person.email:40} {state:9} {roles:40} {person.organisation.name}")


@group.command("add-organisation")
@click.argument("name")
@click.option("--kind", type=click.Choice(KINDS), required=True)
def add_organisation(name: str, kind: str) -> None:
    """Take in an organisation."""
    with transaction():
        _said(lambda: actions_people.create_organisation(HOUSE, name=name, kind=kind))
    click.echo(f"{name} is there.")


@group.command("add")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--organisation", required=True, help="Its name, as given to add-organisation.")
@click.option("--role", "roles", type=click.Choice(sorted(role.value for role in Role)), multiple=True, required=True)
@click.option("--region", "regions", multiple=True, help="The region of a regional manager; may be repeated.")
@click.option("--language", type=click.Choice(sorted(LANGUAGES)), default="en", show_default=True)
@click.option("--time-zone", default="UTC", show_default=True)
def add(email: str, organisation: str, **given: Any) -> None:  # noqa: ANN401 -- click's options
    """Take in a person; their password is asked for, and the secret for their authenticator app is printed once."""
    password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    weak = passwords.weakness(password, least=passwords.LEAST_WITH_FACTOR, about=(email, given["name"], organisation))
    if weak is not None:
        raise click.ClickException(f"password: {weak.value.replace('_', ' ')}; choose a longer one of several words")
    hashed = passwords.make(password)
    who = NewPerson(email=email, **given | {"roles": tuple(Role(role) for role in given["roles"])})
    with transaction():
        house = session().query(Organisation).filter_by(name=organisation).one_or_none()
        if house is None:
            raise click.ClickException(f"{organisation}: no such organisation; see `flask people add-organisation`")
        person, secret = _said(lambda: actions_people.create_person(HOUSE, house, who, password_hash=hashed))
        address = person.email
    click.echo(f"{address} can sign in. Enter this in their authenticator app; it is not shown again:")
    click.echo(onetime.provisioning(secret, address))


@group.command("disable")
@click.argument("who")
def disable(who: str) -> None:
    """Shut WHO (an e-mail address) out; every session ends."""
    _change(who, actions_people.disable_person)
    click.echo(f"{who} can no longer sign in.")


@group.command("enable")
@click.argument("who")
def enable(who: str) -> None:
    """Let WHO in again."""
    _change(who, actions_people.enable_person)
    click.echo(f"{who} can sign in again.")


@group.command("code")
@click.argument("who")
def code(who: str) -> None:
    """Print WHO's one-time code of this moment: in the demonstration only."""
    if not ports.house.config.demo:
        raise click.ClickException("code: only in the demonstration; everybody has their own authenticator")
    with transaction():
        person = _find(who)
        if person.totp_wrapped is None:
            raise click.ClickException(f"{who}: signs in without a code")
        click.echo(onetime.code_at(onetime.secret_of(person), clock.now()))


def person_from_cli(who: str) -> Actor:
    """Return a person as the actor of a command that acts for somebody, with the roles of today.

    Only inside an open transaction. Refuses the disabled as the web does.
    """
    person = _find(who)
    if person.disabled_at is not None or not person.organisation.active:
        raise click.ClickException(f"{who}: may not act, access has ended")
    return queries.actor_of(person)


def _said(deed: Callable[[], Made]) -> Made:
    try:
        return deed()
    except PortalError as error:
        raise click.ClickException(str(error)) from None


def _find(who: str) -> Person:
    try:
        return queries.by(Person.email == normal_address(who))
    except PortalError:
        raise click.ClickException(f"{who}: nobody here has this address; see `flask people list`") from None


def _change(who: str, deed: actions_people.Deed) -> None:
    try:
        with transaction():
            deed(HOUSE, _find(who).ref)
    except PortalError as error:
        raise click.ClickException(str(error)) from None
