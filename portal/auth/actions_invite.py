"""Asking people in: the letter with its link, sending it again, taking it back."""

from portal import clock, policy
from portal.actor import Actor, Role
from portal.audit.recorder import record
from portal.auth import actions_factor, checks, queries, queries_people, steps, tokens, words
from portal.auth.models import Organisation
from portal.auth.models_links import Invitation
from portal.auth.queries_people import today
from portal.auth.schemas_people import NewInvitation
from portal.db import move, session
from portal.errors import Invalid
from portal.machine import NOTHING
from portal.mail import write
from portal.permissions import Permission


def invite(actor: Actor, wanted: NewInvitation) -> Invitation:
    """Ask somebody in by a letter with a link that works once; whoever has one-time codes gives one.

    Raises NotFound (no such organisation to invite to) or Invalid.
    """
    which = Organisation.ref == wanted.organisation if wanted.organisation else Organisation.id == actor.organisation_id
    house = policy.load(actor, Permission.PERSON_INVITE, Organisation, which)
    _check(actor, house, wanted)
    if queries.oneself(actor).totp_wrapped is not None:
        actions_factor.prove(actor, wanted.code)
    step = steps.INVITATION.find(NOTHING, "invite")
    nonce = tokens.mint()
    invitation = Invitation(
        organisation_id=house.id,
        inviter_id=actor.id,
        email=wanted.email,
        name=wanted.name,
        language=wanted.language,
        roles=[role.value for role in wanted.roles],
        regions=list(wanted.regions),
        valid_from=wanted.since,
        valid_to=wanted.until,
        token_hash=tokens.digest(tokens.in_letter(nonce)),
        expires_at=queries_people.link_ends(),
        status=step.status,
    )
    session().add(invitation)
    session().flush()
    change = {"roles": ([], sorted(invitation.roles)), "region": ("", " ".join(invitation.regions))}
    private = {invitation.person_ref: {"name": wanted.name, "email": wanted.email}}
    record(actor, step.event, target=("invitation", invitation.ref), change=change, private=private)
    _post(actor, invitation, nonce)
    return invitation


def send_again(actor: Actor, ref: str) -> Invitation:
    """Send an invitation again with a new link; the one before is dead. Who sends it answers for it from now on.

    Raises NotFound, NotAllowed, IllegalStep if it was answered or taken back, Invalid if it cannot be offered any more.
    """
    invitation = _to_change(actor, ref)
    step = steps.INVITATION.find(invitation.state, "send_again")
    for role in invitation.roles:
        checks.may_give(actor, invitation.organisation, Role(role), "roles")
    if queries_people.address_taken(invitation.email):
        raise Invalid({"email": [str(words.TAKEN)]})
    nonce = tokens.mint()
    move(
        invitation,
        status=step.status,
        token_hash=tokens.digest(tokens.in_letter(nonce)),
        sent_at=clock.now(),
        expires_at=queries_people.link_ends(),
        inviter_id=actor.id,
        password_hash="",
        totp_wrapped=None,
        totp_key_id="",
    )
    record(actor, step.event, target=("invitation", invitation.ref))
    _post(actor, invitation, nonce)
    return invitation


def revoke(actor: Actor, ref: str) -> Invitation:
    """Take an invitation back: its link is dead at once.

    Raises NotFound, NotAllowed, IllegalStep if it was answered or taken back already.
    """
    invitation = _to_change(actor, ref)
    step = steps.INVITATION.find(invitation.state, "revoke")
    move(invitation, status=step.status, ended_as=step.ended_as, password_hash="", totp_wrapped=None, totp_key_id="")
    record(actor, step.event, target=("invitation", invitation.ref))
    return invitation


def _check(actor: Actor, house: Organisation, wanted: NewInvitation) -> None:
    for number, role in enumerate(wanted.roles):
        checks.may_give(actor, house, role, "roles")
        checks.fits_together(house, wanted.roles[:number], role, "roles")
    manages = Role.REGIONAL_MANAGER if Role.REGIONAL_MANAGER in wanted.roles else wanted.roles[0]
    checks.region_of(manages, wanted.regions, "regions")
    if wanted.until is not None and wanted.until < today():
        raise checks.refused("until", "past")
    if queries_people.address_taken(wanted.email) or queries_people.open_invitation_of(wanted.email):
        raise Invalid({"email": [str(words.TAKEN)]})


def _to_change(actor: Actor, ref: str) -> Invitation:
    invitation = queries_people.invitation(actor, ref)
    policy.require(actor, Permission.INVITATION_CHANGE, invitation)
    return invitation


def _post(actor: Actor, invitation: Invitation, nonce: str) -> None:
    write(
        invitation.email,
        invitation.language,
        "person_invited",
        name=invitation.name,
        inviter=actor.name,
        house=actor.organisation_name,
        organisation=invitation.organisation.name,
        day=words.day(queries_people.link_day()),
        nonce=nonce,
    )
