"""Publications in the reader's words."""

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

STATUS: Mapping[str, LazyString] = {
    "open": _("Not shown yet"),
    "shown": _("Shown, waits for an answer"),
    "changes_asked": _("Changes asked for"),
    "cleared": _("No objection"),
    "unanswered": _("Nobody answered in time"),
    "published": _("Published"),
    "dropped": _("Will not be published"),
}
UNREVIEWED = _("Not published yet")
"""What ``open`` is called where the agreement asks to see nothing before."""

VIEWS: Mapping[str, LazyString] = {
    "": _("All"),
    "waiting": _("Waiting for an answer"),
    "published": _("Published"),
}


def status(name: str, review_days: int) -> LazyString:
    """Say where a publication stands."""
    return UNREVIEWED if name == "open" and not review_days else STATUS[name]
