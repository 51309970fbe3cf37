"""The pages of a longer use and of somebody new in the team: where it is asked for, and where each part answers."""

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.agreements.words import region as region_name
from portal.errors import Invalid
from portal.permissions import Permission
from portal.requests import actions_extension, people, queries, queries_extension, words
from portal.requests.models import Request
from portal.requests.models_extension import OFFICER
from portal.requests.schemas_extension import AnswerForm, AskForm, JoinForm, TakeBackForm
from portal.web import forms, guard

bp = Blueprint("extensions", __name__)
Errors = Mapping[str, list[str]]
MARKED = {"reason": "reason-joining"}
"""The places of a field that the page's other form has too."""


@bp.get("/requests/<ref>/extension")
@guard.needs(Permission.REQUEST_READ, event="extension.viewed")
def extension(ref: str) -> ResponseReturnValue:
    """Show what is asked for beyond the last day, what became of earlier askings, and what the reader may do."""
    return _page(queries.request(guard.actor(), ref), {}, {})


@bp.post("/requests/<ref>/extension")
@guard.needs(Permission.REQUEST_EXTEND)
def ask(ref: str) -> ResponseReturnValue:
    """Ask for a later last day."""
    actor = guard.actor()
    try:
        asked = forms.read(AskForm())
        actions_extension.ask(actor, ref, ends_on=asked.ends_on, reason=asked.reason, lock=asked.lock)
    except Invalid as wrong:
        return _page(queries.request(actor, ref), words.told(wrong.fields), request.form.to_dict()), 400
    flash(_("Asked for. Until everybody concerned has agreed, the last day stays what it is."), "success")
    return redirect(url_for("extensions.extension", ref=ref), 303)


@bp.post("/requests/<ref>/extension/withdraw")
@guard.needs(Permission.REQUEST_EXTEND)
def withdraw(ref: str) -> ResponseReturnValue:
    """Take back what was asked for."""
    return _taken_back(ref)


@bp.post("/requests/<ref>/team/join")
@guard.needs(Permission.REQUEST_TEAM)
def ask_to_join(ref: str) -> ResponseReturnValue:
    """Ask for somebody new in the team."""
    actor = guard.actor()
    try:
        asked = forms.read(JoinForm())
        actions_extension.ask_to_join(actor, ref, newcomer=asked.newcomer, reason=asked.reason, lock=asked.lock)
    except Invalid as wrong:
        told = {MARKED.get(name, name): said for name, said in words.told(wrong.fields).items()}
        return _page(queries.request(actor, ref), told, request.form.to_dict()), 400
    flash(_("Asked for. Until everybody concerned has agreed, they cannot download anything."), "success")
    return redirect(url_for("extensions.extension", ref=ref), 303)


@bp.post("/requests/<ref>/team/join/withdraw")
@guard.needs(Permission.REQUEST_TEAM)
def withdraw_joining(ref: str) -> ResponseReturnValue:
    """Take back the asking for somebody new."""
    return _taken_back(ref)


def _taken_back(ref: str) -> ResponseReturnValue:
    actions_extension.withdraw(guard.actor(), ref, lock=forms.read(TakeBackForm()).lock)
    flash(_("Taken back. Everything stays as it is."), "success")
    return redirect(url_for("requests.tracking", ref=ref), 303)


@bp.post("/requests/<ref>/extension/officer")
@guard.needs(Permission.REQUEST_OFFICER_DECIDE)
def answer_officer(ref: str) -> ResponseReturnValue:
    """Take the data protection officer's answer."""
    actor = guard.actor()
    try:
        actions_extension.answer_officer(actor, ref, forms.read(AnswerForm()))
    except Invalid as wrong:
        return _page(queries.request(actor, ref), words.told(wrong.fields), request.form.to_dict()), 400
    flash(_("Your answer is recorded."), "success")
    return redirect(url_for("extensions.extension", ref=ref), 303)


@bp.get("/tracks/<ref>/extension")
@guard.needs(Permission.TRACK_READ, event="extension.viewed")
def part(ref: str) -> ResponseReturnValue:
    """Show a region's decider what is asked for, and the form that answers."""
    return _part_page(ref, {}, {})


@bp.post("/tracks/<ref>/extension")
@guard.needs(Permission.TRACK_DECIDE)
def answer(ref: str) -> ResponseReturnValue:
    """Take a region's answer."""
    try:
        actions_extension.answer_region(guard.actor(), ref, forms.read(AnswerForm()))
    except Invalid as wrong:
        return _part_page(ref, words.told(wrong.fields), request.form.to_dict()), 400
    flash(_("Your answer is recorded."), "success")
    return redirect(url_for("extensions.part", ref=ref), 303)


def _page(found: Request, errors: Errors, typed: Mapping[str, str]) -> str:
    actor = guard.actor()
    pending = queries_extension.pending(found)
    mine = queries.may(actor, Permission.REQUEST_EXTEND, found)
    team = queries.may(actor, Permission.REQUEST_TEAM, found)
    open_to = pending is None and found.status == "active"
    named = {one.person_id for one in found.recipients}
    colleagues = people.colleagues(found.organisation_id) if team and open_to else []
    officer = queries.may(actor, Permission.REQUEST_OFFICER_DECIDE, found)
    return _render(
        found,
        errors,
        typed,
        may_ask=mine and open_to,
        may_add=team and open_to,
        colleagues=[(one.ref, one.name) for one in colleagues if one.id not in named],
        may_withdraw=pending is not None and (team if pending.newcomer_id else mine),
        action=url_for("extensions.answer_officer", ref=found.ref)
        if officer and pending is not None and OFFICER in pending.open_parts
        else "",
        back=url_for("requests.tracking", ref=found.ref),
    )


def _part_page(ref: str, errors: Errors, typed: Mapping[str, str]) -> str:
    actor = guard.actor()
    track = queries.track(actor, ref)
    pending = queries_extension.pending(track.request)
    open_here = pending is not None and track.region in pending.open_parts
    decides = open_here and queries.may(actor, Permission.TRACK_DECIDE, track)
    return _render(
        track.request,
        errors,
        typed,
        may_ask=False,
        may_add=False,
        may_withdraw=False,
        action=url_for("extensions.answer", ref=ref) if decides else "",
        back=url_for("reviews.track", ref=ref),
    )


def _render(found: Request, errors: Errors, typed: Mapping[str, str], **more: object) -> str:
    return render_template(
        "requests/extension.html",
        request_row=found,
        askings=queries_extension.history(found),
        part_name=_part_name,
        errors=dict(errors),
        typed=typed,
        words=words,
        **more,
    )


def _part_name(code: str) -> str:
    return str(_("Data protection officer")) if code == OFFICER else region_name(code)
