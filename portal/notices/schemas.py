"""What the pages of messages and of the outbox take, ending in frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from flask_babel import lazy_gettext as _
from marshmallow import fields, post_load, validate

from portal.letters.kinds import CHOSEN, KINDS, Way
from portal.web.forms import Form

STATUSES = ("queued", "sending", "sent", "doubt", "failed", "gathered", "bundled", "kept")
SORTS = ("created", "attempts", "status")
MOST_PAGES = 100_000


@dataclass(frozen=True)
class Look:
    """Which of the own messages to show: only unread ones, only one kind."""

    show: str = ""
    kind: str = ""
    page: int = 1


class LookForm(Form):
    """The filter over the own messages."""

    into = Look
    show = fields.String(load_default="", validate=validate.OneOf(["", "unread"]))
    kind = fields.String(load_default="", validate=validate.OneOf(["", *KINDS]))
    page = fields.Integer(load_default=1, validate=validate.Range(1, MOST_PAGES))


@dataclass(frozen=True)
class Seen:
    """The newest message that was on the page, or the one that is meant alone."""

    ref: str
    alone: bool = False


class SeenForm(Form):
    """The buttons that mark what was shown as read, or one message."""

    into = Seen
    ref = fields.String(required=True, validate=validate.Length(min=1, max=40))
    alone = fields.Boolean(load_default=False)


@dataclass(frozen=True)
class Wanted:
    """How each kind that one may choose for shall come."""

    ways: Mapping[str, str]


class _Wanted(Form):
    @post_load
    def freeze(self, data: dict[str, Any], **_more: object) -> Wanted:
        """End in a frozen value."""
        return Wanted({name: data[name] for name in CHOSEN})


def wanted_form() -> Form:
    """Return the form with one choice for each kind."""
    one: dict[str, fields.Field[Any]] = {
        name: fields.String(required=True, validate=validate.OneOf(list(Way), error=_("Choose one from the list.")))
        for name in CHOSEN
    }
    return cast("Form", _Wanted.from_dict(one)())


@dataclass(frozen=True)
class OutboxLook:
    """Which letters of the outbox to show, and in what order."""

    status: str = ""
    kind: str = ""
    sort: str = "created"
    descending: bool = True
    page: int = 1


class OutboxForm(Form):
    """The filters over the outbox."""

    into = OutboxLook
    status = fields.String(load_default="", validate=validate.OneOf(["", *STATUSES]))
    kind = fields.String(load_default="", validate=validate.OneOf(["", *KINDS]))
    sort = fields.String(load_default="created", validate=validate.OneOf(SORTS))
    descending = fields.Boolean(load_default=True)
    page = fields.Integer(load_default=1, validate=validate.Range(1, MOST_PAGES))


class Empty(Form):
    """A button: nothing but the form's token."""
