"""The doors of a request's papers: in by a form, out as an attachment, both logged."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.actor import Actor
from portal.db import transaction
from portal.errors import Invalid, StorageFull
from portal.papers import Paper
from portal.permissions import Permission
from portal.requests import actions_papers, queries, queries_papers, words_papers
from portal.requests.models import Request
from portal.requests.schemas_papers import PURPOSES, ButtonForm, PaperForm
from portal.web import forms, guard, papers

bp = Blueprint("request_papers", __name__, url_prefix="/requests")


@bp.get("/<ref>/papers")
@guard.needs(Permission.REQUEST_EDIT, event="request.viewed")
def shelf(ref: str) -> ResponseReturnValue:
    """Show the papers of one's own request, and the form that attaches another."""
    return _page(queries.request(guard.actor(), ref, Permission.REQUEST_EDIT), {})


@bp.post("/<ref>/papers")
@guard.needs(Permission.REQUEST_EDIT, alone=True, uploads=True)
def attach(ref: str) -> ResponseReturnValue:
    """Attach a paper; the form comes back with what was typed if it cannot be taken."""
    try:
        said = forms.read(PaperForm())
        paper = Paper(purpose=said.purpose, note=said.note, source=papers.sent(request.files.get("file")))
        actions_papers.attach(guard.actor(), ref, paper)
    except Invalid as wrong:
        return _again(ref, wrong.fields), 400
    except StorageFull:
        return _again(ref, papers.full()), 507
    flash(_("The paper is attached. Who decides about the request may read it."), "success")
    return redirect(url_for("request_papers.shelf", ref=ref), 303)


@bp.post("/<ref>/papers/<paper>/download")
@guard.needs(Permission.PAPER_READ)
def download(ref: str, paper: str) -> ResponseReturnValue:
    """Hand a paper over; the log has it before the first byte."""
    forms.read(ButtonForm())
    return papers.attachment(actions_papers.hand_over(guard.actor(), ref, paper))


@bp.post("/<ref>/papers/<paper>/remove")
@guard.needs(Permission.REQUEST_EDIT)
def remove(ref: str, paper: str) -> ResponseReturnValue:
    """Remove a paper from a draft."""
    forms.read(ButtonForm())
    actions_papers.remove(guard.actor(), ref, paper)
    flash(_("The paper is removed."), "success")
    return redirect(url_for("request_papers.shelf", ref=ref), 303)


def panel(actor: Actor, found: Request) -> dict[str, Any]:
    """Return what the part of a page needs that lists a request's papers."""
    mine = actor.id == found.requester_id and actor.organisation_id == found.organisation_id
    return {
        "rows": queries_papers.papers(actor, found),
        "may_attach": mine and found.status in actions_papers.OPEN,
        "may_remove": mine and found.status == "draft",
        "missing": mine and found.status in {"draft", "returned"} and queries_papers.missing(found),
        "words": words_papers,
    }


def _again(ref: str, errors: dict[str, list[str]]) -> str:
    with transaction():
        return _page(queries.request(guard.actor(), ref, Permission.REQUEST_EDIT), errors)


def _page(found: Request, errors: dict[str, list[str]]) -> str:
    return render_template(
        "requests/papers.html",
        request_row=found,
        papers=panel(guard.actor(), found),
        kinds=[(name, *words_papers.PAPER[name]) for name in PURPOSES],
        errors=errors,
        typed=request.form,
    )
