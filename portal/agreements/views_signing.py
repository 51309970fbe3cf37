"""The doors behind the accepted text: the officer's record, the signatures, and what stops an agreement."""

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.actor import Actor
from portal.agreements import actions_signing, actions_stop, queries
from portal.agreements.schemas_signing import Office, OfficeForm, SignForm, StopForm
from portal.agreements.views import agreement_page
from portal.errors import Invalid
from portal.permissions import Permission
from portal.web import forms, guard

bp = Blueprint("signing", __name__, url_prefix="/agreements")


@bp.post("/<ref>/officer")
@guard.needs(Permission.AGREEMENT_OFFICER)
def officer(ref: str) -> ResponseReturnValue:
    """Take the data protection officer's step: record, send back, confirm a paper, close."""
    actor = guard.actor()
    try:
        _office(actor, ref, forms.read(OfficeForm()))
    except Invalid as wrong:
        return agreement_page(queries.agreement(actor, ref), wrong.fields, "officer"), 400
    flash(_("Recorded. Whoever is next got a letter."), "success")
    return redirect(url_for("agreements.agreement", ref=ref), 303)


def _office(actor: Actor, ref: str, form: Office) -> None:
    wanted = form.recorded
    if form.verb == "record":
        actions_signing.record_basis(actor, ref, wanted, lock=form.lock)
    elif form.verb == "adopt":
        actions_signing.adopt(actor, ref, wanted, lock=form.lock)
    elif form.verb == "close":
        actions_stop.close(actor, ref, lock=form.lock, reason=wanted.reason, code=wanted.code)
    else:
        actions_signing.send_back(actor, ref, lock=form.lock, reason=wanted.reason)


@bp.post("/<ref>/sign")
@guard.needs(Permission.AGREEMENT_SIGN)
def sign(ref: str) -> ResponseReturnValue:
    """Sign the frozen text."""
    actor = guard.actor()
    try:
        form = forms.read(SignForm())
        signed = actions_signing.sign(actor, ref, sha256=form.sha256, code=form.code)
    except Invalid as wrong:
        return agreement_page(queries.agreement(actor, ref), wrong.fields, "sign"), 400
    done = _("Signed. The agreement is active.") if signed.status == "active" else _("Your signature is recorded.")
    flash(done, "success")
    return redirect(url_for("agreements.agreement", ref=ref), 303)


@bp.post("/<ref>/stop")
@guard.needs(Permission.AGREEMENT_STOP)
def stop(ref: str) -> ResponseReturnValue:
    """Suspend, resume or terminate, or give notice for MMC."""
    actor = guard.actor()
    try:
        form = forms.read(StopForm())
        said = {"lock": form.lock, "reason": form.reason, "code": form.code}
        if form.verb == "notice":
            actions_stop.notice(actor, ref, last_day=form.last_day, **said)
        else:
            actions_stop.stop(actor, ref, form.verb, **said)
    except Invalid as wrong:
        return agreement_page(queries.agreement(actor, ref), wrong.fields, "stop"), 400
    flash(_("Done. Both sides got a letter."), "success")
    return redirect(url_for("agreements.agreement", ref=ref), 303)
