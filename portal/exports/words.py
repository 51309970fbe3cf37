"""Protected files in the reader's words: their tiers, and why one is held.

What attacks, keys and left-out rows are called is told by the same texts as in a package (``package_words``).
"""

from flask_babel import gettext

from portal import i18n
from portal.agreements.words import clause
from portal.catalogue.intake_severity import N_
from portal.errors import TermsForbid
from portal.exports import package_words
from portal.exports.models import ProtectedFile, Release
from portal.exports.package_report import STEPS
from portal.rulesets.words import tier

__all__ = ["asked_of", "excluded", "held", "tier", "told"]

HELD = (
    N_("too close to an earlier release"),
    N_("refused too often of late: a person decides"),
    N_("ledger: not what the log says it is; without it nothing can be judged"),
    N_("ledger: beside the exceptions that left, this file would tell people apart"),
    N_("ledger: unreadable; nothing can be judged"),
    N_("ledger: not what its last entry says; nothing can be judged"),
    N_("release: an extra is not on offer any more"),
    N_("exception: the version does not hold what was asked for"),
    N_("leaks: %(names)s in the finished package"),
    N_("package: a group of the selection is smaller than k"),
    N_("package: %(name)s breaks its diversity rule in a group of the selection"),
    N_("package: an attack on the protected file succeeded"),
    N_("release: no row of the protected file matches the accepted scope"),
    N_("release: the request is not active or the protected file is no longer signed off"),
    N_("keys: %(names)s has no confirmed role; confirm it in a new version"),
    N_("attack: %(names)s succeeded on the finished file"),
    N_("attack: %(names)s could not be tried on the finished file"),
    N_("rule set: changed since the last file, and beside the earlier files too little could be shown"),
    N_("k: beside the earlier files no record may be shown"),
    N_("limits.mean_risk: beside the earlier files it cannot be kept"),
)
FORBIDS = str(TermsForbid(()))  # how the text of one begins


def held(row: ProtectedFile | Release) -> str:
    """Say why a file is held: the portal's own reasons in the reader's language, a person's as they wrote it."""
    if row.held_as == "machine":
        return str(gettext("Building it failed three times (%(kind)s).", kind=row.held_reason))
    if row.held_as == "terms" and row.held_reason.startswith(FORBIDS):
        return " ".join(clause(name) for name in row.held_reason.removeprefix(FORBIDS).split(", "))
    return i18n.said_anew(row.held_reason, HELD)


def told(section: str, name: str) -> str:
    """Return the reader's words for a name from the packages' texts, for example ("attack", "prosecutor")."""
    return package_words.load(i18n.current_language()).name(section, name)


def excluded(reason: str) -> str:
    """Say which rows a rule set left out."""
    return told("counts", STEPS.get(reason, "excluded"))


def asked_of(universe: str) -> str:
    """Say who a question was asked of."""
    return package_words.load(i18n.current_language()).universe(universe)
