"""What the forms of emergencies bring, as frozen values."""

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _
from marshmallow import fields, post_load, validate

from portal.web.forms import LONG, Form, code_field

LEAST_WORDS, MOST_TEXT = 20, 4000
WHY = _("Say a little more: at least 20 characters.")
CHOOSE = _("Choose one.")
VERBS = ("agree", "refuse")
REVIEWS = ("review", "stop")


def _words() -> fields.String:
    return fields.String(
        required=True, error_messages={"required": WHY}, validate=validate.Length(LEAST_WORDS, MOST_TEXT, error=WHY)
    )


def _codes() -> fields.List[str]:
    return fields.List(fields.String(validate=validate.Length(max=10)), load_default=list, metadata={"many": True})


def _verb(*known: str) -> fields.String:
    return fields.String(
        required=True, error_messages={"required": CHOOSE}, validate=validate.OneOf(known, error=CHOOSE)
    )


@dataclass(frozen=True)
class Asking:
    """What is asked for, and why. Its words are a person's own and stay out of what is printed of it."""

    dataset: str
    countries: tuple[str, ...]
    years: tuple[str, ...]
    happened: str
    needed_for: str

    def __repr__(self) -> str:
        return f"Asking(countries={self.countries!r}, years={self.years!r})"


class AskForm(Form):
    """The one page on which somebody asks."""

    dataset = fields.String(required=True, validate=validate.Length(max=32, error=LONG))
    countries = _codes()
    years = _codes()
    happened = _words()
    needed_for = _words()

    @post_load
    def freeze(self, data: dict[str, Any], **_more: object) -> Asking:
        """End in a frozen value."""
        return Asking(**data | {name: tuple(sorted(set(data[name]))) for name in ("countries", "years")})


@dataclass(frozen=True)
class Answer:
    """One office's answer: yes or no, why, the second factor, and which state of the part the form showed."""

    office: str
    verb: str
    reason: str
    code: str
    lock: int

    def __repr__(self) -> str:
        return f"Answer(office={self.office!r}, verb={self.verb!r})"


class AnswerForm(Form):
    """The form of a region's or the head's answer."""

    into = Answer
    office = fields.String(required=True, validate=validate.Length(max=20, error=LONG))
    verb = _verb(*VERBS)
    reason = fields.String(load_default="", validate=validate.Length(max=MOST_TEXT, error=LONG))
    code = code_field(required=False)
    lock = fields.Integer(required=True)


@dataclass(frozen=True)
class Review:
    """What the data protection officer says of what was granted."""

    verb: str
    note: str
    code: str
    lock: int

    def __repr__(self) -> str:
        return f"Review(verb={self.verb!r})"


class ReviewForm(Form):
    """The form of the review."""

    into = Review
    verb = _verb(*REVIEWS)
    note = fields.String(load_default="", validate=validate.Length(max=MOST_TEXT, error=LONG))
    code = code_field(required=False)
    lock = fields.Integer(required=True)
