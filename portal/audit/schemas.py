"""What the log's page may be asked for. Empty fields of the search form count as not asked."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError, fields, pre_load, validate

from portal.audit.event_types import Outcome
from portal.errors import Invalid
from portal.web import forms

SORTS = ("time", "-time", "type", "-type", "outcome", "-outcome", "actor", "-actor")
_WORD = validate.Length(max=100)
_DAY = validate.Range(dt.date(1970, 1, 1), dt.date(2199, 12, 31))  # what has a midnight in every time zone


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Which events, in which order. Dates are whole days in the reader's time zone, both included."""

    text: str = ""
    type: str = ""
    outcome: str = ""
    actor: str = ""
    target: str = ""
    since: dt.date | None = None
    until: dt.date | None = None
    sort: str = "-time"
    page: int = 1


class FiltersSchema(forms.Form):
    """The search form of the log."""

    into = Filters

    text = fields.String(validate=_WORD)
    type = fields.String(validate=_WORD)
    outcome = fields.String(validate=validate.OneOf([one.value for one in Outcome]))
    actor = fields.String(validate=_WORD)
    target = fields.String(validate=_WORD)
    since = fields.Date(validate=_DAY)
    until = fields.Date(validate=_DAY)
    sort = fields.String(validate=validate.OneOf(SORTS))
    page = fields.Integer(validate=validate.Range(min=1, max=100_000))

    @pre_load
    def drop_empty(self, data: Mapping[str, str], **_kwargs: Any) -> dict[str, str]:  # noqa: ANN401 -- marshmallow's
        """Leave out what was not filled in."""
        return {name: value.strip() for name, value in data.items() if value.strip()}


def filters(arguments: Mapping[str, str]) -> Filters:
    """Read the search form. Raises Invalid, naming the field."""
    try:
        found = FiltersSchema().load(arguments)
    except ValidationError as error:
        raise Invalid(_reasons(error)) from None
    if not isinstance(found, Filters):
        raise TypeError("filters: the schema ends in Filters")
    return found


def _reasons(error: ValidationError) -> dict[str, list[str]]:
    return forms.flatten(error.messages if isinstance(error.messages, dict) else {"_schema": error.messages})
