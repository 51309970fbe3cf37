"""What the pages of commissions and of a contractor's rounds take."""

import datetime as dt
from dataclasses import dataclass

from flask_babel import lazy_gettext as _
from marshmallow import fields, validate

from portal.web.forms import Form, code_field

REF = r"^[0-9a-f]{32}$"
NAME = validate.Length(min=1, max=100, error=_("Give the round a name of at most 100 characters."))


@dataclass(frozen=True)
class NewCommission:
    """Which contractor brings which round, from a first to a last day, both included."""

    organisation: str
    round_name: str
    first_day: dt.date
    last_day: dt.date
    code: str

    def __repr__(self) -> str:
        return f"NewCommission(organisation={self.organisation!r})"


class CommissionForm(Form):
    """Commissioning a contractor."""

    into = NewCommission
    organisation = fields.String(
        required=True, validate=validate.Regexp(REF, error=_("Choose a contractor from the list."))
    )
    round_name = fields.String(required=True, validate=NAME)
    first_day = fields.Date(required=True)
    last_day = fields.Date(required=True)
    code = code_field()


@dataclass(frozen=True)
class Ending:
    """The end of a commission, at once; ``lock`` is of what was seen."""

    lock: int
    code: str

    def __repr__(self) -> str:
        return f"Ending(lock={self.lock})"


class EndingForm(Form):
    """Ending a commission."""

    into = Ending
    lock = fields.Integer(required=True, validate=validate.Range(0, 999_999_999))
    code = code_field()


class FilesForm(Form):
    """The form that takes a round's file: it has no words of its own."""
