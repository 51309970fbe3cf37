"""The administrator's page of people. It shows who may come in and lets nobody read a row of data."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from portal import policy
from portal.actor import Role
from portal.auth import actions_people, actions_roles, queries, queries_people
from portal.auth.schemas import Empty, Look, LookForm
from portal.auth.schemas_people import NewRoleForm, OldRoleForm
from portal.errors import Invalid
from portal.permissions import Permission
from portal.web import forms, guard, pages

bp = Blueprint("people", __name__, url_prefix="/people")


@bp.get("/")
@guard.needs(Permission.PERSON_READ, event="person.viewed")
def people() -> ResponseReturnValue:
    """List people, narrowed and sorted as asked."""
    look = forms.read_query(LookForm())
    found = queries.people(guard.actor(), look)
    return render_template(
        "auth/people.html",
        found=found,
        look=look,
        roles=list(Role),
        region_names=dict(queries_people.regions()),
        here={name: value for name, value in request.args.items() if value},
        sort_urls={sort: _url(look, sort=sort, descending=look.sort == sort and not look.descending) for sort in SORTS},
        prev_url=_url(look, page=found.page - 1) if found.page > 1 else "",
        next_url=_url(look, page=found.page + 1) if found.page < found.pages else "",
    )


SORTS = ("name", "organisation", "seen")


def _url(look: Look, **changed: Any) -> str:  # noqa: ANN401 -- words, a number or a choice
    values: dict[str, Any] = {
        "q": look.words,
        "role": look.role,
        "status": look.status,
        "sort": look.sort,
        "descending": look.descending,
    } | changed
    return url_for("people.people", **{name: value for name, value in values.items() if value not in ("", False)})


@bp.post("/<ref>/disable")
@guard.needs(Permission.PERSON_DISABLE)
def disable(ref: str) -> ResponseReturnValue:
    """Shut a person out, at once and everywhere."""
    forms.read(Empty())
    person = actions_people.disable_person(guard.actor(), ref)
    flash(_("%(name)s can no longer sign in; every session has ended.", name=person.name), "success")
    return _back()


@bp.post("/<ref>/enable")
@guard.needs(Permission.PERSON_DISABLE)
def enable(ref: str) -> ResponseReturnValue:
    """Let a person in again."""
    forms.read(Empty())
    person = actions_people.enable_person(guard.actor(), ref)
    flash(_("%(name)s can sign in again.", name=person.name), "success")
    return _back()


@bp.post("/<ref>/end-sessions")
@guard.needs(Permission.PERSON_DISABLE)
def end_sessions(ref: str) -> ResponseReturnValue:
    """End every session of a person who may still come in."""
    forms.read(Empty())
    person = actions_people.end_sessions_of(guard.actor(), ref)
    flash(_("Every session of %(name)s has ended.", name=person.name), "success")
    return _back()


@bp.get("/<ref>")
@guard.needs(Permission.PERSON_READ, event="person.viewed")
def person(ref: str) -> ResponseReturnValue:
    """Show one person: who they are, and their roles with their days."""
    return _person(ref, {}, {})


@bp.post("/<ref>/roles")
@guard.needs(Permission.ROLE_CHANGE)
def give_role(ref: str) -> ResponseReturnValue:
    """Give a role; the form comes back if some of it cannot be taken."""
    try:
        actions_roles.give(guard.actor(), ref, forms.read(NewRoleForm()))
    except Invalid as wrong:
        return _person(ref, wrong.fields, request.form.to_dict()), 400
    flash(_("The role is given."), "success")
    return redirect(url_for("people.person", ref=ref), 303)


@bp.post("/<ref>/roles/end")
@guard.needs(Permission.ROLE_CHANGE)
def end_role(ref: str) -> ResponseReturnValue:
    """End a role today."""
    try:
        actions_roles.end(guard.actor(), ref, forms.read(OldRoleForm()))
    except Invalid as wrong:
        return _person(ref, wrong.fields, {}), 400
    flash(_("The role has ended; it counts no more from the next page on."), "success")
    return redirect(url_for("people.person", ref=ref), 303)


def _person(ref: str, errors: forms.Errors, typed: dict[str, str]) -> str:
    actor = guard.actor()
    found = queries.person(actor, ref)
    may_change = policy.may(actor, Permission.ROLE_CHANGE, found)
    offered = queries_people.givable(actor, found.organisation) if may_change else frozenset()
    return render_template(
        "auth/person.html",
        person=found,
        grants=queries_people.all_grants(found),
        today=queries_people.today(),
        may_change=may_change,
        endable=frozenset(Role) if actor.has(Role.ADMINISTRATOR) else offered,
        may_disable=policy.may(actor, Permission.PERSON_DISABLE, found),
        roles=[role for role in Role if role in offered],
        regions=queries_people.regions(),
        region_names=dict(queries_people.regions()),
        errors=errors,
        typed={"since": queries_people.today().isoformat()} | typed,
    )


def _back() -> ResponseReturnValue:
    look = forms.read_query(LookForm())
    return redirect(_url(look, page=look.page), 303)


def offer() -> None:
    """Put the page into the navigation."""
    pages.add_navigation("people.people", lazy_gettext("People"), Permission.PERSON_READ, start=True)
