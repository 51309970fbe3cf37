"""What may be asked for beside a tier's file, as an exception: a short list, and of it what a steward has confirmed.

A variable that says more of one of the tier's own keys belongs to that key's family: where the file hides the key, it
stays hidden too. Long lists, places, dates, texts and everything that is amber or red are not on the list.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from portal.catalogue import queries_owners
from portal.catalogue.models import Variable
from portal.db import session
from portal.exports.models import ProtectedFile
from portal.requests.drafts import SENSITIVE
from portal.requests.routing import SPECIAL_CATEGORIES

FAMILY = {
    "nationality": "origin",
    "departure_country": "origin",
    "age_band5": "age",
    "education": "",
    "marital": "",
    "occupation_before": "",
    "origin_urban_rural": "",
    "return_from": "",
}
"""What may be asked for, and the family of keys that it says more of; "" for none."""

ROLE = "quasi_identifier"
TIERS = ("partner", "licensed")


def offered(file: ProtectedFile) -> list[dict[str, Any]]:
    """Return the variables that may be asked for beside a file, as plain values for its menu."""
    if file.tier not in TIERS:
        return []
    shown = {level["column"] for key in file.rule_set["keys"] for level in key["levels"]}
    shown |= {one["variable"] for one in file.rule_set["treatments"]}
    query = select(Variable).where(
        Variable.version_id == file.version_id, Variable.name.in_(FAMILY.keys() - shown), Variable.role == ROLE
    )
    found = session().scalars(query.where(Variable.sensitivity < SENSITIVE).order_by(Variable.position)).all()
    return [_plain(one) for one in _nobody_elses(file.version.dataset_id, found)]


def _nobody_elses(dataset_id: int, found: Iterable[Variable]) -> list[Variable]:
    """Leave out what is co-owned, or speaks of what the law protects specially."""
    variables = [one for one in found if one.name not in SPECIAL_CATEGORIES]
    owned = queries_owners.marks(dataset_id, [(one.name, one.section) for one in variables])
    return [one for one in variables if one.name not in owned]


def _plain(one: Variable) -> dict[str, Any]:
    labels = {"label_en": one.label_en, "label_fr": one.label_fr}
    return {"name": one.name, "section": one.section, "type": one.type, "sensitivity": one.sensitivity, **labels}
