"""The files of a form that loads a round, as the browser sent them."""

from flask import request
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from portal.catalogue.actions import Upload
from portal.errors import Invalid
from portal.vault import CHUNK

BOOK_LIMIT = 8 * 1024 * 1024


def upload(source_note_en: str = "", source_note_fr: str = "") -> Upload:
    """Return the upload of this web request; Invalid where no file was chosen or a codebook is not one."""
    if said := lacking():
        raise Invalid(said)
    sent = request.files["file"]
    return Upload(
        file_name=sent.filename or "",
        source=iter(lambda: sent.stream.read(CHUNK), b""),
        codebook_csv=_small(request.files.get("codebook"), "codebook"),
        choices_csv=_small(request.files.get("choices"), "choices"),
        source_note_en=source_note_en,
        source_note_fr=source_note_fr,
    )


def lacking() -> dict[str, list[str]]:
    """Return what to say where no file was chosen: beside whatever else is wrong with the form."""
    sent = request.files.get("file")
    return {} if sent is not None and sent.filename else {"file": [_("Choose the CSV file that was exported.")]}


def _small(sent: FileStorage | None, field: str) -> str:
    if sent is None or not sent.filename:
        return ""
    data = sent.stream.read(BOOK_LIMIT + 1)
    if len(data) > BOOK_LIMIT:
        raise Invalid({field: [_("The file is larger than 8 MB: this is not a codebook.")]})
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid({field: [_("The file is not UTF-8: save it as CSV UTF-8.")]}) from None
