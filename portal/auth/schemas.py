"""What the pages of this area take, ending in frozen values. Passwords are taken as typed, blanks included."""

import unicodedata
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _
from marshmallow import ValidationError, fields, post_load, validate

from portal import i18n
from portal.actor import Role
from portal.web.forms import Form, code_field, zone_field

MOST_TYPED = 1024  # longer than any password that is accepted; what is over it is not even looked at
_short = validate.Length(max=MOST_TYPED, error=_("This is too long."))
_address = validate.Length(max=254, error=_("This is too long."))


def normal_address(email: str) -> str:
    """Return the one spelling of an e-mail address: lower case, composed, without blanks around it.

    >>> normal_address(" Amina@Example.ORG ")
    'amina@example.org'
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", email).strip().lower())


@dataclass(frozen=True)
class Credentials:
    """What somebody says to prove who they are."""

    email: str
    password: str
    next: str

    def __repr__(self) -> str:
        return "Credentials()"


class CredentialsForm(Form):
    """The first step of signing in."""

    email = fields.String(required=True, validate=[validate.Length(min=1, error=_("Please fill this in.")), _address])
    password = fields.String(
        required=True,
        validate=[validate.Length(min=1, error=_("Please fill this in.")), _short],
        metadata={"verbatim": True},
    )
    next = fields.String(load_default="", validate=_short)

    @post_load
    def freeze(self, data: dict[str, Any], **_more: object) -> Credentials:
        """End in a frozen value."""
        return Credentials(normal_address(data["email"]), data["password"], data["next"])


@dataclass(frozen=True)
class Code:
    """A one-time code as it was typed."""

    code: str
    next: str

    def __repr__(self) -> str:
        return "Code()"


class CodeForm(Form):
    """The second step of signing in."""

    into = Code
    code = code_field()
    next = fields.String(load_default="", validate=_short)


@dataclass(frozen=True)
class NewPassword:
    """A change of password; ``again`` has been compared already."""

    current: str
    password: str

    def __repr__(self) -> str:
        return "NewPassword()"


class NewPasswordForm(Form):
    """The present password once, the new one twice."""

    current = fields.String(required=True, validate=_short, metadata={"verbatim": True})
    password = fields.String(required=True, validate=_short, metadata={"verbatim": True})
    again = fields.String(required=True, validate=_short, metadata={"verbatim": True})

    @post_load
    def freeze(self, data: dict[str, Any], **_more: object) -> NewPassword:
        """Compare the two, then end in a frozen value."""
        if data["password"] != data["again"]:
            raise ValidationError(str(_("The two new passwords are not the same.")), "again")
        return NewPassword(data["current"], data["password"])


@dataclass(frozen=True)
class Preferences:
    """How the portal speaks to a person, and in whose hours."""

    language: str
    time_zone: str


class PreferencesForm(Form):
    """Language and time zone."""

    into = Preferences
    language = fields.String(
        required=True, validate=validate.OneOf(sorted(i18n.LANGUAGES), error=_("Choose one from the list."))
    )
    time_zone = zone_field()


class Empty(Form):
    """A button: nothing but the form's token."""


@dataclass(frozen=True)
class Look:
    """Which people to show, and in what order."""

    words: str = ""
    role: str = ""
    status: str = ""
    sort: str = "name"
    descending: bool = False
    page: int = 1


class LookForm(Form):
    """The filters over the list of people."""

    into = Look
    words = fields.String(load_default="", data_key="q", validate=validate.Length(max=100))
    role = fields.String(load_default="", validate=validate.OneOf(["", *Role]))
    status = fields.String(load_default="", validate=validate.OneOf(["", "active", "disabled"]))
    sort = fields.String(load_default="name", validate=validate.OneOf(["name", "organisation", "seen"]))
    descending = fields.Boolean(load_default=False)
    page = fields.Integer(load_default=1, validate=validate.Range(1, 100_000))


@dataclass(frozen=True, kw_only=True)
class NewPerson:
    """Somebody to be taken in. A regional manager's ``regions`` are the regions of the role."""

    email: str
    name: str
    roles: tuple[Role, ...]
    regions: tuple[str, ...] = ()
    language: str = "en"
    time_zone: str = "UTC"
