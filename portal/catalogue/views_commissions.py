"""The page under a dataset that says which contractor brings which round, and who loaded what for it."""

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal import policy
from portal.catalogue import actions_commissions, queries_commissions, words_commissions
from portal.catalogue.models import Dataset
from portal.catalogue.models_commissions import Commission
from portal.catalogue.schemas_commissions import CommissionForm, EndingForm
from portal.errors import Invalid
from portal.permissions import Permission
from portal.web import forms, guard

bp = Blueprint("commissions", __name__, url_prefix="/catalogue")


@bp.get("/<ref>/commissions")
@guard.needs(Permission.COMMISSION_READ, event="dataset.metadata.viewed")
def commissions(ref: str) -> ResponseReturnValue:
    """Show who is commissioned for which round, and to whom may the form that commissions."""
    return _page(queries_commissions.dataset(guard.actor(), ref), {}, {})


@bp.post("/<ref>/commissions")
@guard.needs(Permission.COMMISSION_GIVE)
def give(ref: str) -> ResponseReturnValue:
    """Commission a contractor; the form comes back with what was typed if some of it cannot be taken."""
    actor = guard.actor()
    try:
        actions_commissions.commission(actor, ref, forms.read(CommissionForm()))
    except Invalid as wrong:
        return _page(queries_commissions.dataset(actor, ref), wrong.fields, request.form.to_dict()), 400
    flash(_("Recorded. From the first day on their people find the round on their page."), "success")
    return redirect(url_for("commissions.commissions", ref=ref), 303)


@bp.get("/commissions/<ref>/end")
@guard.needs(Permission.COMMISSION_END, event="dataset.metadata.viewed")
def end_form(ref: str) -> ResponseReturnValue:
    """Ask whether a commission ends now."""
    return _end_page(queries_commissions.commission(guard.actor(), ref), {})


@bp.post("/commissions/<ref>/end")
@guard.needs(Permission.COMMISSION_END)
def end(ref: str) -> ResponseReturnValue:
    """End a commission at once."""
    actor = guard.actor()
    found = queries_commissions.commission(actor, ref)
    try:
        actions_commissions.end_commission(actor, ref, forms.read(EndingForm()))
    except Invalid as wrong:
        return _end_page(found, wrong.fields), 400
    flash(_("Ended. Their people see nothing of this round any more."), "success")
    return redirect(url_for("commissions.commissions", ref=found.dataset.ref), 303)


def _page(dataset: Dataset, errors: Mapping[str, list[str]], typed: Mapping[str, str]) -> str:
    today = queries_commissions.today()
    return render_template(
        "catalogue/commissions.html",
        dataset=dataset,
        rows=[(one, one.standing(today)) for one in queries_commissions.of_dataset(dataset.id)],
        contractors=[(one.ref, one.name) for one in queries_commissions.candidates()],
        may_give=policy.may(guard.actor(), Permission.COMMISSION_GIVE, dataset),
        today=today,
        errors=dict(errors),
        typed=typed,
        words=words_commissions,
    )


def _end_page(found: Commission, errors: Mapping[str, list[str]]) -> str:
    return render_template(
        "catalogue/commission_end.html",
        one=found,
        dataset=found.dataset,
        standing=found.standing(queries_commissions.today()),
        errors=dict(errors),
    )
