"""What the form takes that says something about a request."""

from dataclasses import dataclass

from flask_babel import lazy_gettext as _
from marshmallow import fields, validate

from portal.requests.drafts import MOST_TEXT
from portal.web.forms import Form

AUDIENCES = ("everybody", "staff")


@dataclass(frozen=True)
class Said:
    """A note as it was sent; ``track`` is the page it was written on, "" for the request's."""

    text: str
    key: str
    audience: str = "everybody"
    track: str = ""

    @property
    def staff_only(self) -> bool:
        """Whether it is for staff alone."""
        return self.audience == "staff"


class NoteForm(Form):
    """A message, and who may read it."""

    into = Said
    text = fields.String(
        required=True,
        error_messages={"required": _("Write your message first.")},
        validate=[
            validate.Length(min=1, error=_("Write your message first.")),
            validate.Length(max=MOST_TEXT, error=_("This is too long.")),
        ],
    )
    audience = fields.String(load_default="everybody", validate=validate.OneOf(AUDIENCES))
    key = fields.String(required=True, validate=validate.Regexp(r"[0-9a-f]{32}\Z"))
    track = fields.String(load_default="", validate=validate.Regexp(r"([0-9a-f]{32})?\Z"))
