"""The sentences of reports."""

from collections.abc import Mapping

from flask_babel import LazyString, format_decimal, gettext, ngettext
from flask_babel import lazy_gettext as _

from portal.audit.codes import STATES
from portal.reports.figures import Spell

STAGE: Mapping[str, LazyString] = {
    "regions": _("Regions decide"),
    "officer": _("Data protection officer decides"),
    "requester": _("Requester accepts the offer"),
    "build": _("File is built"),
    "whole": _("From sending to the file"),
}
REFUSED: Mapping[str, LazyString] = {"country": _("Country"), "year": _("Year"), "variables": _("Variable")}


def days(number: float | None) -> str:
    """Return a number of days as a person says it, "–" where there is none; hours are no zero days."""
    if number is None:
        return "–"
    if number < 1:
        return str(gettext("less than a day"))
    shown = round(number, 1)
    text = format_decimal(shown, format="#,##0.#")
    return str(ngettext("%(text)s day", "%(text)s days", 1 if shown == 1 else 2, text=text))


def spell(one: Spell) -> str:
    """Return a median in days."""
    return days(one.days)


def outcome(state: str) -> str:
    """Return how a request stands or ended."""
    return str(STATES.get(state, state))
