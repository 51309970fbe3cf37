"""The requester's pages: the list, the beginning of a draft, and the page that says where a request stands."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from markupsafe import Markup

from portal import ports
from portal.actor import Actor
from portal.agreements import words as agreement_words
from portal.errors import Invalid
from portal.permissions import Permission
from portal.requests import (
    actions_draft,
    actions_officer,
    actions_renewal,
    actions_requester,
    actions_split,
    actions_team,
    queries,
    queries_inbox,
    queries_publications,
    renewals,
    views_papers,
    views_talk,
    words,
    words_publications,
)
from portal.requests import tracking as tracks
from portal.requests.conflict import StaleScope
from portal.requests.models import Request
from portal.requests.schemas import STATUSES, ConfirmForm, LookForm, SeenForm, StartForm, StopForm
from portal.web import errors as web_errors
from portal.web import forms, guard, pages

bp = Blueprint("requests", __name__, url_prefix="/requests")


def offer() -> None:
    """Offer this area's pages in the navigation."""
    inbox = ("reviews.inbox", lazy_gettext("Inbox"), Permission.TRACK_READ)
    pages.add_navigation(*inbox, start=True, only_if=queries_inbox.has_use_for_it)
    pages.add_navigation("requests.shelf", lazy_gettext("Requests"), Permission.REQUEST_READ, start=True)
    pages.add_navigation("obligations.obligations", lazy_gettext("Conditions"), Permission.OBLIGATION_READ)
    pages.add_navigation("standins.deputies", lazy_gettext("Deputies"), Permission.DEPUTY_WRITE)
    pages.add_navigation("agreements.shelf", lazy_gettext("Agreements"), Permission.AGREEMENT_READ)


@bp.get("")
@guard.needs(Permission.REQUEST_READ, event="request.listed")
def shelf() -> ResponseReturnValue:
    """List the requests the reader may see."""
    look = forms.read_query(LookForm())
    actor = guard.actor()
    found = queries.requests(actor, look)
    return render_template(
        "requests/list.html",
        found=found,
        rows=[(one, queries.waiting(one)) for one in found.rows],
        look=look,
        statuses=STATUSES,
        words=words,
        sections=ports.house.waiting(actor) if pages.is_start() else [],
    )


@bp.get("/new")
@guard.needs(Permission.REQUEST_CREATE, event="request.listed")
def new() -> ResponseReturnValue:
    """Show what one may ask for."""
    chosen = request.args.get("dataset", "")[:40]
    offers = queries.offerable(guard.actor())
    return render_template("requests/new.html", offers=offers, chosen=chosen, words=agreement_words)


@bp.post("/new")
@guard.needs(Permission.REQUEST_CREATE)
def start() -> ResponseReturnValue:
    """Begin a draft."""
    made = actions_draft.start(guard.actor(), forms.read(StartForm()).dataset)
    return redirect(url_for("drafts.edit", ref=made.ref, step="rows"), 303)


@bp.get("/<ref>")
@guard.needs(Permission.REQUEST_READ, event="request.viewed")
def tracking(ref: str) -> ResponseReturnValue:
    """Say where a request stands, whom it waits on, and what may be done now."""
    return tracking_page(queries.request(guard.actor(), ref), {})


@bp.post("/<ref>/accept")
@guard.needs(Permission.REQUEST_ACCEPT)
def accept(ref: str) -> ResponseReturnValue:
    """Accept what is offered; the build begins."""
    form = forms.read(SeenForm())
    actions_requester.accept(guard.actor(), ref, sha256=form.sha256)
    flash(_("Accepted. The file is being built; this page shows how far it is."), "success")
    return redirect(url_for("requests.tracking", ref=ref), 303)


@bp.post("/<ref>/withdraw")
@guard.needs(Permission.REQUEST_WITHDRAW)
def withdraw(ref: str) -> ResponseReturnValue:
    """Withdraw a request."""
    actions_requester.withdraw(guard.actor(), ref, lock=forms.read(SeenForm()).lock)
    flash(_("The request is withdrawn."), "success")
    return redirect(url_for("requests.tracking", ref=ref), 303)


@bp.post("/<ref>/renewal")
@guard.needs(Permission.REQUEST_CONFIRM)
def confirm(ref: str) -> ResponseReturnValue:
    """Confirm the purpose under a renewed agreement; the request goes on."""
    actor = guard.actor()
    try:
        form = forms.read(ConfirmForm())
        terms = form.terms if form.accepted else ""
        found = actions_renewal.confirm(actor, ref, sha256=form.sha256, accepted_terms=terms)
    except Invalid as wrong:
        return tracking_page(queries.request(actor, ref), words.told(wrong.fields)), 400
    if found.status == "active":
        flash(_("Confirmed. The request goes on under the renewed agreement."), "success")
    return redirect(url_for("requests.tracking", ref=ref), 303)


@bp.post("/<ref>/stop")
@guard.needs(Permission.REQUEST_OFFICER_DECIDE)
def stop(ref: str) -> ResponseReturnValue:
    """Suspend, resume or revoke a running request."""
    actor = guard.actor()
    try:
        form = forms.read(StopForm())
        actions_officer.stop(actor, ref, form.verb, reason=form.reason, code=form.code)
    except Invalid as wrong:
        return tracking_page(queries.request(actor, ref), words.told(wrong.fields)), 400
    return redirect(url_for("requests.tracking", ref=ref), 303)


@bp.app_errorhandler(StaleScope)
def stale(error: StaleScope) -> ResponseReturnValue:
    """Show what was seen beside what is now."""
    web_errors.deny("Stale")
    rows = [words.difference(one) for one in error.differences]
    page = render_template(
        "requests/stale.html",
        status=web_errors.STALE.status,
        title=web_errors.STALE.title,
        text=web_errors.STALE.text,
        rows=rows,
        back=error.back,
        number=error.number,
    )
    return page, web_errors.STALE.status


def tracking_page(found: Request, errors: dict[str, list[str]]) -> str:
    """Return the page of a request, with what was wrong in a form on it."""
    actor = guard.actor()
    menu = tracks.menu_if_any(found)
    return render_template(
        "requests/request.html",
        request_row=found,
        menu=menu,
        scope=tracks.scope_now(found),
        waiting=queries.waiting(found),
        tracks=[*map(tracks.track_line, found.tracks), *tracks.officer_lines(found, menu)],
        said=tracks.said(found),
        questions=tracks.questions(found),
        renewal=renewals.waiting(actor, found),
        not_renewed=renewals.against(found),
        typed=request.form,
        left_out=tracks.left_out(found, menu) if menu else [],
        mine=actor.id == found.requester_id,
        officer=queries.may(actor, Permission.REQUEST_OFFICER_DECIDE, found),
        release=Markup(ports.house.release_panel(actor, found.id)),  # noqa: S704 -- rendered by our own template
        history=tracks.history(found),
        talk=views_talk.panel(actor, found),
        papers=views_papers.panel(actor, found),
        may_copy=queries.may(actor, Permission.REQUEST_COPY, found),
        duties=queries_inbox.obligations(actor, request_id=found.id),
        publications=queries_publications.publications(actor, request_id=found.id),
        publication_status=words_publications.status,
        may_publish=queries_publications.may_begin(actor, found),
        may_split=actor.id == found.requester_id and actions_split.may_split(found),
        split_waits=actions_split.held_up_by(found) if actor.id == found.requester_id else (),
        split_into=queries_inbox.split_into(found),
        split_from=queries_inbox.split_from(found),
        may_take_out=found.status not in actions_team.OVER and queries.may(actor, Permission.REQUEST_TEAM, found),
        errors=errors,
        words=words,
        purpose_words=agreement_words.PURPOSE,
        region_name=agreement_words.region,
    )


def under(actor: Actor, agreement_id: int) -> list[dict[str, Any]]:
    """Answer the page of an agreement: the requests under it that the actor may see."""
    return [
        {
            "number": one.number,
            "title_en": one.dataset.title_en,
            "title_fr": one.dataset.title_fr,
            "status": one.status,
            "ended_as": one.ended_as,
            "url": url_for("requests.tracking", ref=one.ref),
        }
        for one in queries.under(actor, agreement_id)
    ]
