"""What the page of co-owners takes."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _
from marshmallow import fields, pre_load, validate

from portal.web.forms import LONG, Form, code_field

REF = r"^[0-9a-f]{32}$"
CHOOSE = _("Choose from the list.")
MOST = 500  # names


def _names() -> fields.List[str]:
    name = fields.String(validate=validate.Length(max=100, error=LONG))
    return fields.List(name, load_default=list, validate=validate.Length(max=MOST), metadata={"many": True})


@dataclass(frozen=True)
class NewOwner:
    """Which organisation co-owns what, from a first to a last day, both included; without a last one it goes on."""

    organisation: str
    sections: list[str]
    variables: list[str]
    first_day: dt.date
    last_day: dt.date | None
    code: str

    def __repr__(self) -> str:
        return f"NewOwner(organisation={self.organisation!r})"


class OwnerForm(Form):
    """Recording a co-owner."""

    into = NewOwner
    organisation = fields.String(required=True, validate=validate.Regexp(REF, error=CHOOSE))
    sections = _names()
    variables = _names()
    first_day = fields.Date(required=True)
    last_day = fields.Date(load_default=None, allow_none=True)
    code = code_field()

    @pre_load
    def leave_open(self, data: Mapping[str, Any], **_more: object) -> dict[str, Any]:
        """Take a last day that was left empty for none."""
        return {name: None if name == "last_day" and value == "" else value for name, value in data.items()}


@dataclass(frozen=True)
class LastDay:
    """The day after which a co-ownership holds no more; ``lock`` is of what was seen."""

    last_day: dt.date
    lock: int
    code: str

    def __repr__(self) -> str:
        return f"LastDay(last_day={self.last_day!r})"


class LastDayForm(Form):
    """Ending a co-ownership."""

    into = LastDay
    last_day = fields.Date(required=True)
    lock = fields.Integer(required=True, validate=validate.Range(0, 999_999_999))
    code = code_field()
