"""What is said of a paper that is attached to a request."""

from dataclasses import dataclass

from flask_babel import lazy_gettext as _
from marshmallow import fields, validate

from portal.requests.schemas import CHOOSE, LONG
from portal.web.forms import Form

PURPOSES = ("ethics", "protocol", "letter", "other")
MOST_NOTE = 200


@dataclass(frozen=True)
class Said:
    """What the paper is, and a note."""

    purpose: str
    note: str


class PaperForm(Form):
    """The fields beside the file."""

    into = Said
    purpose = fields.String(
        required=True,
        error_messages={"required": _("Choose from the list."), "null": _("Choose from the list.")},
        validate=validate.OneOf(PURPOSES, error=CHOOSE),
    )
    note = fields.String(load_default="", validate=validate.Length(max=MOST_NOTE, error=LONG))


class ButtonForm(Form):
    """A button without fields."""
