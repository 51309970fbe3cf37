"""The sentences about how often something is delivered."""

from collections.abc import Mapping

from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _

from portal.requests.scope import Scope

REPEATS: Mapping[str, LazyString] = {
    "once": _("Once"),
    "rounds": _("Again with every new round"),
}


def delivered(scope: Scope) -> str:
    """Return how often a scope is delivered, and what of later rounds it holds."""
    if not scope.repeats:
        return str(REPEATS["once"])
    if not scope.later_than:
        return str(REPEATS["rounds"])
    return str(gettext("Again with every new round, with the years after %(year)s as they come", year=scope.later_than))
