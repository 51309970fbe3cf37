"""The sentences of people and their roles: codes on one side, what a person reads on the other."""

import datetime as dt
from collections.abc import Mapping

from babel.dates import format_date
from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _

from portal.auth.passwords import MOST, Weakness
from portal.i18n import LANGUAGES, locale_of, ordinal

CLASH: Mapping[str, LazyString] = {
    "not_yours": _("You may not give this role here. Choose another, or ask the administrator."),
    "partner": _("People of partner organisations cannot hold a role of MMC. Choose requester or focal point."),
    "contractor": _("The role of a contractor goes with a contractor’s organisation, and no other role does."),
    "both_sides": _("This person would decide on requests of their own organisation. End the other role first."),
    "apart": _(
        "The data protection officer oversees administrators and data stewards, so one person cannot be both. "
        "End the other role first."
    ),
    "held": _("This person holds the role on some of these days already. End it first, or choose other days."),
    "no_factor": _("This role needs one-time codes, and this person has not set them up. Invite them anew instead."),
    "region": _("A regional manager answers for a region. Choose one."),
    "no_region": _("Only a regional manager has a region. Leave it empty."),
    "past": _("The last day has passed."),
    "last": _("Nobody else would hold this role. Give it to somebody else first."),
}
KIND: Mapping[str, LazyString] = {
    "mmc": _("Mixed Migration Centre"),
    "un": _("United Nations agency"),
    "academic": _("Research institute"),
    "ngo": _("Non-governmental organisation"),
    "contractor": _("Contractor of field work"),
}
STATE: Mapping[str, LazyString] = {
    "open": _("Waiting for an answer"),
    "late": _("Too late: send it again"),
    "ended:accepted": _("Accepted"),
    "ended:revoked": _("Taken back"),
}
TAKEN = _("This address cannot be used. It may be somebody's already, or be invited already; look at the list.")


def day(date: dt.date) -> dict[str, str]:
    """Return a day in every language, for a letter whose language is chosen as it is sent."""
    return {f"label_{code}": ordinal(format_date(date, "d MMMM y", locale=locale_of(code)), code) for code in LANGUAGES}


def weak_password(weak: Weakness, least: int) -> str:
    """Say what is wrong with a new password of at least ``least`` characters."""
    said: dict[Weakness, str] = {
        Weakness.TOO_SHORT: gettext("Use at least %(number)s characters.", number=least),
        Weakness.TOO_LONG: gettext("Use at most %(number)s characters.", number=MOST),
        Weakness.COMMON: gettext("This is easy to guess. Put a few unrelated words together."),
    }
    return said[weak]
