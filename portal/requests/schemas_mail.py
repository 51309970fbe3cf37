"""What the forms of requests that came by mail take."""

import datetime as dt
from dataclasses import dataclass

from flask_babel import lazy_gettext as _
from marshmallow import fields, validate

from portal.web.forms import Form

WHO = _("Choose who asked.")
WHAT = _("Choose what they asked for.")
DAY = _("Give the day of the mail.")


@dataclass(frozen=True)
class Mail:
    """Who asked by mail, for which dataset, and on which day."""

    requester: str
    dataset: str
    mailed_on: dt.date


class MailForm(Form):
    """The page on which a request is entered for somebody."""

    into = Mail
    requester = fields.String(
        required=True, error_messages={"required": WHO}, validate=validate.Length(equal=32, error=WHO)
    )
    dataset = fields.String(
        required=True, error_messages={"required": WHAT}, validate=validate.Length(1, 40, error=WHAT)
    )
    mailed_on = fields.Date(required=True, error_messages={"required": DAY, "invalid": DAY})


@dataclass(frozen=True)
class Held:
    """The state of the draft that was seen."""

    lock: int


class HandForm(Form):
    """The button that hands a draft over."""

    into = Held
    lock = fields.Integer(required=True)
