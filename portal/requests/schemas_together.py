"""What the form that approves several parts takes."""

from dataclasses import dataclass
from hashlib import sha256

from flask_babel import lazy_gettext as _
from marshmallow import ValidationError, fields, validate

from portal.requests.schemas import Verdict
from portal.web.forms import Form, code_field

MARK = "."  # between a track's reference and the hash of what was seen of it
LENGTHS = [32, 64]
MOST = 50


def _parts(given: list[str]) -> None:
    pairs = [one.split(MARK) for one in given]
    if any([len(half) for half in pair] != LENGTHS for pair in pairs):
        raise ValidationError(str(_("This could not be read.")))
    if len({pair[0] for pair in pairs}) != len(pairs):
        raise ValidationError(str(_("This was sent more than once.")))


@dataclass(frozen=True)
class Together:
    """Several parts to approve as they stand, each with the hash that was seen, and one second factor."""

    part: list[str]
    key: str
    code: str

    def __repr__(self) -> str:
        return f"Together(parts={len(self.part)})"

    def verdicts(self) -> dict[str, Verdict]:
        """Return a verdict of its own for each track, in the order in which they are held; never two at once.

        Each key is derived from the form's, so that the form sent again meets its own decisions.
        """
        seen = {ref: scope for ref, scope in (one.split(MARK) for one in sorted(self.part))}  # noqa: C416 -- lists
        keys = {ref: sha256(f"{self.key}:{ref}".encode()).hexdigest() for ref in seen}
        return {
            ref: Verdict(verb="approve", sha256=seen[ref], key=keys[ref], code=self.code, refused={}) for ref in seen
        }


class TogetherForm(Form):
    """The form under a selection."""

    into = Together
    part = fields.List(
        fields.String(), required=True, validate=[validate.Length(1, MOST), _parts], metadata={"many": True}
    )
    key = fields.String(required=True, validate=validate.Length(min=16, max=64))
    code = code_field()
