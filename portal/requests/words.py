"""The sentences of requests: codes on one side, what a person reads on the other."""

from collections.abc import Iterable, Mapping

from flask_babel import LazyString, format_decimal, gettext, ngettext
from flask_babel import lazy_gettext as _

from portal import i18n
from portal.agreements import words_clauses as clauses
from portal.agreements.models import Agreement
from portal.agreements.words import region as region_name
from portal.catalogue import words as catalogue_words
from portal.requests import drafts, words_problems, words_use
from portal.requests.differences import Difference
from portal.requests.menu import Menu
from portal.requests.models import Decision
from portal.requests.people import Decider
from portal.requests.scope import Scope
from portal.requests.standins import OF_HEAD
from portal.requests.workflow import ESCALATE_DAYS
from portal.rulesets import words as rulesets_words

STEP: Mapping[str, LazyString] = {
    "rows": _("What you need"),
    "variables": _("Variables"),
    "why": _("Why"),
    "team": _("Who"),
    "review": _("Review and send"),
}
PROBLEM = words_problems.PROBLEM
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
DUE: Mapping[str, LazyString] = {
    "before_use": _("before the data is used"),
    "by_date": _("by a day"),
    "on_publication": _("when something is published"),
}
DUTY: Mapping[str, LazyString] = {
    "open": _("Open"),
    "reported": _("Reported as met"),
    "met": _("Met"),
    "waived": _("Waived"),
}
TRIGGER: Mapping[str, LazyString] = {
    "red": _("a most sensitive variable is among them"),
    "special_category": _("a variable speaks of what the law protects specially, such as religion or health"),
    "exception": _("it is an exception"),
    "matching": _("it is to be matched with other data"),
    "recurring": _("it is delivered with every new round, and no impact assessment (DPIA) that counts is on file"),
}
REPEATS = words_use.REPEATS
FIELD: Mapping[str, LazyString] = {
    "families": _("Keys"),
    "variables": _("Variables"),
    "exception": _("Asked as an exception"),
    "extras": _("What you need beyond the file"),
    "exception_text": _("Why the file does not do"),
    "purpose": _("Purpose"),
    "purpose_text": _("What you want to find out"),
    "outputs": _("What will come of it"),
    "output_kinds": _("Kinds of output"),
    "onward": _("Passing on"),
    "matching": _("Matching with other data"),
    "matching_with": _("Dataset it is matched with"),
    "repeats": _("Delivered"),
    "later_than": _("Later years than"),
    "unassessed": _("Without an impact assessment"),
    "ends_on": _("Last day"),
    "team": _("People who may download"),
    "papers": _("Papers"),
    "accepted": _("Terms"),
    "same": _("Purpose"),
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
    "owners": _("Co-owners"),
    "gender": _("Gender"),
    "deputy": _("Deputy"),
    "first_day": _("First day"),
    "last_day": _("Last day"),
    "person": _("Decider"),
    "note": _("Note"),
    "conditions": _("Conditions"),
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


def standing_in(one: Decider) -> str:
    """Return who may decide, and for whom."""
    if one.instead_of is None:
        return one.person.name
    return str(gettext("%(name)s for %(other)s", name=one.person.name, other=one.instead_of.name))


def office(region: str) -> str:
    """Return who set a condition: a region, or the data protection officer."""
    return region_name(region) if region else str(gettext("Data protection officer"))


def post(code: str) -> str:
    """Return whose place a deputy takes: a region's manager's, or the head's."""
    return str(gettext("Head of MMC")) if code == OF_HEAD else region_name(code)


def decided_by(one: Decision) -> str:
    """Return who decided, and for whom or in whose place."""
    if one.for_person is not None:
        return str(gettext("%(name)s for %(other)s", name=one.person.name, other=one.for_person.name))
    if one.capacity == "assigned":
        return str(gettext("%(name)s, chosen by the coordinator", name=one.person.name))
    return one.person.name


def use(scope: Scope, agreement: Agreement) -> list[tuple[str, str]]:
    """Return what a scope says of the use of the data and what the agreement adds, as facts for a page."""
    passing = str(clauses.ONWARD.get(scope.onward or "none", scope.onward))
    if scope.onward == "named":
        passing = f"{passing} ({', '.join(agreement.onward_bodies)})"
    days, shown = agreement.retention_days, agreement.publication_review_days
    facts = [
        (str(FIELD["output_kinds"]), clauses.listed(clauses.OUTPUT, " ".join(scope.outputs))),
        (str(FIELD["onward"]), passing),
        (str(FIELD["matching"]), scope.matching or str(clauses.MATCHED["none"])),
        (str(FIELD["repeats"]), words_use.delivered(scope)),
    ]
    if days:
        after = ngettext("Within one day of the last day", "Within %(num)s days of the last day", days)
        facts.append((gettext("Destroying every copy"), after))
    if shown:
        before = ngettext("One day before", "%(num)s days before", shown)
        facts.append((gettext("Manuscripts are shown to the Mixed Migration Centre"), before))
    return facts


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
    known["coordinator"] = gettext("the global 4Mi coordinator")
    return ", ".join(known.get(one) or region_name(one) for one in who)


def pace(days: int | None) -> str:
    """Return how soon a region decides: its usual working days, or where there are none what it is asked for."""
    if days is None:
        asked = ESCALATE_DAYS
        return str(
            ngettext("asked to decide within %(num)s working day", "asked to decide within %(num)s working days", asked)
        )
    if days == 0:
        return str(gettext("usually decides within a working day"))
    return str(
        ngettext("usually decides within %(num)s working day", "usually decides within %(num)s working days", days)
    )


def values(menu: Menu, column: str, codes: Iterable[str]) -> str:
    """Return the labels of a key column's values."""
    return ", ".join(i18n.label(menu.choice(column, code)) for code in codes)


def names(menu: Menu, variables: Iterable[str]) -> str:
    """Return the labels of variables."""
    known = menu.by_name | {one.name: one for one in menu.extras}
    return ", ".join(i18n.label(known[name]) if name in known else name for name in variables)


def difference(one: Difference) -> tuple[str, str, str]:
    """Return (what, what was seen, what is now) for a difference between two scopes."""
    what = field(one.name)
    label = f"{what} ({region_name(one.region)})" if one.region else what
    return label, ", ".join(one.before) or "–", ", ".join(one.after) or "–"


def share(part: float) -> str:
    """Return a share of 1 as a percentage."""
    return i18n.percent(part)
