"""The page behind an invitation's link: open to whoever has the link, and nothing happens before a form is sent."""

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.auth import actions, actions_join, onetime, passwords, queries_people, tokens
from portal.auth.models_links import Invitation
from portal.auth.queries_people import LinkOver
from portal.auth.schemas import Code, CodeForm
from portal.auth.schemas_people import Joining, JoiningForm
from portal.auth.words import weak_password
from portal.db import transaction
from portal.errors import Invalid
from portal.web import errors as web_errors
from portal.web import forms, guard, security

bp = Blueprint("joining", __name__, url_prefix="/join")


@bp.app_template_filter("link_secret")
def link_secret(nonce: str) -> str:
    """Return the secret of a letter's link, as the letter is written out."""
    return tokens.in_letter(nonce)


@bp.app_errorhandler(LinkOver)
def over(_error: LinkOver) -> ResponseReturnValue:
    """Answer for every link that opens nothing, whatever the reason, in the same words."""
    web_errors.deny("NotFound")
    return render_template("auth/link_over.html", status=404), 404


@bp.get("/<token>")
@guard.anyone()
def invitation(token: str) -> ResponseReturnValue:
    """Say who invites, as what; nothing changes, however often and by whomever this is looked at."""
    return _page(queries_people.invitation_behind(token), token, {})


@bp.post("/<token>")
@guard.anyone(alone=True)
def choose(token: str) -> ResponseReturnValue:
    """Take a password; then the person is in, or is shown the secret for their one-time codes."""
    try:
        given: Joining = forms.read(JoiningForm())
        opened = _chosen(token, given)
    except Invalid as fault:
        return _again(token, fault), 400
    return opened if isinstance(opened, str) else _welcome(opened)


def _chosen(token: str, given: Joining) -> actions.SignedIn | str:
    with transaction():
        found = queries_people.invitation_behind(token)
        about = found.name, found.email, found.organisation.name
        factor = given.factor or actions_join.needs_factor(found)
    least = passwords.LEAST_WITH_FACTOR if factor else passwords.LEAST_ALONE
    weak = passwords.weakness(given.password, least=least, about=about)
    if weak is not None:
        raise Invalid({"password": [weak_password(weak, least)]})
    hashed = passwords.make(given.password)  # takes long: between the transactions
    with transaction():
        if not factor:
            return actions_join.join(token, password_hash=hashed, origin=guard.origin(), replacing=guard.token())
        found, secret = actions_join.begin(token, password_hash=hashed)
        return _page(found, token, {}, secret=secret, step=2)


@bp.post("/<token>/code")
@guard.anyone()
def confirm(token: str) -> ResponseReturnValue:
    """Take the first code of the app: now the person is in."""
    given: Code = forms.read(CodeForm())
    try:
        opened = actions_join.confirm(token, given.code, origin=guard.origin(), replacing=guard.token())
    except Invalid as fault:
        return _page(queries_people.invitation_behind(token), token, fault.fields, step=2), 400
    return _welcome(opened)


def _welcome(opened: actions.SignedIn) -> ResponseReturnValue:
    return security.hand_session(opened.token, url_for("web.home"))


def _again(token: str, fault: Invalid) -> str:
    """Show the form once more; what is wrong with it is all that is said where the link opens nothing."""
    with transaction():
        try:
            return _page(queries_people.invitation_behind(token), token, fault.fields)
        except LinkOver:
            raise fault from None


def _page(found: Invitation, token: str, errors: forms.Errors, *, secret: str = "", step: int = 1) -> str:
    must = actions_join.needs_factor(found)
    return render_template(
        "auth/join.html",
        found=found,
        token=token,
        errors=errors,
        must=must,
        least=passwords.LEAST_WITH_FACTOR if must else passwords.LEAST_ALONE,
        least_with_codes=passwords.LEAST_WITH_FACTOR,
        step=step,
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        address=onetime.provisioning(secret, found.email) if secret else "",
    )
