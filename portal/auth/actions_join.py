"""Answering an invitation. Nobody is in before they have chosen a password and, where a role wants codes, sent one.

Between the two, password and secret wait on the invitation; a new start throws them away.
"""

from flask_babel import gettext as _

from portal import clock, ports
from portal.actor import ANONYMOUS, FACTOR_ROLES, Role
from portal.audit.recorder import record
from portal.auth import actions, actions_roles, onetime, queries, queries_people, steps
from portal.auth.models import Person
from portal.auth.models_links import Invitation
from portal.db import move, session, write_once
from portal.errors import Invalid


def needs_factor(invitation: Invitation) -> bool:
    """Whether a role that is offered is for people with one-time codes only."""
    return not FACTOR_ROLES.isdisjoint(Role(role) for role in invitation.roles)


def begin(token: str, *, password_hash: str) -> tuple[Invitation, str]:
    """Keep the chosen password on the invitation and make a secret for one-time codes; return it to be shown once.

    Raises LinkOver or Stale.
    """
    invitation = queries_people.invitation_behind(token)
    made = onetime.new_key(invitation.person_ref)
    move(invitation, password_hash=password_hash, totp_key_id=made.key_id, totp_wrapped=made.wrapped)
    record(ANONYMOUS, "auth.mfa.offered", target=("invitation", invitation.ref))
    return invitation, onetime.spell(made.dek)


def confirm(token: str, code: str, *, origin: str, replacing: str) -> actions.SignedIn:
    """Take in whoever has begun and now sends the first code of their app.

    Raises LinkOver, or Invalid if nothing was begun or the code is wrong; the failure is recorded first, so a caller
    that shows the form again lets the transaction commit.
    """
    invitation = queries_people.invitation_behind(token)
    if invitation.totp_wrapped is None or not invitation.password_hash:
        raise Invalid({"code": [_("Choose a password first.")]})
    person = _person(invitation)
    person.totp_key_id, person.totp_wrapped = invitation.totp_key_id, invitation.totp_wrapped
    step = onetime.step_of(onetime.secret_of(person), code, clock.now())
    if step is None:
        record(ANONYMOUS, "auth.mfa.failed", target=("invitation", invitation.ref), reason="code")
        raise Invalid({"code": [_("This is not the code of this moment. Look at the app and type the next one.")]})
    person.totp_last_step = step
    return _take_in(invitation, person, "pwd otp", origin, replacing)


def join(token: str, *, password_hash: str, origin: str, replacing: str) -> actions.SignedIn:
    """Take in whoever needs no one-time codes and wants none.

    Raises LinkOver, or Invalid if a role that is offered wants them.
    """
    invitation = queries_people.invitation_behind(token)
    if needs_factor(invitation):
        raise Invalid({"factor": [_("Your role needs one-time codes.")]})
    person = _person(invitation)
    person.password_hash = password_hash
    return _take_in(invitation, person, "pwd", origin, replacing)


def _person(invitation: Invitation) -> Person:
    return Person(
        ref=invitation.person_ref,
        organisation_id=invitation.organisation_id,
        email=invitation.email,
        name=invitation.name,
        password_hash=invitation.password_hash,
        language=invitation.language,
        time_zone=ports.house.config.time_zone,
    )


def _take_in(
    invitation: Invitation, person: Person, authentication: str, origin: str, replacing: str
) -> actions.SignedIn:
    step = steps.INVITATION.find(invitation.state, "accept")
    move(
        invitation, status=step.status, ended_as=step.ended_as, password_hash="", totp_key_id="", totp_wrapped=None
    )  # the second of two at once stops here
    session().add(person)
    write_once("person")
    themselves, inviter = queries.actor_of(person), invitation.inviter.ref
    record(themselves, step.event, target=("invitation", invitation.ref), on_behalf_of=inviter)
    private = {person.ref: {"name": person.name, "email": person.email}}
    record(themselves, "person.created", target=("person", person.ref), private=private, on_behalf_of=inviter)
    if person.totp_wrapped is not None:
        record(themselves, "auth.mfa.enrolled", target=("person", person.ref))
    for role in map(Role, invitation.roles):
        for region in invitation.regions if role is Role.REGIONAL_MANAGER else [""]:
            days = invitation.valid_from, invitation.valid_to
            actions_roles.add(themselves, person, role, region, days, on_behalf_of=inviter)
    return actions.admit(person, authentication, origin=origin, replacing=replacing)
