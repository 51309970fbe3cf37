"""The doors of obligations, and the one through which a requester takes the settled part of a request."""

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.agreements import words as agreement_words
from portal.errors import Invalid
from portal.permissions import Permission
from portal.requests import actions_obligations, actions_split, queries_inbox, words
from portal.requests.queries_inbox import Duty
from portal.requests.schemas import SeenForm
from portal.requests.schemas_duties import JudgeForm, ReportForm
from portal.web import forms, guard, lists

bp = Blueprint("obligations", __name__)


@bp.get("/obligations")
@guard.needs(Permission.OBLIGATION_READ, event="obligation.listed")
def obligations() -> ResponseReturnValue:
    """List the conditions that were taken on, as far as the reader may see them."""
    only = request.args.get("show", "")
    found = queries_inbox.obligations(guard.actor())
    chosen = [one for one in found if only != "overdue" or one.overdue]
    listing = lists.listing(
        chosen,
        {
            "request": lambda one: one.row.request.number,
            "organisation": lambda one: one.row.request.organisation.name.casefold(),
            "due": lambda one: (one.row.due_on is None, one.row.due_on),
            "status": lambda one: one.row.status,
        },
    )
    if lists.wants_csv():
        heads = ("request", "organisation", "region", "condition", "due", "due_on", "status", "overdue")
        return lists.as_csv("obligations", heads, map(_line, listing.rows))
    return render_template("requests/obligations.html", listing=listing, only=only, any=bool(found), **_words())


@bp.get("/obligations/<ref>")
@guard.needs(Permission.OBLIGATION_READ, event="obligation.viewed")
def obligation(ref: str) -> ResponseReturnValue:
    """Show one condition, and the form of whoever may report or judge it."""
    return _page(ref, {}, {})


@bp.post("/obligations/<ref>/report")
@guard.needs(Permission.OBLIGATION_REPORT)
def report(ref: str) -> ResponseReturnValue:
    """Take the requester's word that a condition is met."""
    try:
        actions_obligations.report(guard.actor(), ref, forms.read(ReportForm()))
    except Invalid as wrong:
        return _page(ref, words.told(wrong.fields), request.form.to_dict()), 400
    flash(_("Reported. Whoever set the condition looks at it."), "success")
    return redirect(url_for("obligations.obligation", ref=ref), 303)


@bp.post("/obligations/<ref>/judge")
@guard.needs(Permission.OBLIGATION_JUDGE)
def judge(ref: str) -> ResponseReturnValue:
    """Confirm, reopen or waive a condition."""
    try:
        actions_obligations.judge(guard.actor(), ref, forms.read(JudgeForm()))
    except Invalid as wrong:
        return _page(ref, words.told(wrong.fields), request.form.to_dict()), 400
    return redirect(url_for("obligations.obligation", ref=ref), 303)


@bp.post("/requests/<ref>/split")
@guard.needs(Permission.REQUEST_ACCEPT)
def split(ref: str) -> ResponseReturnValue:
    """Settle what is decided; what is open goes on in a request of its own."""
    child = actions_split.split(guard.actor(), ref, lock=forms.read(SeenForm()).lock)
    flash(_("What is still open goes on as request %(number)s.", number=child.number), "success")
    return redirect(url_for("requests.tracking", ref=ref), 303)


def _page(ref: str, errors: Mapping[str, list[str]], typed: Mapping[str, str]) -> str:
    duty = queries_inbox.obligation(guard.actor(), ref)
    return render_template("requests/obligation.html", duty=duty, errors=dict(errors), typed=typed, **_words())


def _words() -> dict[str, object]:
    return {"words": words, "region_name": agreement_words.region}


def _line(duty: Duty) -> tuple[object, ...]:
    one = duty.row
    due_on = one.due_on.isoformat() if one.due_on else ""
    late = "yes" if duty.overdue else "no"
    return one.request.number, one.request.organisation.name, one.region, one.text, one.due, due_on, one.status, late
