"""What the forms of a publication take: a text that is shown, an answer, a report, a reason."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _
from marshmallow import ValidationError, fields, post_load, validate

from portal.requests import places
from portal.requests.drafts import MOST_TEXT
from portal.requests.schemas import CHOOSE, LONG
from portal.requests.schemas_duties import Judged
from portal.web.forms import Form, code_field

ANSWERS = ("clear", "ask")
MOST_TITLE = 300
FILL = {"required": _("Please fill this in."), "null": _("Please fill this in.")}
DATE = FILL | {"invalid": _("Give a date as year-month-day.")}
# Every day here has a midnight in every time zone; the calendar's first and last do not.
_DAY = validate.Range(dt.date(2000, 1, 1), dt.date(2199, 12, 31), error=_("Give a date as year-month-day."))


def _title() -> fields.String:
    words = [
        validate.Length(min=1, error=_("Please fill this in.")),
        validate.Length(max=MOST_TITLE, error=LONG),
    ]
    return fields.String(required=True, error_messages=FILL, validate=words)


def _lock() -> fields.Integer:
    return fields.Integer(required=True)


def _link(typed: str) -> None:
    if typed and not places.is_https(typed):
        raise ValidationError(str(_("Give an address that begins with https:// or attach the text instead.")))


@dataclass(frozen=True)
class Shown:
    """A text that is shown before it is published: what it is called, when it is to come out, where it lies."""

    title: str
    planned_on: dt.date
    link: str
    lock: int

    def __repr__(self) -> str:
        return f"Shown(lock={self.lock})"


class ShowForm(Form):
    """Showing a text; the file comes beside it."""

    into = Shown
    title = _title()
    planned_on = fields.Date(required=True, error_messages=DATE, validate=_DAY)
    link = fields.String(load_default="", validate=_link)
    lock = _lock()


class AnswerForm(Form):
    """What MMC says of a text."""

    into = Judged
    verb = fields.String(required=True, validate=validate.OneOf(ANSWERS, error=CHOOSE), error_messages=FILL)
    note = fields.String(load_default="", validate=validate.Length(max=MOST_TEXT, error=LONG))
    code = code_field()
    lock = _lock()


@dataclass(frozen=True)
class Out:
    """A publication that is out: its title, where, and since when."""

    title: str
    address: str
    published_on: dt.date
    lock: int

    def __repr__(self) -> str:
        return f"Out(lock={self.lock})"


class OutForm(Form):
    """Reporting a publication. Its title has a name of its own: the page has two forms with one."""

    published_title = _title()
    address = fields.String(required=True, error_messages=FILL)
    published_on = fields.Date(required=True, error_messages=DATE, validate=_DAY)
    lock = _lock()

    @post_load
    def freeze(self, data: dict[str, Any], **_more: object) -> Out:
        """End in what is kept: of a DOI's address the DOI."""
        kept = places.read(data["address"])
        if not kept:
            told = _("Give a DOI, like 10.1000/182, or an address that begins with https://.")
            raise ValidationError(str(told), "address")
        return Out(data["published_title"], kept, data["published_on"], data["lock"])


@dataclass(frozen=True)
class Dropped:
    """Why nothing will be published."""

    note: str
    lock: int

    def __repr__(self) -> str:
        return f"Dropped(lock={self.lock})"


class DropForm(Form):
    """Saying that nothing will be published."""

    into = Dropped
    note = fields.String(load_default="", validate=validate.Length(max=MOST_TEXT, error=LONG))
    lock = _lock()


class BeginForm(Form):
    """The button that begins another one."""


@dataclass(frozen=True)
class Sent:
    """A text on its way in: what is said of it, and its bytes if it is attached."""

    said: Shown
    source: Iterable[bytes] | None = None
