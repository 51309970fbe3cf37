"""The sentences about a round that was not delivered: what stands against it, and whom it concerns."""

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

AGAINST: Mapping[str, LazyString] = {
    "request": _("The request does not run at present: its page says why."),
    "agreement": _("The agreement does not allow it today: ask its makers at MMC."),
    "frozen": _("Something it holds is frozen: the data protection officer knows until when."),
    "revision": _("The agreement has another version than when it was approved: confirm the purpose first."),
    "dpia": _("No impact assessment (DPIA) that counts is on file: the data protection officer records one."),
    "rule_set": _("The rule set changed: the regions must decide again. Repeat the request."),
    "keys": _("A key that was approved is not offered as it was: the regions must decide again. Repeat the request."),
    "variables": _("A variable that was approved is not offered any more. Repeat the request without it."),
    "class": _("A variable is more sensitive than when it was approved: the regions must decide again. Repeat it."),
    "region": _("Another region answers for a country than the one that approved it. Repeat the request."),
    "owners": _("Somebody co-owns a variable now who was not asked when it was approved. Repeat the request."),
    "no_rows": _("No row of the new round matches what was approved."),
}


def told(codes: str) -> list[str]:
    """Return why a round was not delivered, as sentences."""
    return [str(AGAINST[code]) for code in codes.split() if code in AGAINST]
