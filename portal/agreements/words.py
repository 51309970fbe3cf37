"""The sentences of agreements: codes on one side, what a person reads on the other."""

import datetime as dt
from collections.abc import Mapping

from flask_babel import LazyString, format_date, gettext
from flask_babel import lazy_gettext as _

from portal import i18n
from portal.agreements.terms import Finding
from portal.catalogue.geography import reference

PURPOSE: Mapping[str, LazyString] = {
    "research": _("Research"),
    "protection": _("Protection"),
    "programming": _("Programme design"),
    "monitoring": _("Monitoring"),
    "advocacy": _("Advocacy"),
    "reporting": _("Public reporting"),
}
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
    "start": (_("It has begun (%(day)s)."), _("It begins only on %(day)s.")),
    "end": (_("It runs through %(day)s (%(zone)s)."), _("It ended with %(day)s (%(zone)s).")),
    "purpose": (_("The purpose is covered."), _("The purpose is not covered.")),
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
}
BROKEN: Mapping[str, LazyString] = {
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
    "file": _("The protected file it was made for is not signed off now, or its yearly review is overdue."),
}


def region(code: str) -> str:
    """Return a region's name in the reader's language."""
    if code == "unassigned":
        return str(gettext("Without a country (global coordinator)"))
    known = reference().regions.get(code)
    return i18n.label(known) if known else code


def sentence(finding: Finding) -> str:
    """Return what a finding says, as a sentence."""
    params = dict(finding.params)
    if "day" in params:
        params["day"] = format_date(_date(params["day"]), "long")
    if "regions" in params:
        params["regions"] = ", ".join(region(code) for code in params["regions"].split()) or "–"
    holds, broken = CLAUSE[finding.clause]
    text = str(holds if finding.holds else broken)
    return text % params if params else text


def clause(name: str) -> str:
    """Return the sentence for a clause that stands against something, without its particulars."""
    return str(BROKEN.get(name, name))


def _date(text: str) -> dt.date:
    return dt.date.fromisoformat(text)
