"""The sentences of requests: codes on one side, what a person reads on the other."""

from collections.abc import Iterable, Mapping

from flask_babel import LazyString, format_decimal, gettext
from flask_babel import lazy_gettext as _

from portal import i18n
from portal.agreements.words import region as region_name
from portal.catalogue import words as catalogue_words
from portal.requests import drafts
from portal.requests.menu import Menu
from portal.requests.scope import Difference
from portal.rulesets import words as rulesets_words

STEP: Mapping[str, LazyString] = {
    "rows": _("What you need"),
    "variables": _("Variables"),
    "why": _("Why"),
    "team": _("Who"),
    "review": _("Review and send"),
}
PROBLEM: Mapping[str, LazyString] = {
    "choose_one": _("Choose at least one."),
    "off_menu": _("This is not on the list any more; choose again."),
    "say_more": _("Say a little more: at least 20 characters."),
    "no_date": _("Give the last day on which you need the data."),
    "past": _("This day has passed."),
    "accept": _("Without this the request cannot be sent."),
    "no_rows": _("No row of the file matches. Choose more countries, years or genders."),
    "reason_needed": _("Give your reason: it is required here, and the requester reads it."),
    "refuse_something": _("To approve in part, tick what you refuse."),
    "refuses_something": _("You ticked something to refuse: choose “Approve in part”, or untick it."),
    "refuses_all": _("Nothing would be left: decline instead."),
    "off_scope": _("Something you refused is not in this request; open the page again."),
}
FAMILY = rulesets_words.FAMILY
SECTION = catalogue_words.SECTION
TREATMENT: Mapping[str, LazyString] = {
    "keep": _("as answered"),
    "parents": _("in broader groups"),
    "bands": _("in bands"),
    "groups": _("in broader groups"),
    "any_none": _("only whether any was named"),
}
VERDICT: Mapping[str, LazyString] = {
    "approve": _("Approved"),
    "approve_in_part": _("Approved in part"),
    "decline": _("Declined"),
    "ask": _("Asked"),
}
TRIGGER: Mapping[str, LazyString] = {
    "red": _("a most sensitive variable is among them"),
    "special_category": _("a variable speaks of what the law protects specially, such as religion or health"),
    "exception": _("it is an exception"),
}
FIELD: Mapping[str, LazyString] = {
    "families": _("Keys"),
    "variables": _("Variables"),
    "purpose": _("Purpose"),
    "purpose_text": _("What you want to find out"),
    "outputs": _("What will come of it"),
    "ends_on": _("Last day"),
    "team": _("People who may download"),
    "accepted": _("Terms"),
    "rows": _("Rows"),
    "language": _("Language of the file"),
    "recipients": _("People who may download"),
    "agreement": _("Agreement"),
    "agreement_revision": _("Agreement's version"),
    "rule_set": _("Rule set"),
    "rule_set_version": _("Rule set's version"),
    "version": _("Dataset version"),
    "file": _("Protected file"),
    "tier": _("Kind of file"),
    "dataset": _("Dataset"),
    "why": _("Reasons given"),
    "rationale": _("Reason"),
    "verb": _("Verdict"),
    "code": _("One-time code"),
    "region": _("Region"),
    "country": _("Country"),
    "year": _("Year"),
    "gender": _("Gender"),
}


def field(name: str, menu: Menu | None = None) -> str:
    """Return what a field is called."""
    bare = name.removeprefix("reason-")
    if menu is not None and bare in menu.by_name:
        return i18n.label(menu.by_name[bare])
    if menu is not None and bare in menu.labels and bare not in FIELD:
        return i18n.label(menu.labels[bare])
    return str(FIELD.get(bare, bare))


def told(wrong: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Return reasons by field as sentences; what is one already stays."""
    return {name: [str(PROBLEM.get(code, code)) for code in codes] for name, codes in wrong.items()}


def problems(found: drafts.Problems) -> dict[str, list[str]]:
    """Return a draft's problems as sentences."""
    return told({name: [code] for name, code in found.items()})


def rows(number: int) -> str:
    """Return a count in tens as a sentence part; 0 stands for anything below 30."""
    text = gettext("fewer than 30 rows") if number == 0 else gettext("about %(n)s rows", n=format_decimal(number))
    return str(text)


def count(number: int) -> str:
    """Return a count in tens for a table cell."""
    return "<\u202f30" if number == 0 else str(format_decimal(number))


def waits_on(who: Iterable[str]) -> str:
    """Return whom a request waits on."""
    known = {"requester": gettext("the requester"), "officer": gettext("the data protection officer")}
    return ", ".join(known.get(one) or region_name(one) for one in who)


def values(menu: Menu, column: str, codes: Iterable[str]) -> str:
    """Return the labels of a key column's values."""
    return ", ".join(i18n.label(menu.choice(column, code)) for code in codes)


def names(menu: Menu, variables: Iterable[str]) -> str:
    """Return the labels of variables."""
    known = menu.by_name
    return ", ".join(i18n.label(known[name]) if name in known else name for name in variables)


def difference(one: Difference) -> tuple[str, str, str]:
    """Return (what, what was seen, what is now) for a difference between two scopes."""
    what = field(one.name)
    label = f"{what} ({region_name(one.region)})" if one.region else what
    return label, ", ".join(one.before) or "–", ", ".join(one.after) or "–"


def share(part: float) -> str:
    """Return a share of 1 as a percentage."""
    return i18n.percent(part)
