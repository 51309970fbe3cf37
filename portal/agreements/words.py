"""The sentences of agreements: codes on one side, what a person reads on the other."""

import datetime as dt
from collections.abc import Mapping

from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _

from portal import clock, i18n
from portal.agreements import words_clauses
from portal.agreements.terms import Finding
from portal.catalogue import queries_owners
from portal.catalogue.geography import reference

PURPOSE: Mapping[str, LazyString] = {
    "research": _("Research"),
    "protection": _("Protection"),
    "programming": _("Programme design"),
    "monitoring": _("Monitoring"),
    "advocacy": _("Advocacy"),
    "reporting": _("Public reporting"),
    **words_clauses.ENFORCEMENT,
}
VALUES: Mapping[str, Mapping[str, LazyString]] = {"purpose": PURPOSE, **words_clauses.VALUES}
TIER: Mapping[str, LazyString] = {
    "partner": _("Partner file: individual answers, coarsened, in groups of at least five"),
    "licensed": _("Licensed file: individual answers, coarsened further, in groups of at least eleven"),
    "event": _("Event file: incidents without anything about who told of them"),
}
SENSITIVITY: Mapping[int, LazyString] = {
    1: _("Ordinary (class 1)"),
    2: _("Some care (class 2)"),
    3: _("Sensitive (class 3)"),
    4: _("Most sensitive (class 4)"),
}
CLAUSE: Mapping[str, tuple[LazyString, LazyString]] = {
    "status": (_("The agreement is active."), _("The agreement is not active.")),
    "organisation": (
        _("The request comes from the organisation that signed it."),
        _("The request does not come from the organisation that signed it."),
    ),
    "start": (_("It has begun (%(day)s)."), _("The agreement begins only on %(day)s.")),
    "end": (_("It runs through %(day)s (%(zone)s)."), _("The agreement ended with %(day)s (%(zone)s).")),
    "dataset": (_("The dataset is covered."), _("The dataset is not covered.")),
    "regions": (_("The regions are covered: %(regions)s."), _("These regions are not covered: %(regions)s.")),
    "tier": (_("This kind of file is covered."), _("This kind of file is finer than the agreement allows.")),
    "sensitivity": (
        _("Nothing asked for is above class %(most)s."),
        _("Something asked for is above class %(most)s, the most that is covered."),
    ),
    "request_end": (
        _("The request ends before the agreement does."),
        _("The request has no end on or before %(day)s, the agreement's last day."),
    ),
    **words_clauses.CLAUSE,
}
BROKEN: Mapping[str, LazyString] = {
    **words_clauses.BROKEN,
    "status": _("The agreement is not active."),
    "organisation": _("The request does not come from the organisation that signed it."),
    "start": _("The agreement has not begun."),
    "end": _("The agreement has ended."),
    "purpose": _("The purpose is not covered."),
    "dataset": _("The dataset is not covered."),
    "regions": _("A region is not covered."),
    "tier": _("This kind of file is finer than the agreement allows."),
    "sensitivity": _("Something asked for is more sensitive than the agreement covers."),
    "request_end": _("The request does not end before the agreement does."),
    "requester": _("Whoever asked may no longer act for the organisation."),
    "request": _("The request is not active, or its last day has passed."),
    "renewal": _("The agreement was renewed, and whoever asked has not confirmed yet that the purpose is the same."),
    "overdue": _("Copies of earlier data should have been destroyed by now. See “What we hold”."),
    "frozen": _(
        "The data protection office has stopped this. Write to info@mixedmigration.org and ask for the data protection "
        "officer."
    ),
    "file": _("The protected file it was made for is not signed off now, or its yearly review is overdue."),
}


def region(code: str) -> str:
    """Return a region's name in the reader's language, or whose module it is where it is a co-owner's part."""
    if code == "unassigned":
        return str(gettext("Without a country (global coordinator)"))
    if owner := queries_owners.name(code):
        return str(gettext("%(name)s (co-owner)", name=owner))
    known = reference().regions.get(code)
    return i18n.label(known) if known else code


def regions() -> list[tuple[str, str]]:
    """Return the regions that answer for countries today, each with its name in the reader's language."""
    today = clock.today()
    known = (one.code for one in reference().regions.values() if one.until is None or one.until >= today)
    return sorted(((code, region(code)) for code in known), key=lambda one: one[1])


def sentence(finding: Finding) -> str:
    """Return what a finding says, as a sentence."""
    params = dict(finding.params)
    if "day" in params:
        params["day"] = day(params["day"])
    if "regions" in params:
        params["regions"] = ", ".join(region(code) for code in params["regions"].split()) or "–"
    params |= _particulars(params)
    holds, broken = CLAUSE[finding.clause]
    text = str(holds if finding.holds else broken)
    return text % params if params else text


def _particulars(params: Mapping[str, str]) -> dict[str, str]:
    """Return the particulars that are codes in the reader's words: what the clause says and what was asked."""
    told = {name: words_clauses.listed(names, params[name]) for name, names in VALUES.items() if name in params}
    for kind in ("purpose", "outputs"):
        if kind in params and "allowed" in params:
            told["allowed"] = words_clauses.listed(VALUES[kind], params["allowed"])
    for kind, names in words_clauses.SAYS.items():
        if kind in params and "says" in params:
            told["says"] = words_clauses.listed(names, params["says"])
    if params.get("says") == "named" and params.get("bodies"):
        told["says"] += f" ({params['bodies']})"
    return told


def clause(name: str, params: Mapping[str, str] | None = None) -> str:
    """Return the sentence for a clause that stands against something, with its particulars where they are known."""
    if params is not None and name in CLAUSE:
        return sentence(Finding(name, holds=False, params=params))
    return str(BROKEN.get(name, name))


def day(text: str) -> str:
    """Write an ISO day out in the reader's language."""
    return i18n.day(dt.date.fromisoformat(text), "long")
