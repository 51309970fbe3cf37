"""The page on which staff enter a request that came by mail, and the button that hands it to whoever asked."""

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from portal import clock
from portal.errors import Invalid
from portal.permissions import Permission
from portal.requests import actions_mail, queries_mail, words
from portal.requests.schemas_mail import HandForm, MailForm
from portal.web import forms, guard, pages

bp = Blueprint("mailed", __name__, url_prefix="/requests")


def offer() -> None:
    """Offer this page in the navigation."""
    pages.add_navigation("mailed.page", lazy_gettext("Enter a request"), Permission.REQUEST_ENTER)


@bp.get("/enter")
@guard.needs(Permission.REQUEST_ENTER, event="request.listed")
def page() -> ResponseReturnValue:
    """Show for whom a request may be entered, and what was entered and not handed over."""
    return _page({}, {})


@bp.post("/enter")
@guard.needs(Permission.REQUEST_ENTER)
def enter() -> ResponseReturnValue:
    """Begin a draft for somebody who asked by mail."""
    try:
        made = actions_mail.enter(guard.actor(), forms.read(MailForm()))
    except Invalid as wrong:
        return _page(words.told(wrong.fields), request.form.to_dict()), 400
    return redirect(url_for("drafts.edit", ref=made.ref, step="rows"), 303)


@bp.post("/<ref>/hand-over")
@guard.needs(Permission.REQUEST_HAND_OVER)
def hand_over(ref: str) -> ResponseReturnValue:
    """Hand the draft to whoever asked."""
    made = actions_mail.hand_over(guard.actor(), ref, lock=forms.read(HandForm()).lock)
    flash(_("%(name)s has it now, and a letter that says so.", name=made.requester.name), "success")
    return redirect(url_for("mailed.page"), 303)


def _page(errors: Mapping[str, list[str]], typed: Mapping[str, str]) -> str:
    actor = guard.actor()
    people = queries_mail.requesters(actor.organisation_id)
    return render_template(
        "requests/enter.html",
        people=[(one.ref, f"{one.organisation.name} – {one.name}") for one in people],
        datasets=queries_mail.datasets(people),
        rows=queries_mail.entered(actor),
        today=clock.today(actor.time_zone),
        errors=dict(errors),
        typed=typed,
    )
