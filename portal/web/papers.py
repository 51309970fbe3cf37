"""Papers at the edge: the file of a form in pieces, and a sealed file as an attachment."""

from collections.abc import Iterator

from flask import Response, stream_with_context
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from portal import filetype
from portal.errors import Invalid
from portal.papers import Handover
from portal.vault import CHUNK


def sent(file: FileStorage | None) -> Iterator[bytes]:
    """Return the bytes of a form's file in pieces. Raises Invalid if none was chosen."""
    if file is None or not file.filename:
        raise Invalid({"file": [_("Choose a file.")]})
    return iter(lambda: file.stream.read(CHUNK), b"")


def attachment(handover: Handover) -> Response:
    """Return a file as an attachment, under the name that the portal gives it."""
    response = Response(stream_with_context(handover.chunks), mimetype=filetype.MIMETYPES[handover.kind])
    response.headers["Content-Disposition"] = f'attachment; filename="{handover.name}.{handover.kind}"'
    response.headers["Content-Length"] = str(handover.size)
    return response


def full() -> dict[str, list[str]]:
    """Return what a form says when there is no room for its file."""
    return {"file": [_("There is no room left to store it. Nothing partial was kept; try again later.")]}
