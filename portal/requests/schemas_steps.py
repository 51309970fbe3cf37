"""What the five steps of the form take, and the button that sends them. What a file's menu names, they accept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import fields, validate

from portal.agreements.terms import ONWARD, OUTPUTS
from portal.i18n import LANGUAGES
from portal.requests.drafts import MOST_NAME, MOST_REASON, MOST_TEXT, REPEATS, SENSITIVE
from portal.requests.menu import Menu
from portal.requests.repeats import Late
from portal.requests.schemas import CHOOSE, GO, many, short, text_field
from portal.web.forms import Form


class StepForm(Form):
    """What every step sends: which version of the draft was seen, and what to do next."""

    lock = fields.Integer(required=True)
    go = fields.String(load_default="next", validate=validate.OneOf(GO))


@dataclass(frozen=True)
class Sent:
    """A step as it was sent: its content as plain values, the version seen, and where to go."""

    content: Mapping[str, Any]
    lock: int
    go: str


def step_form(step: str, menu: Menu) -> StepForm:
    """Return the schema of one step, with the menu's own columns and variables."""
    made: dict[str, dict[str, Any]] = {
        "rows": {"families": many([family.name for family in menu.families])}
        | {column: many([choice.code for choice in choices]) for column, choices in menu.filters.items()},
        "variables": {"variables": many(list(menu.by_name))} | (_exception(menu) if menu.extras else {}),
        "why": {
            "purpose": text_field(40),
            "purpose_text": text_field(MOST_TEXT),
            "outputs": text_field(MOST_TEXT),
            "output_kinds": many(OUTPUTS),
            "onward": fields.String(load_default="none", validate=validate.OneOf(sorted(ONWARD), error=CHOOSE)),
            "matching": fields.String(load_default="none", validate=validate.OneOf(["none", "named"], error=CHOOSE)),
            "matching_with": text_field(MOST_NAME),
            "repeats": fields.String(load_default="once", validate=validate.OneOf(REPEATS, error=CHOOSE)),
            "ends_on": text_field(10),
            "language": fields.String(load_default="en", validate=validate.OneOf(sorted(LANGUAGES), error=CHOOSE)),
        }
        | {f"reason-{one.name}": text_field(MOST_REASON) for one in menu.variables if one.sensitivity >= SENSITIVE},
        "team": {"team": many(), "accepted": fields.Boolean(load_default=False), "terms": text_field(64)},
    }
    return StepForm.from_dict(made[step])()  # type: ignore[return-value] # marshmallow says Schema


def _exception(menu: Menu) -> dict[str, Any]:
    return {
        "exception": fields.Boolean(load_default=False),
        "extras": many([one.name for one in menu.extras]),
        "exception_text": text_field(MOST_TEXT),
    }


def sent(step: str, data: Mapping[str, Any], menu: Menu) -> Sent:
    """Return what a step's schema loaded as the draft keeps it."""
    content = {name: value for name, value in data.items() if name not in {"lock", "go"}}
    if step == "rows":
        filters = {column: content[column] for column in menu.filters if content[column]}
        content = {"families": content["families"], "filters": filters}
    if step == "why":
        reasons = {name.removeprefix("reason-"): text for name, text in content.items() if name.startswith("reason-")}
        plain = {name: value for name, value in content.items() if not name.startswith("reason-")}
        content = plain | {"reasons": {name: text for name, text in reasons.items() if text}}
    return Sent(content, int(data["lock"]), str(data["go"]))


class EmptyForm(Form):
    """A button: nothing but the form's token."""


@dataclass(frozen=True)
class Sending:
    """The button that sends a draft; of a repeated one also its last day and the acceptance of the terms."""

    lock: int
    ends_on: str | None = None
    accepted: bool = False
    terms: str = ""

    @property
    def late(self) -> Late | None:
        """What the last page of a repeated request asked for."""
        return None if self.ends_on is None else Late(self.ends_on, self.accepted, self.terms)


class SendForm(Form):
    """Submit."""

    into = Sending
    lock = fields.Integer(required=True)
    ends_on = fields.String(load_default=None, validate=short(10))
    accepted = fields.Boolean(load_default=False)
    terms = text_field(64)


STOPS = ("suspend", "resume", "revoke")
