"""What the papers of a request are called."""

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from portal.agreements import words_signing

SCAN = words_signing.SCAN
PAPER: Mapping[str, tuple[LazyString, LazyString]] = {
    "ethics": (_("Ethics approval"), _("Of the committee of your institution. A licence for one project asks for it.")),
    "protocol": (_("Study protocol"), _("What you do with the data, step by step.")),
    "letter": (_("Supervisor’s letter"), _("Who answers for the project, and that they know of this request.")),
    "other": (_("Another paper"), _("Say in the note what it is.")),
    "manuscript": (_("Text shown before publication"), _("It belongs to a publication.")),
}
