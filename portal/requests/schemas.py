"""What the pages of requests take. One schema for form and JSON; what a protected file's menu names, it accepts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _
from marshmallow import ValidationError, fields, post_load, pre_load, validate

from portal.i18n import LANGUAGES
from portal.requests.drafts import MOST_REASON, MOST_TEXT, SENSITIVE
from portal.requests.menu import Menu
from portal.web.forms import Form

CHOOSE = _("Choose from the list.")
LONG = _("This is too long.")
GO = ("next", "back", "save", "all", "none", "green")
STATUSES = ("draft", "in_review", "returned", "offered", "active", "suspended", "ended")
TRACK_VERBS = ("approve", "approve_in_part", "decline", "ask")


def _many(options: Any = None) -> fields.List[str]:  # noqa: ANN401 -- any container of codes
    inner = fields.String(validate=validate.OneOf(options, error=CHOOSE) if options is not None else _short(100))
    return fields.List(inner, load_default=list, validate=validate.Length(max=500), metadata={"many": True})


def _short(most: int) -> validate.Length:
    return validate.Length(max=most, error=LONG)


def _text(most: int) -> fields.String:
    return fields.String(load_default="", validate=_short(most))


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
        "rows": {"families": _many([family.name for family in menu.families])}
        | {column: _many([choice.code for choice in choices]) for column, choices in menu.filters.items()},
        "variables": {"variables": _many(list(menu.by_name))},
        "why": {
            "purpose": _text(40),
            "purpose_text": _text(MOST_TEXT),
            "outputs": _text(MOST_TEXT),
            "ends_on": _text(10),
            "language": fields.String(load_default="en", validate=validate.OneOf(sorted(LANGUAGES), error=CHOOSE)),
        }
        | {f"reason-{one.name}": _text(MOST_REASON) for one in menu.variables if one.sensitivity >= SENSITIVE},
        "team": {"team": _many(), "accepted": fields.Boolean(load_default=False)},
    }
    return StepForm.from_dict(made[step])()  # type: ignore[return-value] # marshmallow says Schema


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


@dataclass(frozen=True)
class Start:
    """Which dataset a draft is begun for."""

    dataset: str


class StartForm(Form):
    """The button that begins a draft."""

    into = Start
    dataset = fields.String(required=True, validate=_short(40))


@dataclass(frozen=True)
class Seen:
    """A button on a page, the version of the request that was seen, and words with it."""

    lock: int
    sha256: str = ""
    reply: str = ""


class SeenForm(Form):
    """Submit, answer, accept, withdraw."""

    into = Seen
    lock = fields.Integer(required=True)
    sha256 = _text(64)
    reply = _text(MOST_TEXT)


STOPS = ("suspend", "resume", "revoke")


@dataclass(frozen=True)
class Stop:
    """What the officer does to a running request, and why."""

    verb: str
    reason: str
    code: str

    def __repr__(self) -> str:
        return f"Stop(verb={self.verb!r})"


class StopForm(Form):
    """Suspend, resume, revoke."""

    into = Stop
    verb = fields.String(required=True, validate=validate.OneOf(STOPS, error=CHOOSE))
    reason = _text(MOST_TEXT)
    code = fields.String(required=True, validate=_short(40))


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A decision as it was sent. ``key`` makes sending it twice one decision; ``sha256`` is the scope seen."""

    verb: str
    sha256: str
    key: str
    code: str
    refused: Mapping[str, tuple[str, ...]]
    rationale: str = ""
    conditions: str = ""
    region: str = ""

    def __repr__(self) -> str:
        return f"Verdict(verb={self.verb!r})"


class VerdictForm(Form):
    """The decision form: refused values as ``refuse-<column>`` and ``refuse-variables``, repeated."""

    verb = fields.String(required=True, validate=validate.OneOf(TRACK_VERBS, error=CHOOSE))
    sha256 = fields.String(required=True, validate=validate.Length(equal=64))
    key = fields.String(required=True, validate=validate.Length(min=16, max=64))
    code = fields.String(required=True, validate=validate.Length(min=1, max=40, error=_("Please fill this in.")))
    rationale = _text(MOST_TEXT)
    conditions = _text(MOST_TEXT)
    region = _text(20)

    @pre_load
    def verb_there(self, data: Mapping[str, Any], **_more: object) -> Mapping[str, Any]:
        """Say it in the form's own words when no verdict was chosen."""
        if not data.get("verb"):
            raise ValidationError(str(_("Choose a verdict.")), "verb")
        return data

    @post_load
    def freeze(self, data: dict[str, Any], **_more: object) -> Verdict:
        """End in a frozen value."""
        refused = {name: tuple(data.pop(name)) for name in list(data) if name.startswith("refuse-")}
        return Verdict(**data, refused={name.removeprefix("refuse-"): values for name, values in refused.items()})


def verdict_form(columns: tuple[str, ...]) -> VerdictForm:
    """Return the decision form with the key columns that may be refused."""
    lists = {f"refuse-{name}": _many() for name in (*columns, "variables")}
    return VerdictForm.from_dict(lists)()  # type: ignore[return-value,arg-type] # marshmallow says Schema


@dataclass(frozen=True)
class Look:
    """Which requests to show, and in what order."""

    words: str = ""
    status: str = ""
    sort: str = "moved"
    descending: bool = True
    page: int = 1


class LookForm(Form):
    """The filters over the list of requests."""

    into = Look
    words = fields.String(load_default="", data_key="q", validate=_short(100))
    status = fields.String(load_default="", validate=validate.OneOf(["", *STATUSES]))
    sort = fields.String(load_default="moved", validate=validate.OneOf(["number", "status", "moved"]))
    descending = fields.Boolean(load_default=True)
    page = fields.Integer(load_default=1, validate=validate.Range(1, 100_000))
