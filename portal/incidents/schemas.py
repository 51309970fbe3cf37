"""What the forms of freezes and incidents bring, as frozen values."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _
from marshmallow import ValidationError, fields, post_load, validate

from portal import freezes, i18n
from portal.web.forms import Form

KINDS = ("loss", "access", "reidentified", "recipient", "other")
RISKS = ("none", "some", "high")
REASON = validate.Length(min=10, max=2000, error=_("Say it in ten to 2,000 characters."))
TEXT = validate.Length(min=10, max=5000, error=_("Say it in ten to 5,000 characters."))
REF = validate.Regexp(r"^[0-9a-f]{32}$")
MAYBE_REF = validate.Regexp(r"^([0-9a-f]{32})?$")
CODE = validate.Length(max=20)


@dataclass(frozen=True)
class Wanted:
    """What is to be frozen: a thing by its reference, or rows by codes."""

    kind: str
    target: str = ""
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class NewFreeze:
    """A freeze as the form sends it."""

    wanted: Wanted
    reason: str
    code: str
    incident: str = ""


class WantedForm(Form):
    """The first step: what to freeze. It stands in the address, and so holds references and codes only."""

    kind = fields.String(load_default="", validate=validate.OneOf(("", *freezes.KINDS)))
    target = fields.String(load_default="", validate=MAYBE_REF)
    codes = fields.List(fields.String(validate=validate.Length(max=10)), load_default=list, metadata={"many": True})
    incident = fields.String(load_default="", validate=MAYBE_REF)

    @post_load
    def freeze(self, data: dict[str, Any], **_more: object) -> NewFreeze:
        """End in a frozen value."""
        wanted = Wanted(data["kind"], data["target"], tuple(data["codes"]))
        return NewFreeze(wanted, data.get("reason", ""), data.get("code", ""), data["incident"])


def again(named: Mapping[str, str], codes: Sequence[str]) -> NewFreeze:
    """Return what a refused form was about, as far as it can be read: what cannot is left out."""
    raw = {**named, "codes": list(codes)}
    faults = WantedForm().validate(raw)
    return cast("NewFreeze", WantedForm().load({name: value for name, value in raw.items() if name not in faults}))


class FreezeForm(WantedForm):
    """The second step: why, and the one-time code."""

    kind = fields.String(required=True, validate=validate.OneOf(freezes.KINDS))
    reason = fields.String(required=True, validate=REASON)
    code = fields.String(required=True, validate=CODE)


@dataclass(frozen=True)
class Because:
    """A reason, the one-time code, and which state of the thing the form showed."""

    lock: int
    reason: str
    code: str


class BecauseForm(Form):
    """The form of a step that needs a reason and a code."""

    into = Because
    lock = fields.Integer(required=True, validate=validate.Range(0, 999_999_999))
    reason = fields.String(required=True, validate=REASON)
    code = fields.String(required=True, validate=CODE)


@dataclass(frozen=True)
class Coded:
    """The one-time code, and which state of the thing the form showed."""

    lock: int
    code: str


class CodedForm(Form):
    """The form of a step that needs a code only."""

    into = Coded
    lock = fields.Integer(required=True, validate=validate.Range(0, 999_999_999))
    code = fields.String(required=True, validate=CODE)


class Local(fields.Field[dt.datetime | None]):
    """A moment as a person writes it, on the clock of their own time zone, ending in UTC."""

    def _deserialize(self, value: object, *_args: object, **_more: object) -> dt.datetime | None:
        if value == "" and not self.required:
            return None
        try:
            moment = dt.datetime.fromisoformat(str(value))
        except ValueError:
            raise ValidationError(str(_("Give a day and a time, for example 2026-12-31 14:30."))) from None
        local = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(i18n.zone()))
        return local.astimezone(dt.UTC)


@dataclass(frozen=True)
class Report:
    """What somebody reports."""

    kind: str
    text: str
    noticed_at: dt.datetime
    happened_at: dt.datetime | None
    releases: tuple[str, ...]


class ReportForm(Form):
    """The form that reports an incident."""

    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    text = fields.String(required=True, validate=TEXT)
    noticed_at = Local(required=True)
    happened_at = Local(load_default=None, allow_none=True)
    releases = fields.List(fields.String(validate=REF), load_default=list, metadata={"many": True})

    @post_load
    def freeze(self, data: dict[str, Any], **_more: object) -> Report:
        """End in a frozen value."""
        return Report(**data | {"releases": tuple(data["releases"])})


@dataclass(frozen=True)
class Note:
    """A line for an incident's record."""

    kind: str
    text: str


class NoteForm(Form):
    """The form that adds a line."""

    into = Note
    kind = fields.String(required=True, validate=validate.OneOf(("note", "loss", "measure")))
    text = fields.String(required=True, validate=validate.Length(min=3, max=5000, error=_("Write what happened.")))


@dataclass(frozen=True)
class Assessment:
    """The officer's decision whether the authority is told: the risk to people, the reasons, why so late."""

    lock: int
    verb: str
    risk: str
    reason: str
    late_because: str
    code: str


class AssessmentForm(Form):
    """The form of that decision."""

    into = Assessment
    lock = fields.Integer(required=True, validate=validate.Range(0, 999_999_999))
    verb = fields.String(required=True, validate=validate.OneOf(("notify", "spare")))
    risk = fields.String(required=True, validate=validate.OneOf(RISKS))
    reason = fields.String(required=True, validate=REASON)
    late_because = fields.String(load_default="", validate=validate.Length(max=2000))
    code = fields.String(required=True, validate=CODE)


@dataclass(frozen=True)
class Awareness:
    """Since when MMC has really known, and why it was written down otherwise."""

    lock: int
    aware_at: dt.datetime
    reason: str
    code: str


class AwarenessForm(BecauseForm):
    """The form that corrects that moment."""

    into = Awareness  # type: ignore[assignment]
    aware_at = Local(required=True)


@dataclass(frozen=True)
class Named:
    """A release to be linked, by the number of its request."""

    number: str


class NamedForm(Form):
    """The form that links a release."""

    into = Named
    number = fields.String(required=True, validate=validate.Length(min=1, max=40))


class Empty(Form):
    """A form without fields."""
