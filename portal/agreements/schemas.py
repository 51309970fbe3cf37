"""What the pages of agreements take, ending in frozen values."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _
from marshmallow import ValidationError, fields, post_load, validate

from portal.agreements.schemas_clauses import Clauses, ClausesForm
from portal.agreements.terms import PURPOSES, SENSITIVITIES, TIERS
from portal.web.forms import Form, zone_field

FILL = {"required": _("Please fill this in."), "null": _("Please fill this in.")}
DATE = FILL | {"invalid": _("Give a date as year-month-day.")}
NUMBER = FILL | {"invalid": _("Give a whole number.")}
CHOOSE = _("Choose from the list.")
STATUSES = ("draft", "signing", "active", "suspended", "ended")
KINDS = ("mou", "licence")


# Every day here has a midnight in every time zone; the calendar's first and last do not.
_DAY = validate.Range(dt.date(2000, 1, 1), dt.date(2199, 12, 31), error=_("Give a date as year-month-day."))


def text(most: int, *, least: int = 1) -> fields.String:
    """Return a field for typed text of bounded length."""
    words = [
        validate.Length(min=least, error=_("Please fill this in.")),
        validate.Length(max=most, error=_("This is too long.")),
    ]
    if least:
        return fields.String(required=True, error_messages=FILL, validate=words)
    return fields.String(load_default="", validate=words[1:])


def several(options: tuple[str, ...] | None = None) -> fields.List[str]:
    """Return a field for at least one of several choices."""
    inner = fields.String(validate=validate.OneOf(options, error=CHOOSE) if options else validate.Length(max=60))
    rule = validate.Length(min=1, max=60, error=_("Choose at least one."))
    return fields.List(inner, required=True, error_messages=FILL, validate=rule, metadata={"many": True})


@dataclass(frozen=True, kw_only=True)
class NewAgreement(Clauses):
    """An agreement as somebody drafts it; ``organisation`` and the signatories are references, "" for nobody yet."""

    organisation: str
    kind: str = "mou"
    mmc_signatory: str = ""
    partner_signatory: str = ""
    title_en: str
    title_fr: str
    text_en: str
    starts_on: dt.date
    ends_on: dt.date
    time_zone: str
    purposes: tuple[str, ...]
    datasets: tuple[str, ...]
    regions: tuple[str, ...]
    tier: str
    most_sensitive: int
    download_limit: int
    release_days: int


class AgreementForm(ClausesForm):
    """The form that drafts an agreement."""

    organisation = text(32)
    kind = fields.String(load_default="mou", validate=validate.OneOf(KINDS, error=CHOOSE))
    mmc_signatory = text(32, least=0)
    partner_signatory = text(32, least=0)
    title_en = text(200)
    title_fr = text(200)
    text_en = text(20_000, least=0)
    starts_on = fields.Date(required=True, error_messages=DATE, validate=_DAY)
    ends_on = fields.Date(required=True, error_messages=DATE, validate=_DAY)
    time_zone = zone_field()
    purposes = several(PURPOSES)
    datasets = several()
    regions = several()
    tier = fields.String(required=True, error_messages=FILL, validate=validate.OneOf(TIERS, error=CHOOSE))
    most_sensitive = fields.Integer(
        required=True, error_messages=NUMBER, validate=validate.OneOf(SENSITIVITIES, error=CHOOSE)
    )
    download_limit = fields.Integer(
        required=True, error_messages=NUMBER, validate=validate.Range(1, 50, error=_("Between 1 and 50."))
    )
    release_days = fields.Integer(
        required=True, error_messages=NUMBER, validate=validate.Range(1, 365, error=_("Between 1 and 365."))
    )

    @post_load
    def freeze(self, data: dict[str, Any], **_more: object) -> NewAgreement:
        """End in a frozen value whose dates are in order."""
        if data["ends_on"] < data["starts_on"]:
            raise ValidationError(str(_("The last day lies before the first.")), "ends_on")
        plural = {name: tuple(dict.fromkeys(data[name])) for name in ("purposes", "datasets", "regions")}
        plural |= {"outputs": tuple(dict.fromkeys(data["outputs"])), "factors": tuple(data["factors"].split())}
        return NewAgreement(**data | plural)


@dataclass(frozen=True)
class Accept:
    """Which text of the terms was read, and where to go afterwards."""

    sha256: str
    next: str


class AcceptForm(Form):
    """The button below the terms."""

    into = Accept
    sha256 = fields.String(required=True, validate=validate.Length(equal=64))
    next = fields.String(load_default="", validate=validate.Length(max=2000))


class Empty(Form):
    """A button: nothing but the form's token."""


@dataclass(frozen=True)
class Look:
    """Which agreements to show, and in what order."""

    words: str = ""
    status: str = ""
    sort: str = "ends"
    descending: bool = True
    page: int = 1


class LookForm(Form):
    """The filters over the list of agreements."""

    into = Look
    words = fields.String(load_default="", data_key="q", validate=validate.Length(max=100))
    status = fields.String(load_default="", validate=validate.OneOf(["", *STATUSES]))
    sort = fields.String(load_default="ends", validate=validate.OneOf(["number", "organisation", "ends", "status"]))
    descending = fields.Boolean(load_default=True)
    page = fields.Integer(load_default=1, validate=validate.Range(1, 100_000))
