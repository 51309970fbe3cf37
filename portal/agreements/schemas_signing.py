"""What the forms of an agreement's way bring: a turn, an answer, the officer's record, a signature, a stop, a file."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _
from marshmallow import fields, post_load, validate

from portal.agreements import basis
from portal.agreements.schemas import CHOOSE, DATE, FILL, NUMBER, AgreementForm, NewAgreement, text
from portal.web.forms import Form, code_field

DOCUMENTS = ("signed", "draft", "dpia")


def _lock() -> fields.Integer:
    return fields.Integer(required=True, error_messages=NUMBER, validate=validate.Range(0, 2**31 - 1))


def _one_of(options: tuple[str, ...], *, required: bool = True) -> fields.String:
    if required:
        return fields.String(required=True, error_messages=FILL, validate=validate.OneOf(options, error=CHOOSE))
    return fields.String(load_default="", validate=validate.OneOf(("", *options), error=CHOOSE))


def _hash() -> fields.String:
    return fields.String(load_default="", validate=validate.Length(max=64, error=_("This is too long.")))


@dataclass(frozen=True)
class Edit:
    """A draft as it is saved, and the lock of the page it was typed on."""

    lock: int
    wanted: NewAgreement


class EditForm(AgreementForm):
    """The form that saves a draft."""

    lock = _lock()

    @post_load
    def freeze(self, data: dict[str, Any], **more: object) -> Edit:
        """End in the lock and the draft."""
        lock = data.pop("lock")
        return Edit(lock, super().freeze(data, **more))


@dataclass(frozen=True)
class Turn:
    """A step with a reason; what a step does not ask for is empty."""

    verb: str
    lock: int
    reason: str = ""
    code: str = ""
    sha256: str = ""
    last_day: dt.date | None = None


class TurnForm(Form):
    """MMC's steps with a draft."""

    into = Turn
    verb = _one_of(("share", "recall", "reopen", "drop"))
    lock = _lock()
    reason = text(4000, least=0)


class AnswerForm(Form):
    """The partner's steps: accept, hand back, open again, give notice."""

    into = Turn
    verb = _one_of(("accept", "hand_back", "reopen", "notice"))
    lock = _lock()
    sha256 = _hash()
    reason = text(4000, least=0)
    last_day = fields.Date(load_default=None, allow_none=True, error_messages=DATE)
    code = code_field(required=False)


class StopForm(Form):
    """What stops a running agreement or lets it run again, and what closes it."""

    into = Turn
    verb = _one_of(("suspend", "resume", "notice", "terminate"))
    lock = _lock()
    reason = text(4000, least=0)
    last_day = fields.Date(load_default=None, allow_none=True, error_messages=DATE)
    code = code_field(required=False)


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What a data protection officer records for the text of this hash."""

    sha256: str = ""
    legal_basis: str = ""
    transfer: str = ""
    transfer_reason: str = ""
    roles: str = ""
    reason: str = ""
    code: str = ""


@dataclass(frozen=True)
class Office:
    """The officer's step, with what it records."""

    verb: str
    lock: int
    recorded: Recorded


class OfficeForm(Form):
    """The officer's steps: record, send back, adopt, close."""

    verb = _one_of(("record", "send_back", "adopt", "close"))
    lock = _lock()
    sha256 = _hash()
    legal_basis = _one_of(basis.LEGAL, required=False)
    transfer = _one_of(basis.TRANSFER, required=False)
    transfer_reason = text(4000, least=0)
    roles = _one_of(basis.ROLES, required=False)
    reason = text(4000, least=0)
    code = code_field(required=False)

    @post_load
    def freeze(self, data: dict[str, Any], **_more: object) -> Office:
        """End in the step and what it records."""
        verb, lock = data.pop("verb"), data.pop("lock")
        return Office(verb, lock, Recorded(**data))


@dataclass(frozen=True)
class Signing:
    """A signature: the hash that was seen and the code."""

    sha256: str
    code: str


class SignForm(Form):
    """The form that signs."""

    into = Signing
    sha256 = _hash()
    code = code_field(required=False)


class CommentForm(Form):
    """Something said about an agreement."""

    text = text(4000)


class RenewForm(Form):
    """The button that renews."""


@dataclass(frozen=True)
class Attached:
    """What is said of a file that is attached."""

    purpose: str
    note: str


class DocumentForm(Form):
    """The fields beside a file that is attached."""

    into = Attached
    purpose = _one_of(DOCUMENTS)
    note = text(200, least=0)


class BetweenForm(Form):
    """Which two saved texts to compare: their numbers within this version; 0 is the version before it."""

    was = fields.Integer(load_default=0, validate=validate.Range(0, 100_000))
    now = fields.Integer(load_default=0, validate=validate.Range(0, 100_000))
