"""What events of datasets and rule sets are called in the log."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

OF_DATA: dict[str, LazyString] = {
    "dataset.registered": _("Dataset registered"),
    "dataset.searched": _("Catalogue searched"),
    "dataset.metadata.viewed": _("Dataset description looked at"),
    "dataset.owner.recorded": _("Co-owner of variables recorded"),
    "dataset.owner.ended": _("Co-ownership of variables ended"),
    "dataset.commission.given": _("Contractor commissioned for a round"),
    "dataset.commission.ended": _("Commission of a contractor ended"),
    "dataset.commission.viewed": _("A contractor looked at its rounds"),
    "dataset.version.uploaded": _("File uploaded"),
    "dataset.version.refused": _("Uploaded file refused"),
    "dataset.version.added": _("Version added"),
    "dataset.version.viewed": _("Version looked at"),
    "dataset.version.withdrawn": _("File of a contractor withdrawn"),
    "dataset.roles.confirmed": _("Roles of variables confirmed"),
    "dataset.version.published": _("Version published"),
    "rules.viewed": _("Rule set looked at"),
    "rules.proposed": _("Change of a rule set proposed"),
    "rules.confirmed": _("Rule set put in force"),
    "rules.dropped": _("Proposed rule set dropped"),
}
