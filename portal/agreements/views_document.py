"""The doors of an agreement's files: in by a form, out as an attachment, both logged."""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.agreements import actions_document, queries
from portal.agreements.schemas import Empty
from portal.agreements.schemas_signing import DocumentForm
from portal.agreements.views import agreement_page
from portal.db import transaction
from portal.errors import Invalid, StorageFull
from portal.papers import Paper
from portal.permissions import Permission
from portal.web import forms, guard, papers

bp = Blueprint("papers", __name__, url_prefix="/agreements")


@bp.post("/<ref>/documents")
@guard.needs(Permission.AGREEMENT_WRITE, alone=True, uploads=True)
def attach(ref: str) -> ResponseReturnValue:
    """Attach a file; the form comes back with what was typed if the file cannot be taken."""
    try:
        said = forms.read(DocumentForm())
        paper = Paper(purpose=said.purpose, note=said.note, source=papers.sent(request.files.get("file")))
        actions_document.attach(guard.actor(), ref, paper)
    except Invalid as wrong:
        return _again(ref, wrong.fields), 400
    except StorageFull:
        return _again(ref, papers.full()), 507
    flash(_("The document is attached."), "success")
    return redirect(url_for("agreements.agreement", ref=ref, _anchor="documents"), 303)


def _again(ref: str, errors: dict[str, list[str]]) -> str:
    with transaction():
        return agreement_page(queries.agreement(guard.actor(), ref), errors, "document")


@bp.post("/<ref>/documents/<document>/download")
@guard.needs(Permission.AGREEMENT_READ)
def download(ref: str, document: str) -> ResponseReturnValue:
    """Hand a file over; the log has it before the first byte."""
    forms.read(Empty())
    return papers.attachment(actions_document.hand_over(guard.actor(), ref, document))
