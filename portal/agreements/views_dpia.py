"""The doors of the assessments (DPIA) on an agreement's page."""

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.agreements import actions_dpia, queries
from portal.agreements.schemas_dpia import AssessmentForm, WithdrawForm
from portal.agreements.views import agreement_page
from portal.errors import Invalid
from portal.permissions import Permission
from portal.web import forms, guard

bp = Blueprint("dpia", __name__, url_prefix="/agreements")


@bp.post("/<ref>/dpia")
@guard.needs(Permission.AGREEMENT_OFFICER)
def keep(ref: str) -> ResponseReturnValue:
    """Record an assessment; the form comes back with what was typed if it cannot be taken."""
    actor = guard.actor()
    try:
        actions_dpia.keep(actor, ref, forms.read(AssessmentForm()))
    except Invalid as wrong:
        return agreement_page(queries.agreement(actor, ref), wrong.fields, "dpia"), 400
    flash(_("The assessment is on file."), "success")
    return redirect(url_for("agreements.agreement", ref=ref, _anchor="dpia"), 303)


@bp.post("/<ref>/dpia/<assessment>/withdraw")
@guard.needs(Permission.AGREEMENT_OFFICER)
def withdraw(ref: str, assessment: str) -> ResponseReturnValue:
    """Withdraw an assessment."""
    actor = guard.actor()
    try:
        form = forms.read(WithdrawForm())
        actions_dpia.withdraw(actor, ref, assessment, reason=form.reason, code=form.code, lock=form.lock)
    except Invalid as wrong:
        return agreement_page(queries.agreement(actor, ref), wrong.fields, "dpia_withdraw"), 400
    flash(_("Withdrawn. It counts no more."), "success")
    return redirect(url_for("agreements.agreement", ref=ref, _anchor="dpia"), 303)
