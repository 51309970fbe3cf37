"""What the pages about deputies, replacements, obligations and splitting take."""

import datetime as dt
from dataclasses import dataclass

from marshmallow import fields, validate

from portal.requests.drafts import MOST_TEXT
from portal.requests.schemas import CHOOSE, LONG
from portal.web.forms import Form, code_field

JUDGED = ("confirm", "reopen", "waive")


def _ref() -> fields.String:
    return fields.String(load_default="", validate=validate.Length(max=32, error=LONG))


def _text() -> fields.String:
    return fields.String(load_default="", validate=validate.Length(max=MOST_TEXT, error=LONG))


@dataclass(frozen=True)
class NewDeputy:
    """Who stands in, for which region, from which day to which, both included."""

    deputy: str
    region: str
    first_day: dt.date
    last_day: dt.date
    code: str

    def __repr__(self) -> str:
        return f"NewDeputy(region={self.region!r})"


class DeputyForm(Form):
    """Naming a deputy."""

    into = NewDeputy
    deputy = _ref()
    region = fields.String(load_default="", validate=validate.Length(max=20, error=LONG))
    first_day = fields.Date(required=True)
    last_day = fields.Date(required=True)
    code = code_field()


@dataclass(frozen=True)
class Given:
    """A track given to somebody, or given up: to whom, and why. ``lock`` is the track's that was seen."""

    reason: str
    code: str
    lock: int
    person: str = ""

    def __repr__(self) -> str:
        return f"Given(person={self.person!r})"


class RecuseForm(Form):
    """Stepping aside."""

    into = Given
    reason = _text()
    code = code_field()
    lock = fields.Integer(required=True)


class ReassignForm(RecuseForm):
    """Giving a track to another decider."""

    person = _ref()


@dataclass(frozen=True)
class Reported:
    """How an obligation was met."""

    note: str
    lock: int


class ReportForm(Form):
    """Saying that an obligation is met."""

    into = Reported
    note = _text()
    lock = fields.Integer(required=True)


@dataclass(frozen=True)
class Judged:
    """What a decider says of an obligation."""

    verb: str
    note: str
    code: str
    lock: int

    def __repr__(self) -> str:
        return f"Judged(verb={self.verb!r})"


class JudgeForm(Form):
    """Confirming, reopening or waiving an obligation."""

    into = Judged
    verb = fields.String(required=True, validate=validate.OneOf(JUDGED, error=CHOOSE))
    note = _text()
    code = code_field()
    lock = fields.Integer(required=True)
