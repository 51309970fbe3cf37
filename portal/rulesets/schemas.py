"""What the form that changes a rule set brings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError, fields, post_load, pre_load, validate

from portal.rulesets.change import Wanted
from portal.web.forms import Form

PERCENT = validate.Range(0, 100)
OPTIONAL = ("mean_risk", "gap", "change")  # an empty number asks for nothing
REASON = validate.Length(min=20, max=2000)


@dataclass(frozen=True)
class Proposal:
    """A wanted change, the version it was made on, and why."""

    wanted: Wanted
    number: int
    reason: str


class ProposalForm(Form):
    """The form: numbers as people write them, shares in percent, a field ``finest.<key>`` for each key."""

    number = fields.Integer(required=True, validate=validate.Range(1, 1_000_000))
    k = fields.Integer(required=True, validate=validate.Range(0, 1000))
    mean_risk = fields.Float(load_default=None, allow_none=True, validate=PERCENT)
    mean_enforced = fields.Boolean(load_default=False)
    alpha = fields.Float(required=True, validate=PERCENT)
    margin = fields.Float(required=True, validate=PERCENT)
    gap = fields.Float(load_default=None, allow_none=True, validate=PERCENT)
    change = fields.Float(load_default=None, allow_none=True, validate=PERCENT)
    min_no = fields.Integer(required=True, validate=validate.Range(0, 1000))
    min_enumerators = fields.Integer(required=True, validate=validate.Range(0, 1000))
    finest = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)
    released = fields.List(fields.String(validate=validate.Length(max=100)), metadata={"many": True})
    reason = fields.String(required=True, validate=REASON)

    @pre_load
    def gather(self, data: Mapping[str, Any], **_more: object) -> dict[str, Any]:
        """Collect the fields ``finest.<key>`` under their keys; an empty number asks for nothing."""
        finest = {name.removeprefix("finest."): value for name, value in data.items() if name.startswith("finest.")}
        rest = {name: value for name, value in data.items() if not name.startswith("finest.")}
        if "finest" in rest:
            raise ValidationError("Unknown field.", "finest")
        nothing = {name: None for name in OPTIONAL if rest.get(name) == ""}
        return rest | nothing | {"finest": finest}

    @post_load
    def freeze(self, data: dict[str, Any], **_more: object) -> Proposal:
        """End in a frozen value: shares in 0..1."""
        number, reason, released = data.pop("number"), data.pop("reason"), frozenset(data.pop("released", ()))
        for name in ("mean_risk", "alpha", "margin", "gap"):
            data[name] = None if data[name] is None else data[name] / 100
        return Proposal(Wanted(**data, released=released), number, reason)
