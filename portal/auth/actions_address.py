"""Changing one's address: asked for by the person, told to the old address, confirmed from the new one."""

from flask_babel import gettext as _

from portal.actor import Actor
from portal.audit.recorder import record
from portal.auth import actions, actions_factor, queries, queries_people, steps, tokens, words
from portal.auth.models import Person
from portal.auth.models_links import AddressChange
from portal.auth.schemas import normal_address
from portal.db import move, session, write_once
from portal.errors import Invalid
from portal.machine import NOTHING
from portal.mail import write
from portal.permissions import Permission


def ask(actor: Actor, email: str, *, known: str, matched: bool, code: str) -> None:
    """Write to a new address, and to the old one; nothing changes before the new one's link is followed.

    ``matched`` says whether the password was that of the hash ``known``, judged before this transaction.
    Raises Invalid: wrong password or code (recorded first), or an address that cannot be used.
    """
    person = queries.oneself(actor, Permission.SELF_WRITE)
    if not matched or person.password_hash != known:
        actions.note_wrong_password(actor, "address_change")
        raise Invalid({"password": [_("This is not your password.")]})
    wanted = normal_address(email)
    if queries_people.address_taken(wanted) or queries_people.open_invitation_of(wanted) is not None:
        raise Invalid({"email": [str(words.TAKEN)]})
    if person.totp_wrapped is not None:
        actions_factor.prove(actor, code)
    _replace(actor, person)
    step = steps.ADDRESS.find(NOTHING, "ask")
    nonce = tokens.mint()
    change = AddressChange(
        person_id=person.id,
        email=wanted,
        token_hash=tokens.digest(tokens.in_letter(nonce)),
        expires_at=queries_people.link_ends(),
        status=step.status,
    )
    session().add(change)
    session().flush()
    private = {person.ref: {"email": wanted}}
    record(actor, step.event, target=("person", person.ref), private=private)
    day = words.day(queries_people.link_day())
    write(wanted, person.language, "address-confirm", name=person.name, day=day, nonce=nonce)
    write(person.email, person.language, "address-asked", name=person.name)


def confirm(token: str) -> Person:
    """Make the new address the person's; the old one is told. Sessions stay: who is behind them has not changed.

    Raises LinkOver or Stale.
    """
    change = queries_people.address_behind(token)
    person, step = change.person, steps.ADDRESS.find(change.state, "confirm")
    move(change, status=step.status, ended_as=step.ended_as)
    was, person.email = person.email, change.email
    write_once("person")
    private = {person.ref: {"email": f"{was} → {change.email}"}}
    record(queries.actor_of(person), step.event, target=("person", person.ref), private=private)
    write(was, person.language, "address-changed", name=person.name)
    return person


def _replace(actor: Actor, person: Person) -> None:
    for earlier in queries_people.open_changes(person.id):
        step = steps.ADDRESS.find(earlier.state, "replace")
        move(earlier, status=step.status, ended_as=step.ended_as)
        record(actor, step.event, target=("person", person.ref))
