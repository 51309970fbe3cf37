"""What the forms about protected files bring."""

from dataclasses import dataclass

from marshmallow import fields, validate

from portal.web.forms import Form


@dataclass(frozen=True)
class Verdict:
    """A signature, or a hold, on the file with this hash."""

    verdict: str
    reason: str
    sha256: str


class VerdictForm(Form):
    """The sign-off form."""

    into = Verdict
    verdict = fields.String(required=True, validate=validate.OneOf(["signed", "held"]))
    reason = fields.String(load_default="", validate=validate.Length(max=2000))
    sha256 = fields.String(required=True, validate=validate.Regexp(r"^[0-9a-f]{64}$"))


class Empty(Form):
    """A button: nothing but the form's token."""


@dataclass(frozen=True)
class Run:
    """The button that orders a round: the protected file that was on offer on the page."""

    file: str


class RunForm(Form):
    """Order a feed's next round."""

    into = Run
    file = fields.String(required=True, validate=validate.Regexp(r"^[0-9a-f]{32}$"))
