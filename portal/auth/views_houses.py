"""Organisations and their people: the focal point's page of their own, and the office's list of all."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from portal import policy, ports
from portal.auth import actions_people, actions_roles, giving, queries_people, words
from portal.auth.models import Organisation
from portal.auth.models_links import Invitation
from portal.auth.schemas_people import ActiveForm, HouseForm, LeaveForm
from portal.errors import Invalid
from portal.permissions import Permission
from portal.web import forms, guard, pages

bp = Blueprint("organisations", __name__)


@bp.get("/organisation")
@guard.needs(Permission.ORGANISATION_READ, event="org.viewed")
def own() -> ResponseReturnValue:
    """Show the reader's own organisation."""
    return _page(queries_people.own_house(guard.actor()))


@bp.get("/organisations")
@guard.needs(Permission.ORGANISATION_READ, event="org.viewed")
def shelf() -> ResponseReturnValue:
    """List the organisations the reader may see."""
    return _shelf({}, {})


@bp.post("/organisations")
@guard.needs(Permission.ORGANISATION_WRITE)
def add() -> ResponseReturnValue:
    """Take in an organisation."""
    try:
        given = forms.read(HouseForm())
        made = actions_people.create_organisation(guard.actor(), **given)
    except Invalid as wrong:
        return _shelf(wrong.fields, request.form.to_dict()), 400
    flash(_("%(name)s is there. Now invite its people.", name=made.name), "success")
    return redirect(url_for("organisations.organisation", ref=made.ref), 303)


@bp.get("/organisations/<ref>")
@guard.needs(Permission.ORGANISATION_READ, event="org.viewed")
def organisation(ref: str) -> ResponseReturnValue:
    """Show one organisation, its people and what is under way with it."""
    return _page(queries_people.house(guard.actor(), ref))


@bp.post("/organisations/<ref>")
@guard.needs(Permission.ORGANISATION_WRITE)
def rename(ref: str) -> ResponseReturnValue:
    """Give an organisation another name or kind."""
    actor = guard.actor()
    house = queries_people.house(actor, ref)
    try:
        given = forms.read(HouseForm())
        actions_people.rename_organisation(actor, house, **given)
    except Invalid as wrong:
        return _page(house, wrong.fields, request.form.to_dict()), 400
    flash(_("Saved."), "success")
    return redirect(url_for("organisations.organisation", ref=ref), 303)


@bp.post("/organisations/<ref>/active")
@guard.needs(Permission.ORGANISATION_WRITE)
def set_active(ref: str) -> ResponseReturnValue:
    """Stop an organisation's people at once, or let them in again."""
    actor = guard.actor()
    active = forms.read(ActiveForm())["active"]
    house = queries_people.house(actor, ref)
    actions_people.set_organisation_active(actor, house, active=active)
    said = _("The people of %(name)s can sign in again.") if active else _("Nobody of %(name)s can come in any more.")
    flash(said % {"name": house.name}, "success")
    return redirect(url_for("organisations.organisation", ref=ref), 303)


@bp.post("/organisation/people/<ref>/end")
@guard.needs(Permission.PERSON_LEAVE)
def end_access(ref: str) -> ResponseReturnValue:
    """Shut a colleague out who has left."""
    person = actions_roles.end_access(guard.actor(), ref, forms.read(LeaveForm())["reason"])
    flash(_("%(name)s can no longer sign in; every session has ended.", name=person.name), "success")
    return redirect(url_for("organisations.own"), 303)


def _shelf(errors: forms.Errors, typed: forms.Typed) -> str:
    actor = guard.actor()
    return render_template(
        "auth/organisations.html",
        rows=queries_people.houses(actor),
        errors=errors,
        typed=typed,
        kinds=list(words.KIND.items()),
        words=words,
    )


def _page(house: Organisation, errors: forms.Errors | None = None, typed: Any = None) -> str:  # noqa: ANN401 -- as sent
    actor = guard.actor()
    asked = queries_people.invitations(actor, Invitation.organisation_id == house.id, Invitation.status == "open")
    return render_template(
        "auth/organisation.html",
        house=house,
        members=queries_people.members(actor, house),
        region_names=dict(queries_people.regions()),
        invitations=asked,
        sections=ports.house.of_organisation(actor, house.id),
        may_invite=policy.may(actor, Permission.PERSON_INVITE, house),
        may_write=policy.may(actor, Permission.ORGANISATION_WRITE, house),
        sees_people=policy.holds(actor, Permission.PERSON_READ),
        errors=errors or {},
        typed=typed or {"name": house.name, "kind": house.kind},
        kinds=[one for one in words.KIND.items() if giving.side(one[0]) == giving.side(house.kind)],
        words=words,
    )


def offer() -> None:
    """Put the list into the navigation: a focal point's has one line, their own organisation."""
    pages.add_navigation("organisations.shelf", lazy_gettext("Organisations"), Permission.ORGANISATION_READ)
