"""The log's machine words in the reader's: why something happened or was refused, what changed from what to what.

An event keeps the word; the sentence is the page's. A word that has none yet shows itself rather than nothing.
"""

from collections.abc import Mapping
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

REASONS: Mapping[str, LazyString] = {
    "NotSignedIn": _("not signed in"),
    "NotAllowed": _("not allowed"),
    "NotFound": _("not there, or not open to them"),
    "TermsForbid": _("the agreement forbids it"),
    "IllegalStep": _("no such step from here"),
    "Stale": _("somebody was faster"),
    "ForeignOrigin": _("sent from another site"),
    "FormToken": _("the form's token is missing"),
    "approve": _("approved"),
    "approve_in_part": _("approved in part"),
    "decline": _("declined"),
    "ask": _("asked"),
    "rows": _("step: what they need"),
    "variables": _("step: variables"),
    "why": _("step: why"),
    "team": _("step: who"),
    "review": _("step: review"),
    "attack": _("an attack succeeded"),
    "protection": _("a protection rule does not hold"),
    "password": _("wrong password"),
    "password_change": _("wrong password while changing it"),
    "unknown": _("unknown address"),
    "disabled": _("access has ended"),
    "organisation": _("the organisation is not active"),
    "no_factor": _("no second factor set up"),
    "code": _("wrong code"),
    "replayed": _("code used before"),
}
CHANGED: Mapping[str, LazyString] = {
    "status": _("status"),
    "state": _("status"),
    "tier": _("tier"),
    "attempt": _("attempt"),
    "complete": _("complete"),
    "kind": _("kind"),
    "roles": _("roles"),
    "role": _("role"),
    "language": _("language"),
    "time_zone": _("time zone"),
}
STATES: Mapping[str, LazyString] = {
    "draft": _("draft"),
    "in_review": _("in review"),
    "in_review:regions": _("in review by the regions"),
    "in_review:dpo": _("in review by the data protection officer"),
    "returned": _("question to answer"),
    "offered": _("offered"),
    "active": _("active"),
    "suspended": _("suspended"),
    "ended": _("ended"),
    "ended:rejected": _("ended: not approved"),
    "ended:withdrawn": _("ended: withdrawn"),
    "ended:cancelled": _("ended: cancelled"),
    "ended:lapsed": _("ended: lapsed"),
    "ended:expired": _("ended: last day reached"),
    "ended:revoked": _("ended: revoked"),
    "ended:closed": _("ended: closed"),
    "open": _("open"),
    "approved": _("approved"),
    "approved_in_part": _("approved in part"),
    "declined": _("declined"),
    "changes_requested": _("asked"),
    "recused": _("stepped aside"),
    "closed": _("closed"),
    "proposed": _("to be signed off"),
    "signed": _("signed off"),
    "held": _("held"),
    "disabled": _("access closed"),
    "True": _("yes"),
    "False": _("no"),
}


def reason(code: str) -> str:
    """Say why."""
    return str(REASONS.get(code, code))


def moved(change: Mapping[str, Any]) -> list[str]:
    """Say what changed, one line per field: what it was, an arrow, what it is."""
    return [f"{CHANGED.get(field, field)}{_(':')} {_arrow(pair)}" for field, pair in change.items()]


def _arrow(pair: Any) -> str:  # noqa: ANN401 -- whatever the body holds
    old, new = pair if isinstance(pair, list) and len(pair) == 2 else ("", pair)
    return " → ".join(_state(one) for one in (old, new))


def _state(value: Any) -> str:  # noqa: ANN401 -- as above
    if isinstance(value, list):
        return ", ".join(_state(one) for one in value) or "–"
    return "–" if value in {None, ""} else str(STATES.get(str(value), value))
