"""Commissions and rounds in the reader's words: how one stands, how far a round is, and what to do next."""

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

STANDING: Mapping[str, LazyString] = {
    "to_come": _("To come"),
    "runs": _("In force"),
    "over": _("Over"),
    "ended": _("Ended early"),
}
STATE: Mapping[str, LazyString] = {
    "waiting": _("Waiting for a file"),
    "reading": _("Being read"),
    "problems": _("The report has problems"),
    "steward": _("With the data steward"),
    "published": _("Published"),
}
BADGE: Mapping[str, str] = {"reading": "received", "problems": "refused", "steward": "checked"}
NEXT: Mapping[str, LazyString] = {
    "waiting": _("Load the file of this round."),
    "reading": _("Wait a moment: the report comes when the file has been read."),
    "problems": _("Read the report, mend the file, and load the corrected one."),
    "steward": _("Nothing to do. Until it is published you may load a corrected file or withdraw this one."),
    "published": _("Nothing to do: the round is published and can no longer be changed."),
}
