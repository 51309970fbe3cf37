"""What the forms of a longer use, and of somebody new in the team, take."""

import datetime as dt
from dataclasses import dataclass

from flask_babel import lazy_gettext as _
from marshmallow import fields, validate

from portal.requests.drafts import LEAST_WORDS, MOST_TEXT
from portal.web.forms import Form, code_field

DAY = {"required": _("Give the last day on which you need the data.")}
WHO = _("Choose who is to join the team.")
WHY = _("Say a little more: at least 20 characters.")


@dataclass(frozen=True)
class Asking:
    """A later last day and why, with the state of the request that was seen."""

    ends_on: dt.date
    reason: str
    lock: int


class AskForm(Form):
    """The requester's form."""

    into = Asking
    ends_on = fields.Date(required=True, error_messages=DAY)
    reason = fields.String(
        required=True, error_messages={"required": WHY}, validate=validate.Length(LEAST_WORDS, MOST_TEXT, error=WHY)
    )
    lock = fields.Integer(required=True)


@dataclass(frozen=True)
class Joining:
    """Who is to join the team and why, with the state of the request that was seen."""

    newcomer: str
    reason: str
    lock: int


class JoinForm(Form):
    """The form that asks for somebody new."""

    into = Joining
    newcomer = fields.String(
        required=True, error_messages={"required": WHO}, validate=validate.Length(equal=32, error=WHO)
    )
    reason = fields.String(
        required=True, error_messages={"required": WHY}, validate=validate.Length(LEAST_WORDS, MOST_TEXT, error=WHY)
    )
    lock = fields.Integer(required=True)


@dataclass(frozen=True)
class Answer:
    """One part's answer: agreed or not, why, the hash of the scope that was seen, and the second factor."""

    verb: str
    sha256: str
    rationale: str = ""
    code: str = ""

    @property
    def agreed(self) -> bool:
        """Whether this part agrees."""
        return self.verb == "agree"


class AnswerForm(Form):
    """A region's or the officer's form."""

    into = Answer
    verb = fields.String(
        required=True,
        error_messages={"required": _("Choose one.")},
        validate=validate.OneOf(["agree", "refuse"], error=_("Choose one.")),
    )
    rationale = fields.String(load_default="", validate=validate.Length(max=MOST_TEXT))
    sha256 = fields.String(required=True, validate=validate.Length(max=64))
    code = code_field(required=False)


@dataclass(frozen=True)
class Taken:
    """The state of the asking that was seen."""

    lock: int


class TakeBackForm(Form):
    """The button that withdraws what was asked for."""

    into = Taken
    lock = fields.Integer(required=True)
