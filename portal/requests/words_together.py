"""The sentences about parts that are approved together, or not."""

from collections.abc import Iterable, Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from portal.requests.menu import Menu
from portal.requests.words import field

AGAINST: Mapping[str, LazyString] = {
    "not_open": _("It does not wait for a decision any more."),
    "not_yours": _("It is not yours to decide."),
    "no_file": _("Its protected file is not signed off now."),
    "sensitive": _("A variable in it is amber or red: read its reasons."),
    "officer": _("The data protection officer decides after you."),
    "spoken": _("Something was asked or decided about it before."),
    "unlike_before": _("The request it repeats was not the same, or was not simply approved."),
    "terms": _("The agreement does not allow it now, or something is frozen."),
}


def fields(names: Iterable[str], menu: Menu | None) -> str:
    """Return the fields in which two parts differ."""
    return ", ".join(field("output_kinds" if name == "outputs" else name, menu) for name in names)
