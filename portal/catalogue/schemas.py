"""What the catalogue's forms and JSON bring, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _
from marshmallow import ValidationError, fields, pre_load, validate

from portal.web.forms import Form

PREFIX = "role."


@dataclass(frozen=True)
class UploadText:
    """The words beside an uploaded file."""

    dataset: str
    source_note_en: str
    source_note_fr: str


class UploadForm(Form):
    """The upload form without its files."""

    into = UploadText
    dataset = fields.String(
        required=True,
        error_messages={"required": _("Choose the dataset.")},
        validate=validate.Regexp(r"^[0-9a-f]{32}$", error=_("Choose the dataset.")),
    )
    source_note_en = fields.String(load_default="", validate=validate.Length(max=2000))
    source_note_fr = fields.String(load_default="", validate=validate.Length(max=2000))


@dataclass(frozen=True)
class LockOnly:
    """Which state of a thing the form showed."""

    lock: int


class LockForm(Form):
    """A form that only says what state it saw."""

    into = LockOnly
    lock = fields.Integer(required=True, validate=validate.Range(0, 999_999_999))


@dataclass(frozen=True)
class Roles:
    """What each variable is said to be, by name ("" for none), and which state of the version the form showed."""

    lock: int
    role: Mapping[str, str]


class RolesForm(Form):
    """The form that settles roles: a field ``role.<variable>`` for each."""

    into = Roles
    lock = fields.Integer(required=True, validate=validate.Range(0, 999_999_999))
    role = fields.Dict(keys=fields.String(), values=fields.String(), required=True)

    @pre_load
    def gather(self, data: Mapping[str, str], **_: object) -> dict[str, Any]:
        """Take the fields of variables together; everything else must be known."""
        chosen = {name.removeprefix(PREFIX): value for name, value in data.items() if name.startswith(PREFIX)}
        rest = {name: value for name, value in data.items() if not name.startswith(PREFIX)}
        if "role" in rest:
            raise ValidationError("Unknown field.", "role")
        return rest | {"role": chosen}
