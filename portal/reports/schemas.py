"""What the switch of the public register takes."""

from dataclasses import dataclass

from marshmallow import fields, validate

from portal.web.forms import Form


@dataclass(frozen=True)
class Switch:
    """On or off, and the state that was seen."""

    on: bool
    lock: int


class SwitchForm(Form):
    """The button that shows the register or hides it."""

    into = Switch
    on = fields.Boolean(required=True)
    lock = fields.Integer(required=True, validate=validate.Range(0, 999_999_999))
