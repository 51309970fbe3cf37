"""A code once more, in the middle of a session: for what must not be done from a browser left open."""

from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.auth import actions_factor, passwords, queries
from portal.auth.schemas_people import StepUp, StepUpForm
from portal.db import transaction
from portal.errors import Invalid, NotFresh
from portal.permissions import Permission
from portal.web import errors as web_errors
from portal.web import forms, guard
from portal.web.pages import local_or_home

bp = Blueprint("stepup", __name__, url_prefix="/step-up")


@bp.app_errorhandler(NotFresh)
def ask_first(_error: NotFresh) -> ResponseReturnValue:
    """Send whoever proved themselves too long ago to this page, and from there back to where they were."""
    web_errors.deny("NotFresh")
    here = request.full_path.rstrip("?") if request.method == "GET" else _came_from()
    return redirect(url_for("stepup.ask", next=here), 303)


def _came_from() -> str:
    came = urlsplit(request.referrer or "")
    return local_or_home(came.path or "/") if came.netloc in {"", request.host} else "/"


@bp.get("")
@guard.somebody()
def ask() -> ResponseReturnValue:
    """Ask for a one-time code, or for the password of somebody who has none."""
    return _page({}, request.args.get("next", ""))


@bp.post("")
@guard.somebody(alone=True)
def prove() -> ResponseReturnValue:
    """Take it, and go back to where the person was."""
    actor = guard.actor()
    given: StepUp = forms.read(StepUpForm())
    with transaction():
        known = queries.oneself(actor, Permission.SELF_WRITE)
        by_code, known_hash = known.totp_wrapped is not None, known.password_hash
    matched = False if by_code else passwords.matches(known_hash, given.password)
    wrong = None
    with transaction():
        try:
            if by_code:
                actions_factor.step_up(actor, given.code)
            else:
                actions_factor.step_up_with_password(actor, known=known_hash, matched=matched)
        except Invalid as fault:  # the failure is recorded: this transaction commits
            wrong = fault
    if wrong is not None:
        with transaction():
            return _page(wrong.fields, given.next), 400
    flash(_("Thank you. For ten minutes you can go on."), "success")
    return redirect(local_or_home(given.next), 303)


def _page(errors: forms.Errors, onward: str) -> str:
    by_code = queries.oneself(guard.actor()).totp_wrapped is not None
    return render_template("auth/step_up.html", errors=errors, onward=onward, by_code=by_code)
