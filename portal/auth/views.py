"""Signing in and out, and the page about oneself. The views that hash open their own transactions around it."""

from zoneinfo import available_timezones

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from portal import i18n, ports
from portal.actor import FACTOR_ROLES, Actor
from portal.auth import actions, passwords, queries
from portal.auth.schemas import (
    Code,
    CodeForm,
    Credentials,
    CredentialsForm,
    Empty,
    NewPassword,
    NewPasswordForm,
    PreferencesForm,
)
from portal.auth.words import weak_password
from portal.db import transaction
from portal.errors import Invalid
from portal.permissions import Permission
from portal.web import errors as web_errors
from portal.web import forms, guard, security
from portal.web.pages import local_or_home

bp = Blueprint("auth", __name__)
AREAS = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
ZONES = ["UTC", *sorted(zone for zone in available_timezones() if zone.startswith(AREAS))]


@bp.get("/sign-in")
@guard.anyone()
def sign_in() -> ResponseReturnValue:
    """Ask who somebody is."""
    onward = request.args.get("next", "")
    if guard.actor().signed_in:
        return redirect(local_or_home(onward), 303)
    return _ask_password({}, {"next": onward})


@bp.post("/sign-in")
@guard.anyone(alone=True)
def sign_in_with_password() -> ResponseReturnValue:
    """Take an address and a password; the answer is the same whatever was wrong."""
    try:
        given = forms.read(CredentialsForm())
    except Invalid as fault:
        return _ask_password(fault.fields, request.form), 400
    opened = _judge(given)
    if opened is None:
        wrong = {"_schema": [_("The e-mail address and the password do not belong together, or access has ended.")]}
        return _ask_password(wrong, request.form), 400
    if opened.stage == "stopped":
        return web_errors.page(web_errors.STOPPED)
    if opened.stage == "factor":
        return security.hand_session(opened.token, url_for("auth.code", next=given.next or None))
    return security.hand_session(opened.token, local_or_home(given.next))


def _judge(given: Credentials) -> actions.SignedIn | None:
    with transaction():
        candidate = queries.candidate(given.email)
    matched = passwords.matches(candidate.password_hash, given.password)  # takes long: between the transactions
    with transaction():
        return actions.sign_in_with_password(candidate, matched=matched, origin=guard.origin(), replacing=guard.token())


@bp.get("/sign-in/code")
@guard.anyone()
def code() -> ResponseReturnValue:
    """Ask for the one-time code."""
    onward = request.args.get("next", "")
    if queries.pending_session(guard.token()) is None:
        return redirect(url_for("auth.sign_in", next=onward or None), 303)
    return _ask_code({}, onward)


@bp.post("/sign-in/code")
@guard.anyone()
def confirm_code() -> ResponseReturnValue:
    """Take the one-time code."""
    try:
        given: Code = forms.read(CodeForm())
    except Invalid as fault:
        return _ask_code(fault.fields, request.form.get("next", "")), 400
    opened = actions.confirm_factor(guard.token(), given.code, origin=guard.origin())
    if opened is None:
        wrong = {"code": [_("This code is not right any more. Wait for the next one and type that.")]}
        return _ask_code(wrong, given.next), 400
    return security.hand_session(opened.token, local_or_home(given.next))


@bp.post("/sign-out")
@guard.anyone()
def sign_out() -> ResponseReturnValue:
    """End the session, here and in the database."""
    forms.read(Empty())
    actions.sign_out(guard.token())
    response = make_response(redirect(url_for("web.home"), 303))
    security.clear_session_cookie(response)
    security.renew_form_token()
    flash(_("You are signed out."), "success")
    return response


@bp.get("/profile")
@guard.needs(Permission.SELF_READ, event="person.viewed")
def profile() -> ResponseReturnValue:
    """Show a person what the portal knows of them, and where they are signed in."""
    return _profile_page({}, {})


@bp.post("/profile")
@guard.needs(Permission.SELF_WRITE)
def preferences() -> ResponseReturnValue:
    """Take a language and a time zone."""
    try:
        wanted = forms.read(PreferencesForm())
    except Invalid as fault:
        return _profile_page(fault.fields, request.form), 400
    actions.set_preferences(guard.actor(), wanted)
    response = make_response(redirect(url_for("auth.profile"), 303))
    security.set_language_cookie(response, wanted.language)
    flash(_("Saved."), "success")
    return response


@bp.get("/profile/password")
@guard.needs(Permission.SELF_WRITE)
def password() -> ResponseReturnValue:
    """Ask for the present password and a new one."""
    return _password_page({})


@bp.post("/profile/password")
@guard.needs(Permission.SELF_WRITE, alone=True)
def change_password() -> ResponseReturnValue:
    """Take a new password; every session ends but the one this opens."""
    actor = guard.actor()
    try:
        given = forms.read(NewPasswordForm())
        opened = _change(actor, given)
    except Invalid as fault:
        return _password_page(fault.fields), 400
    response = security.hand_session(opened.token, url_for("auth.profile"))
    flash(_("Your password is changed. You were signed out everywhere else."), "success")
    return response


def _change(actor: Actor, given: NewPassword) -> actions.SignedIn:
    with transaction():
        person = queries.oneself(actor, Permission.SELF_WRITE)
        was, about = person.password_hash, (person.name, person.email, actor.organisation_name)
    if not passwords.matches(was, given.current):
        with transaction():
            actions.note_wrong_password(actor)
        raise Invalid({"current": [_("This is not your present password.")]})
    least = _least(actor)
    weak = passwords.weakness(given.password, least=least, about=about)
    if weak is not None:
        raise Invalid({"password": [weak_password(weak, least)]})
    now = passwords.make(given.password)
    with transaction():
        return actions.change_password(actor, was=was, now=now)


@bp.post("/profile/sessions/<ref>/end")
@guard.needs(Permission.SESSION_END)
def end_session(ref: str) -> ResponseReturnValue:
    """End one session."""
    forms.read(Empty())
    actions.end_session(guard.actor(), ref)
    flash(_("The session has ended."), "success")
    return redirect(url_for("auth.profile"), 303)


@bp.post("/profile/sessions/end-others")
@guard.needs(Permission.SESSION_END)
def end_other_sessions() -> ResponseReturnValue:
    """End every session but this one."""
    forms.read(Empty())
    ended = actions.end_other_sessions(guard.actor())
    flash(ngettext("%(num)d other session has ended.", "%(num)d other sessions have ended.", ended), "success")
    return redirect(url_for("auth.profile"), 303)


def _least(actor: Actor) -> int:
    staff = not FACTOR_ROLES.isdisjoint(actor.roles)
    return passwords.LEAST_WITH_FACTOR if staff else passwords.LEAST_ALONE


def _ask_password(errors: forms.Errors, typed: forms.Typed) -> str:
    kept = {"email": typed.get("email", ""), "next": typed.get("next", "")}
    return render_template("auth/sign_in.html", errors=errors, values=kept)


def _ask_code(errors: forms.Errors, onward: str) -> str:
    return render_template("auth/code.html", errors=errors, onward=onward)


def _password_page(errors: forms.Errors) -> str:
    return render_template("auth/password.html", errors=errors, least=_least(guard.actor()))


def _profile_page(errors: forms.Errors, typed: forms.Typed) -> str:
    actor = guard.actor()
    person = queries.oneself(actor)
    return render_template(
        "auth/profile.html",
        person=person,
        grants=queries.own_grants(actor),
        region_names=dict(ports.house.regions()),
        sessions=queries.own_sessions(actor),
        errors=errors,
        values={
            "language": typed.get("language", person.language),
            "time_zone": typed.get("time_zone", person.time_zone),
        },
        language_options=list(i18n.LANGUAGES.items()),
        zones=[(zone, zone.replace("_", " ")) for zone in ZONES],
        message_settings=Markup(ports.house.message_settings(actor)),  # noqa: S704 -- a rendered template
    )
