"""What the forms about ending releases and about duties of destruction bring."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _
from marshmallow import fields, post_load, validate

from portal.exports.workflow import ENCRYPTED, METHODS
from portal.web.forms import Form

LONG = _("This is too long.")
MOST_TEXT = 4000
STATUSES = ("overdue", "due", "attested", "settled", "waived")
RELEASE_STATUSES = ("available", "checking", "held", "building", "queued", "ended", "open")


@dataclass(frozen=True)
class Stop:
    """Which release state was seen, and why it ends."""

    lock: int
    reason: str
    code: str

    def __repr__(self) -> str:
        return f"Stop(lock={self.lock})"


class StopForm(Form):
    """Revoke or replace a release; waive a duty."""

    into = Stop
    lock = fields.Integer(required=True)
    reason = fields.String(load_default="", validate=validate.Length(max=MOST_TEXT, error=LONG))
    code = fields.String(required=True, validate=validate.Length(max=40, error=LONG))


@dataclass(frozen=True)
class Back:
    """What was seen, and why it goes back."""

    lock: int
    reason: str


class BackForm(Form):
    """Give an attestation back."""

    into = Back
    lock = fields.Integer(required=True)
    reason = fields.String(load_default="", validate=validate.Length(max=MOST_TEXT, error=LONG))


@dataclass(frozen=True)
class Attestation:
    """How, when and how many copies were destroyed, and what is kept of what was made from them."""

    lock: int
    method: str
    destroyed_on: dt.date
    copies: int
    backups: str
    derivatives: str
    statement: bool


class AttestationForm(Form):
    """The attestation."""

    into = Attestation
    lock = fields.Integer(required=True)
    method = fields.String(required=True, validate=validate.OneOf(METHODS, error=_("Choose from the list.")))
    destroyed_on = fields.Date(required=True)
    copies = fields.Integer(required=True, validate=validate.Range(0, 10_000))
    backups = fields.String(load_default="", validate=validate.Length(max=MOST_TEXT, error=LONG))
    derivatives = fields.String(load_default="", validate=validate.Length(max=MOST_TEXT, error=LONG))
    statement = fields.Boolean(load_default=False)


@dataclass(frozen=True)
class Loss:
    """How many copies were lost, when it was noticed, how, and whether they were encrypted."""

    lock: int
    lost_on: dt.date
    how: str
    encrypted: str
    copies: int
    statement: bool

    def __repr__(self) -> str:
        return f"Loss(lock={self.lock})"


class LossForm(Form):
    """The statement of a loss. Its fields have names of their own: the attestation stands on the same page."""

    lock = fields.Integer(required=True)
    lost_on = fields.Date(required=True)
    lost_how = fields.String(load_default="", validate=validate.Length(max=MOST_TEXT, error=LONG))
    encrypted = fields.String(required=True, validate=validate.OneOf(ENCRYPTED, error=_("Choose from the list.")))
    lost_copies = fields.Integer(required=True, validate=validate.Range(1, 10_000, error=_("At least 1.")))
    lost_statement = fields.Boolean(load_default=False)

    @post_load
    def freeze(self, data: dict[str, Any], **_more: object) -> Loss:
        """End in what is stated."""
        return Loss(
            lock=data["lock"],
            lost_on=data["lost_on"],
            how=data["lost_how"],
            encrypted=data["encrypted"],
            copies=data["lost_copies"],
            statement=data["lost_statement"],
        )


class _ListForm(Form):
    """Sorting and pages are the list's own."""

    sort = fields.String(load_default="")
    descending = fields.String(load_default="")
    page = fields.String(load_default="")
    form = fields.String(load_default="", data_key="as")


class LookForm(_ListForm):
    """Which duties to show."""

    status = fields.String(load_default="", validate=validate.OneOf(["", *STATUSES, "sample"]))


class ReleasesForm(_ListForm):
    """Which releases to show."""

    status = fields.String(load_default="", validate=validate.OneOf(["", *RELEASE_STATUSES]))
