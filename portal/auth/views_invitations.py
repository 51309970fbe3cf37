"""The pages on which people are asked in: who waits for an answer, a new invitation, again, taken back."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal import i18n
from portal.actor import Role
from portal.auth import actions_invite, queries, queries_people, words
from portal.auth.schemas import Empty
from portal.auth.schemas_people import InvitationForm
from portal.errors import Invalid
from portal.permissions import Permission
from portal.web import forms, guard

bp = Blueprint("invitations", __name__, url_prefix="/invitations")
ORDER = tuple(Role)


@bp.get("")
@guard.needs(Permission.INVITATION_READ, event="person.invitations.viewed")
def shelf() -> ResponseReturnValue:
    """List invitations, those without an answer first."""
    rows = queries_people.invitations(guard.actor())
    names = dict(queries_people.regions())
    return render_template("auth/invitations.html", rows=rows, words=words, region_names=names)


@bp.get("/new")
@guard.needs(Permission.PERSON_INVITE, event="person.invitations.viewed")
def new() -> ResponseReturnValue:
    """Show an empty invitation."""
    return _form({}, {"organisation": request.args.get("organisation", "")}, (), ())


@bp.post("/new")
@guard.needs(Permission.PERSON_INVITE)
def invite() -> ResponseReturnValue:
    """Send an invitation; the form comes back if some of it cannot be taken."""
    try:
        made = actions_invite.invite(guard.actor(), forms.read(InvitationForm()))
    except Invalid as wrong:
        typed = request.form.to_dict()
        return _form(wrong.fields, typed, request.form.getlist("roles"), request.form.getlist("regions")), 400
    flash(_("The letter to %(name)s is on its way.", name=made.name), "success")
    return redirect(url_for("invitations.shelf"), 303)


@bp.post("/<ref>/again")
@guard.needs(Permission.INVITATION_CHANGE)
def again(ref: str) -> ResponseReturnValue:
    """Send an invitation again, with a new link."""
    forms.read(Empty())
    made = actions_invite.send_again(guard.actor(), ref)
    flash(_("A new letter to %(name)s is on its way; the link of the one before is dead.", name=made.name), "success")
    return redirect(url_for("invitations.shelf"), 303)


@bp.post("/<ref>/revoke")
@guard.needs(Permission.INVITATION_CHANGE)
def revoke(ref: str) -> ResponseReturnValue:
    """Take an invitation back."""
    forms.read(Empty())
    made = actions_invite.revoke(guard.actor(), ref)
    flash(_("The invitation of %(name)s is taken back; its link is dead.", name=made.name), "success")
    return redirect(url_for("invitations.shelf"), 303)


def _form(errors: forms.Errors, typed: Mapping[str, Any], roles: Any, regions: Any) -> str:  # noqa: ANN401 -- lists
    actor = guard.actor()
    houses = queries_people.houses_to_invite_to(actor)
    offered = frozenset[Role]().union(*(queries_people.givable(actor, one) for one in houses))
    return render_template(
        "auth/invite.html",
        errors=errors,
        typed={"since": queries_people.today().isoformat(), "language": i18n.current_language()} | dict(typed),
        chosen=roles,
        chosen_regions=regions,
        houses=houses,
        roles=[role for role in ORDER if role in offered],
        regions=queries_people.regions() if Role.REGIONAL_MANAGER in offered else [],
        by_code=queries.oneself(actor).totp_wrapped is not None,
        languages_offered=list(i18n.LANGUAGES.items()),
        last_day=queries_people.link_day(),
    )
