"""Changing one's e-mail address: asked for on the profile, confirmed behind a link in a letter."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.auth import actions_address, passwords, queries, queries_people
from portal.auth.schemas import Empty
from portal.auth.schemas_people import AddressForm
from portal.db import transaction
from portal.errors import Invalid
from portal.permissions import Permission
from portal.web import forms, guard

bp = Blueprint("address", __name__)


@bp.get("/profile/address")
@guard.somebody()
def ask_form() -> ResponseReturnValue:
    """Ask for a new address, with the password."""
    return _page({}, {})


@bp.post("/profile/address")
@guard.needs(Permission.SELF_WRITE, alone=True)
def ask() -> ResponseReturnValue:
    """Write to the new address, and to the old one."""
    actor = guard.actor()
    wrong: Invalid | None = None
    try:
        given = forms.read(AddressForm())
        with transaction():
            known = queries.oneself(actor, Permission.SELF_WRITE).password_hash
        matched = passwords.matches(known, given["password"])
        with transaction():
            try:
                actions_address.ask(actor, given["email"], known=known, matched=matched, code=given["code"])
            except Invalid as fault:  # a wrong password or code is recorded: this transaction commits
                wrong = fault
    except Invalid as fault:
        wrong = fault
    if wrong is not None:
        with transaction():
            return _page(wrong.fields, request.form), 400
    flash(
        _("We have written to the new address. Follow the link in that letter; until then the old one stays."),
        "success",
    )
    return redirect(url_for("auth.profile"), 303)


@bp.get("/address/<token>")
@guard.anyone()
def confirm_form(token: str) -> ResponseReturnValue:
    """Show what will change; nothing does before the form is sent."""
    return render_template("auth/address_confirm.html", change=queries_people.address_behind(token), token=token)


@bp.post("/address/<token>")
@guard.anyone()
def confirm(token: str) -> ResponseReturnValue:
    """Make the new address the person's."""
    forms.read(Empty())
    actions_address.confirm(token)
    flash(_("Your new address is confirmed. From now on, sign in with it."), "success")
    return redirect(url_for("auth.profile") if guard.actor().signed_in else url_for("auth.sign_in"), 303)


def _page(errors: forms.Errors, typed: forms.Typed) -> str:
    person = queries.oneself(guard.actor())
    return render_template(
        "auth/address.html",
        errors=errors,
        email=typed.get("email", ""),
        person=person,
        by_code=person.totp_wrapped is not None,
    )
