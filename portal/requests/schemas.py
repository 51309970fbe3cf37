"""What the pages of requests take. One schema for form and JSON; what a protected file's menu names, it accepts."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _
from marshmallow import ValidationError, fields, post_load, pre_load, validate, validates_schema

from portal.requests.drafts import MOST_TEXT
from portal.web.forms import Form, code_field

CHOOSE = _("Choose from the list.")
LONG = _("This is too long.")
GO = ("next", "back", "save", "all", "none", "green")
STATUSES = ("draft", "in_review", "returned", "offered", "active", "suspended", "ended")
TRACK_VERBS = ("approve", "approve_in_part", "decline", "ask")


def many(options: Any = None) -> fields.List[str]:  # noqa: ANN401 -- any container of codes
    """Return a field of several codes, each one of ``options`` if there are any."""
    inner = fields.String(validate=validate.OneOf(options, error=CHOOSE) if options is not None else short(100))
    return fields.List(inner, load_default=list, validate=validate.Length(max=500), metadata={"many": True})


def short(most: int) -> validate.Length:
    """Return what keeps a text at most so long."""
    return validate.Length(max=most, error=LONG)


def text_field(most: int) -> fields.String:
    """Return a field for a text of at most so many characters, "" by default."""
    return fields.String(load_default="", validate=short(most))


@dataclass(frozen=True)
class Start:
    """Which dataset a draft is begun for."""

    dataset: str


class StartForm(Form):
    """The button that begins a draft."""

    into = Start
    dataset = fields.String(required=True, validate=short(40))


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
    sha256 = text_field(64)
    reply = text_field(MOST_TEXT)


@dataclass(frozen=True)
class Confirmed:
    """What the requester confirms: the same purpose, for the scope shown, and the renewal's terms if accepted here."""

    sha256: str
    same: bool = False
    accepted: bool = False
    terms: str = ""


class ConfirmForm(Form):
    """Go on under a renewed agreement."""

    into = Confirmed
    sha256 = text_field(64)
    same = fields.Boolean(load_default=False)
    accepted = fields.Boolean(load_default=False)
    terms = text_field(64)

    @validates_schema
    def it_is_the_same(self, data: Mapping[str, Any], **_more: object) -> None:
        """Refuse to go on for a purpose that nobody confirms."""
        if not data.get("same"):
            raise ValidationError("confirm_it", "same")


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
    reason = text_field(MOST_TEXT)
    code = fields.String(required=True, validate=short(40))


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
    terms: tuple[Mapping[str, str], ...] = ()
    region: str = ""

    def __repr__(self) -> str:
        return f"Verdict(verb={self.verb!r})"


LINES = ("", "_2", "_3")  # what the names of a condition's three fields end in
DUE = ("before_use", "by_date", "on_publication")


def _due() -> fields.String:
    return fields.String(load_default="before_use", validate=validate.OneOf(["", *DUE], error=CHOOSE))


def _term(text: str, due: str, day: str, mark: str) -> Mapping[str, str]:
    """Return one condition; nothing for an empty line. A day that is given is the day by which it is due."""
    if not text:
        if day:
            raise ValidationError("text_needed", f"conditions{mark}")
        return {}
    try:
        on = dt.date.fromisoformat(day).isoformat() if day else ""
    except ValueError:
        raise ValidationError("Not a valid date.", f"due_on{mark}") from None
    if due == "by_date" and not on:
        raise ValidationError("date_needed", f"due_on{mark}")
    return {"text": text, "due": "by_date" if on else due or "before_use", "on": on}


def _line(term: Mapping[str, str]) -> str:
    return f"{term['text']} ({term['on']})" if term["on"] else term["text"]


class VerdictForm(Form):
    """The decision form: refused values as ``refuse-<column>`` and ``refuse-variables``, repeated.

    ``again`` is the button that approves what was approved before; a verdict chosen beside it must be the same.
    """

    verb = fields.String(required=True, validate=validate.OneOf(TRACK_VERBS, error=CHOOSE))
    sha256 = fields.String(required=True, validate=validate.Length(equal=64))
    key = fields.String(required=True, validate=validate.Length(min=16, max=64))
    code = code_field()
    rationale = text_field(MOST_TEXT)
    conditions = text_field(MOST_TEXT)
    conditions_2 = text_field(MOST_TEXT)
    conditions_3 = text_field(MOST_TEXT)
    due = _due()
    due_2 = _due()
    due_3 = _due()
    due_on = fields.String(load_default="", validate=short(10))
    due_on_2 = fields.String(load_default="", validate=short(10))
    due_on_3 = fields.String(load_default="", validate=short(10))
    region = text_field(20)

    @pre_load
    def verb_there(self, data: Mapping[str, Any], **_more: object) -> Mapping[str, Any]:
        """Say it in the form's own words when no verdict was chosen, or one beside the button that is another."""
        chosen = {str(data[name]) for name in ("verb", "again") if data.get(name)}
        if len(chosen) != 1:
            raise ValidationError(str(_("Choose a verdict.")), "verb")
        return {name: value for name, value in data.items() if name != "again"} | {"verb": chosen.pop()}

    @post_load
    def freeze(self, data: dict[str, Any], **_more: object) -> Verdict:
        """End in a frozen value."""
        refused = {name: tuple(data.pop(name)) for name in list(data) if name.startswith("refuse-")}
        terms = tuple(
            term for mark in LINES if (term := _term(data.pop(f"conditions{mark}"), data.pop(f"due{mark}"),
                                                     data.pop(f"due_on{mark}"), mark))
        )  # fmt: skip
        data |= {"terms": terms, "conditions": "\n".join(_line(term) for term in terms)}
        return Verdict(**data, refused={name.removeprefix("refuse-"): values for name, values in refused.items()})


def verdict_form(columns: tuple[str, ...]) -> VerdictForm:
    """Return the decision form with the key columns that may be refused."""
    lists = {f"refuse-{name}": many() for name in (*columns, "variables")}
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
    words = fields.String(load_default="", data_key="q", validate=short(100))
    status = fields.String(load_default="", validate=validate.OneOf(["", *STATUSES]))
    sort = fields.String(load_default="moved", validate=validate.OneOf(["number", "status", "moved"]))
    descending = fields.Boolean(load_default=True)
    page = fields.Integer(load_default=1, validate=validate.Range(1, 100_000))
