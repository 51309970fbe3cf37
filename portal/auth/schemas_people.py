"""What the pages about people take: invitations, roles, organisations, addresses. Each ends in a frozen value."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _
from marshmallow import ValidationError, fields, post_load, validate

from portal import i18n
from portal.actor import Role
from portal.auth.giving import KINDS
from portal.auth.schemas import MOST_TYPED, normal_address
from portal.web.forms import Form, code_field

FILL = {"required": _("Please fill this in."), "null": _("Please fill this in.")}
DAY = FILL | {"invalid": _("Give a date as year-month-day.")}
_known = validate.Range(dt.date(2000, 1, 1), dt.date(2199, 12, 31), error=_("Give a date as year-month-day."))
_listed = validate.OneOf([role.value for role in Role], error=_("Choose from the list."))
_typed = validate.Length(max=MOST_TYPED, error=_("This is too long."))


def _words(most: int = 200) -> fields.String:
    rule = validate.Length(min=1, max=most, error=_("Fill this in, with at most %(number)s characters.", number=most))
    return fields.String(required=True, error_messages=FILL, validate=rule)


def _address() -> fields.Email:
    return fields.Email(
        required=True,
        error_messages=FILL,
        validate=validate.Length(max=254, error=_("This is too long.")),
    )


def _secret() -> fields.String:
    return fields.String(load_default="", validate=_typed, metadata={"verbatim": True})


class _Until(fields.Date):
    """A day that may be left empty."""

    def deserialize(self, value: Any, *more: Any, **named: Any) -> Any:  # noqa: ANN401 -- marshmallow's signature
        return None if value == "" else super().deserialize(value, *more, **named)


@dataclass(frozen=True, kw_only=True)
class NewInvitation:
    """Who is asked in, as what; ``organisation`` is a reference, "" for the own one."""

    organisation: str
    name: str
    email: str
    roles: tuple[Role, ...]
    regions: tuple[str, ...]
    since: dt.date
    until: dt.date | None
    language: str
    code: str

    def __repr__(self) -> str:
        return "NewInvitation()"


class InvitationForm(Form):
    """Somebody to be asked in."""

    organisation = fields.String(load_default="", validate=validate.Length(max=32))
    name = _words()
    email = _address()
    roles = fields.List(
        fields.String(validate=_listed),
        required=True,
        validate=validate.Length(min=1, max=20, error=_("Choose at least one.")),
        metadata={"many": True},
    )
    regions = fields.List(
        fields.String(validate=validate.Length(max=10)), load_default=list, validate=validate.Length(max=20),
        metadata={"many": True},
    )  # fmt: skip
    since = fields.Date(required=True, error_messages=DAY, validate=_known)
    until = _Until(load_default=None, error_messages=DAY, validate=_known)
    language = fields.String(
        required=True, validate=validate.OneOf(sorted(i18n.LANGUAGES), error=_("Choose one from the list."))
    )
    code = code_field(required=False)

    @post_load
    def freeze(self, data: dict[str, Any], **_more: object) -> NewInvitation:
        """Compare the days, then end in a frozen value."""
        if data["until"] is not None and data["until"] < data["since"]:
            raise ValidationError(str(_("The last day is before the first.")), "until")
        roles = tuple(dict.fromkeys(Role(role) for role in data["roles"]))
        regions = tuple(dict.fromkeys(data["regions"]))
        return NewInvitation(**data | {"email": normal_address(data["email"]), "roles": roles, "regions": regions})


@dataclass(frozen=True)
class Joining:
    """What an invited person chooses; ``factor`` says whether they set up one-time codes now."""

    password: str
    factor: bool

    def __repr__(self) -> str:
        return "Joining()"


class JoiningForm(Form):
    """A password, twice, and whether to set up one-time codes."""

    password = fields.String(required=True, validate=_typed, metadata={"verbatim": True})
    again = fields.String(required=True, validate=_typed, metadata={"verbatim": True})
    factor = fields.String(load_default="", validate=validate.OneOf(["", "yes"]))

    @post_load
    def freeze(self, data: dict[str, Any], **_more: object) -> Joining:
        """Compare the two, then end in a frozen value."""
        if data["password"] != data["again"]:
            raise ValidationError(str(_("The two passwords are not the same.")), "again")
        return Joining(data["password"], data["factor"] == "yes")


@dataclass(frozen=True)
class StepUp:
    """A code or a password, and where to go on."""

    code: str
    password: str
    next: str

    def __repr__(self) -> str:
        return "StepUp()"


class StepUpForm(Form):
    """Who acts proves once more that it is still them."""

    into = StepUp
    code = code_field(required=False)
    password = _secret()
    next = fields.String(load_default="", validate=_typed)


@dataclass(frozen=True)
class NewRole:
    """A role to be given, from a day to a day."""

    role: Role
    region: str
    since: dt.date
    until: dt.date | None
    code: str


class NewRoleForm(Form):
    """A role, its region and its days."""

    role = fields.Enum(Role, by_value=True, required=True, error_messages={"unknown": _("Choose from the list.")})
    region = fields.String(load_default="", validate=validate.Length(max=10))
    since = fields.Date(required=True, error_messages=DAY, validate=_known)
    until = _Until(load_default=None, error_messages=DAY, validate=_known)
    code = code_field(required=False)

    @post_load
    def freeze(self, data: dict[str, Any], **_more: object) -> NewRole:
        """Compare the days, then end in a frozen value."""
        if data["until"] is not None and data["until"] < data["since"]:
            raise ValidationError(str(_("The last day is before the first.")), "until")
        return NewRole(**data)


@dataclass(frozen=True)
class OldRole:
    """A role to be ended: what it is found by."""

    role: Role
    region: str
    since: dt.date
    code: str


class OldRoleForm(Form):
    """The button that ends a role."""

    into = OldRole
    role = fields.Enum(Role, by_value=True, required=True, error_messages={"unknown": _("Choose from the list.")})
    region = fields.String(load_default="", validate=validate.Length(max=10))
    since = fields.Date(required=True, error_messages=DAY, validate=_known)
    code = code_field(required=False)


class AddressForm(Form):
    """A new address, with the password, and a code of whoever has codes."""

    email = _address()
    password = fields.String(required=True, validate=_typed, metadata={"verbatim": True})
    code = code_field(required=False)


class HouseForm(Form):
    """An organisation: its name and kind."""

    name = _words()
    kind = fields.String(required=True, validate=validate.OneOf(KINDS, error=_("Choose from the list.")))


class ActiveForm(Form):
    """Whether an organisation's people may come in."""

    active = fields.Boolean(required=True)


class LeaveForm(Form):
    """Why somebody's access ends, in the words of who ends it."""

    reason = fields.String(load_default="", validate=validate.Length(max=500, error=_("This is too long.")))
