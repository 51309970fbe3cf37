"""The doors of publications: their list, one of them, and what its sides do with it."""

from collections.abc import Iterator, Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from portal import clock
from portal.db import transaction
from portal.errors import Invalid, StorageFull
from portal.permissions import Permission
from portal.requests import actions_publications, places, queries_publications
from portal.requests import words_publications as words
from portal.requests.models_publications import Publication
from portal.requests.schemas_publications import AnswerForm, BeginForm, DropForm, OutForm, Sent, ShowForm
from portal.web import forms, guard, lists, pages, papers

bp = Blueprint("publications", __name__)
HEADS = ("title", "organisation", "request", "dataset", "status", "published_on", "address", "planned_on", "answer_by")


def offer() -> None:
    """Put the list into the navigation."""
    pages.add_navigation("publications.shelf", lazy_gettext("Publications"), Permission.PUBLICATION_READ)


@bp.get("/publications")
@guard.needs(Permission.PUBLICATION_READ, event="publication.listed")
def shelf() -> ResponseReturnValue:
    """List what was made of the data in public, as far as the reader may see it."""
    show = request.args.get("show", "")
    look = show if show in words.VIEWS else ""
    listing = lists.listing(
        queries_publications.publications(guard.actor(), show=look),
        {
            "title": lambda one: one.title.casefold(),
            "organisation": lambda one: one.request.organisation.name.casefold(),
            "status": lambda one: queries_publications.ORDER.index(one.status),
            "published": lambda one: (one.published_on is None, one.published_on),
        },
    )
    if lists.wants_csv():
        return lists.as_csv("publications", HEADS, map(_line, listing.rows))
    return render_template("requests/publications.html", listing=listing, look=look, words=words, places=places)


@bp.get("/publications/<ref>")
@guard.needs(Permission.PUBLICATION_READ, event="publication.viewed")
def publication(ref: str) -> ResponseReturnValue:
    """Show one publication, and the forms of whoever may do something with it."""
    return _page(ref, {}, {})


@bp.post("/requests/<ref>/publications")
@guard.needs(Permission.PUBLICATION_BEGIN)
def begin(ref: str) -> ResponseReturnValue:
    """Begin a further publication of a request."""
    forms.read(BeginForm())
    made = actions_publications.begin(guard.actor(), ref)
    return redirect(url_for("publications.publication", ref=made.ref), 303)


@bp.post("/publications/<ref>/show")
@guard.needs(Permission.PUBLICATION_WRITE, alone=True, uploads=True)
def show(ref: str) -> ResponseReturnValue:
    """Show a text before it is published; the form comes back with what was typed if it cannot be taken."""
    try:
        actions_publications.show(guard.actor(), ref, Sent(forms.read(ShowForm()), _file()))
    except Invalid as wrong:
        return _again(ref, wrong.fields), 400
    except StorageFull:
        return _again(ref, papers.full()), 507
    flash(_("Shown. Whoever may answer has a letter."), "success")
    return redirect(url_for("publications.publication", ref=ref), 303)


@bp.post("/publications/<ref>/judge")
@guard.needs(Permission.PUBLICATION_JUDGE)
def judge(ref: str) -> ResponseReturnValue:
    """Answer a text that was shown."""
    try:
        actions_publications.judge(guard.actor(), ref, forms.read(AnswerForm()))
    except Invalid as wrong:
        return _page(ref, wrong.fields, request.form, "judge"), 400
    flash(_("Your answer is recorded."), "success")
    return redirect(url_for("publications.publication", ref=ref), 303)


@bp.post("/publications/<ref>/report")
@guard.needs(Permission.PUBLICATION_WRITE)
def report(ref: str) -> ResponseReturnValue:
    """Take the requester's word that it is out, and where."""
    try:
        actions_publications.report(guard.actor(), ref, forms.read(OutForm()))
    except Invalid as wrong:
        return _page(ref, wrong.fields, request.form, "report"), 400
    flash(_("Thank you. It stands in the list of publications."), "success")
    return redirect(url_for("publications.publication", ref=ref), 303)


@bp.post("/publications/<ref>/drop")
@guard.needs(Permission.PUBLICATION_WRITE)
def drop(ref: str) -> ResponseReturnValue:
    """Take the requester's word that nothing will be published."""
    try:
        actions_publications.drop(guard.actor(), ref, forms.read(DropForm()))
    except Invalid as wrong:
        return _page(ref, wrong.fields, request.form, "drop"), 400
    return redirect(url_for("publications.publication", ref=ref), 303)


def _file() -> Iterator[bytes] | None:
    sent = request.files.get("file")
    return papers.sent(sent) if sent is not None and sent.filename else None


def _again(ref: str, errors: Mapping[str, list[str]]) -> str:
    with transaction():
        return _page(ref, errors, request.form, "show")


def _page(ref: str, errors: Mapping[str, list[str]], typed: Mapping[str, str], form: str = "") -> str:
    found = queries_publications.publication(guard.actor(), ref)
    return render_template(
        "requests/publication.html",
        text=found,
        today=clock.today(found.row.request.agreement.time_zone),
        errors=dict(errors),
        typed=typed,
        form=form,
        words=words,
        places=places,
    )


def _line(one: Publication) -> tuple[object, ...]:
    asked = one.request
    days = [day.isoformat() if day else "" for day in (one.published_on, one.planned_on, one.answer_by)]
    where = places.url(one.address)
    told = one.title, asked.organisation.name, asked.number, asked.dataset.code, one.status
    return *told, days[0], where, *days[1:]
