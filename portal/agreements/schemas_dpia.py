"""What the forms about assessments (DPIA) bring."""

import datetime as dt
from dataclasses import dataclass

from marshmallow import fields, validate

from portal.agreements.models_dpia import OUTCOMES
from portal.agreements.schemas import CHOOSE, DATE, FILL, NUMBER, text
from portal.web.forms import Form, code_field


@dataclass(frozen=True, kw_only=True)
class NewAssessment:
    """An assessment as it is recorded. ``lock`` is how many were on file on the page; ``document`` a paper or ""."""

    title: str
    done_on: dt.date
    outcome: str
    review_on: dt.date
    lock: int
    document: str = ""
    code: str = ""


class AssessmentForm(Form):
    """The form that records one."""

    into = NewAssessment
    title = text(200)
    done_on = fields.Date(required=True, error_messages=DATE)
    outcome = fields.String(required=True, error_messages=FILL, validate=validate.OneOf(OUTCOMES, error=CHOOSE))
    review_on = fields.Date(required=True, error_messages=DATE)
    document = text(32, least=0)
    lock = fields.Integer(required=True, error_messages=NUMBER, validate=validate.Range(0, 2**31 - 1))
    code = code_field(required=False)


@dataclass(frozen=True)
class Withdrawn:
    """An assessment that is withdrawn: the lock that was seen, and why."""

    lock: int
    reason: str
    code: str


class WithdrawForm(Form):
    """The form that withdraws one."""

    into = Withdrawn
    lock = fields.Integer(required=True, error_messages=NUMBER, validate=validate.Range(0, 2**31 - 1))
    reason = text(4000, least=0)
    code = code_field(required=False)
