"""The sentences about assessments (DPIA)."""

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

OUTCOME: Mapping[str, LazyString] = {
    "low": _("Low risk is left"),
    "accepted": _("Some risk is left, and accepted with its measures"),
    "high": _("High risk is left: counts as none until the authority was asked"),
}
