"""The doors of an agreement's files: in by a form, out as an attachment, both logged."""

from collections.abc import Iterator

from flask import Blueprint, Response, flash, redirect, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from portal.agreements import actions_document, filetype, queries
from portal.agreements.schemas import Empty
from portal.agreements.schemas_signing import DocumentForm
from portal.agreements.views import agreement_page
from portal.db import transaction
from portal.errors import Invalid, StorageFull
from portal.permissions import Permission
from portal.vault import CHUNK
from portal.web import forms, guard

bp = Blueprint("papers", __name__, url_prefix="/agreements")


@bp.post("/<ref>/documents")
@guard.needs(Permission.AGREEMENT_WRITE, alone=True, uploads=True)
def attach(ref: str) -> ResponseReturnValue:
    """Attach a file; the form comes back with what was typed if the file cannot be taken."""
    try:
        said = forms.read(DocumentForm())
        paper = actions_document.Paper(purpose=said.purpose, note=said.note, source=_sent(request.files.get("file")))
        actions_document.attach(guard.actor(), ref, paper)
    except Invalid as wrong:
        return _again(ref, wrong.fields), 400
    except StorageFull:
        full = _("There is no room left to store it. Nothing partial was kept; try again later.")
        return _again(ref, {"file": [full]}), 507
    flash(_("The document is attached."), "success")
    return redirect(url_for("agreements.agreement", ref=ref, _anchor="documents"), 303)


def _sent(sent: FileStorage | None) -> Iterator[bytes]:
    if sent is None or not sent.filename:
        raise Invalid({"file": [_("Choose a file.")]})
    return iter(lambda: sent.stream.read(CHUNK), b"")


def _again(ref: str, errors: dict[str, list[str]]) -> str:
    with transaction():
        return agreement_page(queries.agreement(guard.actor(), ref), errors, "document")


@bp.post("/<ref>/documents/<document>/download")
@guard.needs(Permission.AGREEMENT_READ)
def download(ref: str, document: str) -> ResponseReturnValue:
    """Hand a file over; the log has it before the first byte."""
    forms.read(Empty())
    handover = actions_document.hand_over(guard.actor(), ref, document)
    response = Response(stream_with_context(handover.chunks), mimetype=filetype.MIMETYPES[handover.kind])
    response.headers["Content-Disposition"] = f'attachment; filename="{handover.name}.{handover.kind}"'
    response.headers["Content-Length"] = str(handover.size)
    return response
