"""The part of an agreement's form that says what may be done with the data, where from and how."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _
from marshmallow import ValidationError, fields, validate, validates_schema

from portal.agreements.terms import MATCHING, ONWARD, OUTPUTS
from portal.web.forms import Form

FACTORS = ("pwd otp", "pwd")
"""What a download may demand of a sign-in, as the form offers it."""

MOST_LINES = 40
CHOOSE = _("Choose from the list.")
NUMBER = {
    "required": _("Please fill this in."),
    "null": _("Please fill this in."),
    "invalid": _("Give a whole number."),
}


class Lines(fields.Field[tuple[str, ...]]):
    """Text of one entry a line, ending in a tuple; blank lines and repetitions are left out."""

    def _deserialize(self, value: Any, *_more: Any, **_named: Any) -> tuple[str, ...]:  # noqa: ANN401 -- marshmallow's
        lines = value.splitlines() if isinstance(value, str) else value if isinstance(value, list) else None
        if lines is None or not all(isinstance(line, str) for line in lines):
            raise ValidationError(str(_("This could not be read.")))
        if len(lines) > MOST_LINES:
            raise ValidationError(str(_("At most %(most)s lines.", most=MOST_LINES)))
        told = [self._entry(line.strip(), number) for number, line in enumerate(lines, 1) if line.strip()]
        return tuple(dict.fromkeys(told))

    def _entry(self, line: str, number: int) -> str:
        if len(line) > 200:
            raise ValidationError(str(_("Line %(number)s is too long.", number=number)))
        return line


class Networks(Lines):
    """Networks in CIDR notation, one a line; a single address is a network of one."""

    def _entry(self, line: str, number: int) -> str:
        try:
            return str(ipaddress.ip_network(line))
        except ValueError:
            told = _("Line %(number)s is not a network. Write it like 192.0.2.0/24 or 2001:db8::/32.", number=number)
            raise ValidationError(str(told)) from None


@dataclass(frozen=True, kw_only=True)
class Clauses:
    """What may be done with the data. ``factors`` are ways of signing in, all of which a download demands."""

    outputs: tuple[str, ...] = ()
    onward_sharing: str = "none"
    onward_bodies: tuple[str, ...] = ()
    matching: str = "forbidden"
    retention_days: int = 0
    publication_review_days: int = 0
    ip_ranges: tuple[str, ...] = ()
    factors: tuple[str, ...] = ("pwd", "otp")


def _days(most: int, error: Any) -> fields.Integer:  # noqa: ANN401 -- a lazy string
    return fields.Integer(load_default=0, error_messages=NUMBER, validate=validate.Range(0, most, error=error))


class ClausesForm(Form):
    """Outputs, passing on, matching, retention, review, networks, signing in."""

    outputs = fields.List(
        fields.String(validate=validate.OneOf(OUTPUTS, error=CHOOSE)),
        required=True,
        error_messages=NUMBER,
        validate=validate.Length(min=1, max=len(OUTPUTS), error=_("Choose at least one.")),
        metadata={"many": True},
    )
    onward_sharing = fields.String(load_default="none", validate=validate.OneOf(list(ONWARD), error=CHOOSE))
    onward_bodies = Lines(load_default=())
    matching = fields.String(load_default="forbidden", validate=validate.OneOf(list(MATCHING), error=CHOOSE))
    retention_days = _days(3650, _("Between 0 and 3650."))
    publication_review_days = _days(365, _("Between 0 and 365."))
    ip_ranges = Networks(load_default=())
    factors = fields.String(load_default=FACTORS[0], validate=validate.OneOf(FACTORS, error=CHOOSE))

    @validates_schema
    def bodies_are_named(self, data: Mapping[str, Any], **_more: object) -> None:
        """Refuse to let data be passed on to bodies that nobody names."""
        if data.get("onward_sharing") == "named" and not data.get("onward_bodies"):
            raise ValidationError(str(_("Name each body on a line of its own.")), "onward_bodies")
