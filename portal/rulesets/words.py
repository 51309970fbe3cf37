"""Rule sets in the reader's words."""

from collections.abc import Mapping

from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _

from portal import i18n
from portal.catalogue import codebook, eventbook
from portal.catalogue.intake_severity import N_
from portal.rulesets.change import Change

TIER: Mapping[str, LazyString] = {
    "partner": _("Partner file"),
    "licensed": _("Licensed file"),
    "table": _("Table file"),
    "event": _("Event file"),
}
STATUS: Mapping[str, LazyString] = {
    "proposed": _("Waits for its second signature"),
    "in_force": _("In force"),
    "replaced": _("Replaced"),
    "dropped": _("Dropped"),
}
OFFICE: Mapping[str, LazyString] = {
    "coordinator": _("global 4Mi coordinator"),
    "dpo": _("data protection officer"),
}
FAMILY: Mapping[str, LazyString] = {
    "place": _("Place of the interview or event"),
    "time": _("Year"),
    "gender": _("Gender"),
    "age": _("Age group"),
    "origin": _("Origin by sub-region"),
}
LEVEL: Mapping[str, LazyString] = {
    "region": _("MMC region"),
    "country": _("Country"),
    "admin1": _("First-level area (admin1)"),
    "year": _("Year"),
    "gender": _("Gender"),
    "age_group": _("Under 18 or adult"),
    "age_band": _("Ten-year age group"),
    "origin_region": _("Region of the world"),
    "origin_subregion": _("Sub-region"),
}
NUMBER: Mapping[str, LazyString] = {
    "k": _("Smallest group (k)"),
    "max_risk": _("Highest risk of one person"),
    "mean_risk": _("Highest mean risk"),
    "mean_enforced": _("The mean risk is enforced, not only reported"),
    "alpha": _("Highest share of a sensitive answer in a group"),
    "margin": _("Or above its share in the whole file by at most"),
    "min_no": _("Least number of other answers beside a sensitive one"),
    "min_enumerators": _("Least number of enumerators behind an area and year"),
    "gap": _("Farthest that what a group shows may lie from what all show"),
    "change": _("Largest change of a cell of the named cross-tables, in points"),
}
FACTS = (  # the engine's own, said anew in the reader's language
    N_("below %(least)s protects nobody"),
    N_("0 cannot be reached by any file with a row in it"),
    N_("needs limits.mean_risk"),
    N_("below 1 lets a whole class say yes"),
    N_("its gate %(gate)s is not released, and having an answer would reveal it"),
)
SHARES = frozenset({"max_risk", "mean_risk", "alpha", "margin", "gap"})


def tier(name: str) -> str:
    """Return what a tier's files are called."""
    return str(TIER.get(name, name))


def family(name: str) -> str:
    """Return what a key is called."""
    return str(FAMILY.get(name, name))


def level(column: str) -> str:
    """Return what one level of a key is called."""
    return str(LEVEL.get(column, column))


def variable(name: str) -> str:
    """Return a variable's question, or its name where no codebook has it."""
    known = codebook.reference().variables.get(name) or eventbook.reference().variables.get(name)
    return i18n.label(known) if known else name


def number(name: str, value: str) -> str:
    """Return a number of a rule set as people write it; nothing asked for is a dash."""
    if value in {"True", "False"}:
        return str(gettext("yes") if value == "True" else gettext("no"))
    if not value:
        return "–"
    return i18n.percent(float(value), 1) if name in SHARES else i18n.number(float(value))


def fact(text: str) -> str:
    """Return what the engine has against a rule set, in the reader's language."""
    return i18n.said_anew(text, FACTS)


def change(one: Change) -> str:
    """Return one difference between two versions as a sentence."""
    if one.kind == "released":
        return str(gettext("%(what)s is released", what=variable(one.name)))
    if one.kind == "withdrawn":
        return str(gettext("%(what)s is no longer released", what=variable(one.name)))
    if one.kind == "key":
        was, now = level(one.was), level(one.now)
        return str(gettext("%(what)s: from %(was)s to %(now)s", what=family(one.name), was=was, now=now))
    what = str(NUMBER.get(one.name, one.name))
    was, now = number(one.name, one.was), number(one.name, one.now)
    return str(gettext("%(what)s: from %(was)s to %(now)s", what=what, was=was, now=now))
