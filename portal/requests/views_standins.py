"""The doors of deputies and replacements: who decides in whose place, from when to when, and why."""

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal import clock
from portal.agreements import words as agreement_words
from portal.catalogue.schemas import LockForm
from portal.errors import Invalid
from portal.permissions import Permission
from portal.requests import actions_deputies, actions_replace, people, queries, queries_inbox, standins, words
from portal.requests.conflict import AlreadyDecided
from portal.requests.models import Track
from portal.requests.schemas_duties import DeputyForm, ReassignForm, RecuseForm
from portal.web import errors as web_errors
from portal.web import forms, guard

bp = Blueprint("standins", __name__)
Errors = Mapping[str, list[str]]


@bp.get("/deputies")
@guard.needs(Permission.DEPUTY_READ, event="deputy.listed")
def deputies() -> ResponseReturnValue:
    """List who stands in for whom, with the form that names a deputy."""
    return _deputies({}, {})


@bp.post("/deputies")
@guard.needs(Permission.DEPUTY_WRITE)
def name() -> ResponseReturnValue:
    """Name a deputy."""
    try:
        actions_deputies.name(guard.actor(), forms.read(DeputyForm()))
    except Invalid as wrong:
        return _deputies(words.told(wrong.fields), request.form.to_dict()), 400
    flash(_("The deputy is named and gets a letter."), "success")
    return redirect(url_for("standins.deputies"), 303)


@bp.post("/deputies/<ref>/end")
@guard.needs(Permission.DEPUTY_WRITE)
def end(ref: str) -> ResponseReturnValue:
    """End a deputyship before its last day."""
    actions_deputies.revoke(guard.actor(), ref, lock=forms.read(LockForm()).lock)
    flash(_("From this moment they decide nothing in your place."), "success")
    return redirect(url_for("standins.deputies"), 303)


@bp.get("/tracks/<ref>/recuse")
@guard.needs(Permission.TRACK_DECIDE, event="track.viewed")
def recuse_page(ref: str) -> ResponseReturnValue:
    """Show the form with which a decider steps aside."""
    return _recuse(queries.track(guard.actor(), ref, Permission.TRACK_DECIDE), {}, {})


@bp.post("/tracks/<ref>/recuse")
@guard.needs(Permission.TRACK_DECIDE)
def recuse(ref: str) -> ResponseReturnValue:
    """Step aside from a region's part."""
    actor = guard.actor()
    try:
        actions_replace.recuse(actor, ref, forms.read(RecuseForm()))
    except Invalid as wrong:
        return _recuse(queries.track(actor, ref), words.told(wrong.fields), request.form.to_dict()), 400
    flash(_("You stepped aside. The coordinator finds somebody else."), "success")
    return redirect(url_for("reviews.inbox"), 303)


@bp.get("/tracks/<ref>/reassign")
@guard.needs(Permission.TRACK_REASSIGN, event="track.viewed")
def reassign_page(ref: str) -> ResponseReturnValue:
    """Show whom a silent or conflicted part may be given to."""
    return _reassign(queries.track(guard.actor(), ref, Permission.TRACK_REASSIGN), {}, {})


@bp.post("/tracks/<ref>/reassign")
@guard.needs(Permission.TRACK_REASSIGN)
def reassign(ref: str) -> ResponseReturnValue:
    """Give a region's part to another decider."""
    actor = guard.actor()
    try:
        actions_replace.reassign(actor, ref, forms.read(ReassignForm()))
    except Invalid as wrong:
        return _reassign(queries.track(actor, ref), words.told(wrong.fields), request.form.to_dict()), 400
    flash(_("Given. They get a letter and may decide now."), "success")
    return redirect(url_for("reviews.track", ref=ref), 303)


@bp.app_errorhandler(AlreadyDecided)
def decided(error: AlreadyDecided) -> ResponseReturnValue:
    """Show the decision that counts to whoever came second."""
    web_errors.deny("IllegalStep")
    verdict = words.VERDICT.get(error.verdict, error.verdict)
    told = {"verdict": verdict, "decider": error.who, "when": error.when, "back": error.back, "number": error.number}
    page = render_template("inbox/decided.html", **told)
    return page, 409


def _deputies(errors: Errors, typed: Mapping[str, str]) -> str:
    actor = guard.actor()
    choices = people.may_stand_in([actor.id], organisation_id=actor.organisation_id)
    return render_template(
        "inbox/deputies.html",
        rows=[(one, queries_inbox.holds_now(one)) for one in queries_inbox.deputyships(actor)],
        me=actor.id,
        regions=[(code, words.post(code)) for code in standins.offices(actor)],
        choices=[(one.ref, one.name) for one in choices],
        today=clock.today(actor.time_zone),
        now=clock.now(),
        zone=actor.time_zone,
        errors=dict(errors),
        typed=typed,
        region_name=words.post,
    )


def _recuse(track: Track, errors: Errors, typed: Mapping[str, str]) -> str:
    return render_template("inbox/recuse.html", **_about(track, errors, typed))


def _reassign(track: Track, errors: Errors, typed: Mapping[str, str]) -> str:
    choices = [(one.ref, f"{one.name}, {one.organisation.name}") for one in actions_replace.candidates(track)]
    return render_template("inbox/reassign.html", choices=choices, **_about(track, errors, typed))


def _about(track: Track, errors: Errors, typed: Mapping[str, str]) -> dict[str, object]:
    return {
        "track": track,
        "request_row": track.request,
        "errors": dict(errors),
        "typed": typed,
        "region_name": agreement_words.region,
    }
