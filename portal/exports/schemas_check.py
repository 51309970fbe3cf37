"""What the forms of the second person bring."""

from dataclasses import dataclass

from flask_babel import lazy_gettext as _
from marshmallow import fields, validate

from portal.exports.schemas_ends import LONG, MOST_TEXT
from portal.web.forms import Form

VERDICTS = ("hand_out", "keep_back")


@dataclass(frozen=True)
class Checked:
    """Which release was looked at, what is to become of it, and why."""

    lock: int
    reason: str
    code: str
    verdict: str = ""
    sha256: str = ""

    def __repr__(self) -> str:
        return f"Checked(lock={self.lock})"


class LetForm(Form):
    """Let an exception be judged once more."""

    into = Checked
    lock = fields.Integer(required=True)
    reason = fields.String(load_default="", validate=validate.Length(max=MOST_TEXT, error=LONG))
    code = fields.String(required=True, validate=validate.Length(max=40, error=LONG))


class CheckForm(LetForm):
    """Hand an exception out, or keep it back."""

    verdict = fields.String(required=True, validate=validate.OneOf(VERDICTS, error=_("Choose from the list.")))
    sha256 = fields.String(required=True, validate=validate.Regexp(r"^[0-9a-f]{64}$"))
