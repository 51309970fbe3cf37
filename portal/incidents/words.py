"""Freezes and incidents in the reader's words."""

import datetime as dt
from collections.abc import Mapping, Sequence

from flask_babel import LazyString, gettext, ngettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from portal import clock, i18n
from portal.agreements.words import region
from portal.auth import queries as people
from portal.catalogue import codebook, geography
from portal.freezes import DATASET, NATIONALITY, PLACE, Freeze
from portal.incidents import queries

KIND: Mapping[str, LazyString] = {
    "organisation": _("An organisation"),
    "person": _("A person"),
    "dataset": _("A dataset"),
    "place": _("Countries, a region or a route"),
    "nationality": _("Sub-regions of nationality"),
}
FREEZE_STATUS: Mapping[str, LazyString] = {
    "in_force": _("In force"),
    "lifting": _("In force, lifting is proposed"),
    "lifted": _("Lifted"),
}
PATH: Mapping[str, tuple[LazyString, LazyString]] = {
    "sessions": (_("Open sessions"), _("No session of theirs is open.")),
    "sign_in": (_("Signing in"), _("None of them can sign in.")),
    "download": (_("Handing over"), _("No file is handed over.")),
    "stream": (_("Downloads under way"), _("No download goes on.")),
    "table": (_("Tables"), _("No table is made.")),
    "build": (_("Builds"), _("Nothing is being built.")),
}
INCIDENT_KIND: Mapping[str, LazyString] = {
    "loss": _("Loss or theft of a device"),
    "access": _("Access by somebody who may not"),
    "reidentified": _("Somebody was recognised in the data"),
    "recipient": _("Sent to the wrong recipient"),
    "other": _("Something else"),
}
STATUS: Mapping[str, LazyString] = {
    "reported": _("Reported"),
    "assessing": _("Being assessed"),
    "notified": _("Notified to the authority"),
    "not_required": _("No notification required"),
    "closed": _("Closed"),
}
RISK: Mapping[str, LazyString] = {
    "none": _("Unlikely to put people at risk"),
    "some": _("A risk to people"),
    "high": _("A high risk to people: they must be told too"),
}
ENTRY: Mapping[str, LazyString] = {
    "report": _("Reported"),
    "note": _("Note"),
    "loss": _("Statement of a loss"),
    "measure": _("Measure"),
    "frozen": _("Frozen"),
    "correct": _("Since when MMC is aware, corrected"),
    "assess": _("Assessment begun"),
    "reassess": _("Looked at again"),
    "notify": _("Decided: the authority is notified"),
    "spare": _("Decided: no notification required"),
    "close": _("Closed"),
}


def office(name: str) -> str:
    """Return an office's name."""
    return str({"dpo": gettext("data protection officer"), "head": gettext("head of MMC")}.get(name, name))


def what(freeze: Freeze) -> str:
    """Say what a freeze stops: a name, or places, or sub-regions of nationality."""
    if freeze.kind in {PLACE, NATIONALITY}:
        return codes(freeze.kind, freeze.codes)
    if freeze.kind == DATASET:
        return queries.datasets([freeze.target]).get(freeze.target, freeze.target)
    return people.names([freeze.target]).get(freeze.target, freeze.target)


def codes(kind: str, found: Sequence[str]) -> str:
    """Return places or sub-regions of nationality by name."""
    book, language = codebook.reference(), i18n.current_language()
    listed = "country" if kind == PLACE else "m49_subregion"
    return ", ".join(book.label(listed, code, language) for code in found)


def places() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return what may be chosen of places: the regions first, then their countries."""
    book, language, today = codebook.reference(), i18n.current_language(), clock.today()
    countries: dict[str, list[tuple[str, str]]] = {}
    for country in geography.reference().charges:
        responsible = geography.region_today(country, today)
        if responsible:
            countries.setdefault(responsible, []).append((country, book.label("country", country, language)))
    whole = str(gettext("Whole regions"))
    regions = [(code, region(code)) for code in sorted(countries)]
    each = [(region(code), sorted(found, key=_by_name)) for code, found in sorted(countries.items())]
    return [(whole, regions), *each]


def subregions() -> list[tuple[str, str]]:
    """Return what may be chosen of nationalities."""
    book, language = codebook.reference(), i18n.current_language()
    found = [(code, book.label("m49_subregion", code, language)) for code in book.choices["m49_subregion"]]
    return sorted(found, key=_by_name)


def _by_name(pair: tuple[str, str]) -> str:
    return pair[1]


def time_left(deadline: dt.datetime) -> str:
    """Say how much time is left until a moment, in whole hours, in minutes at last, or how long it is over."""
    minutes = int((deadline - clock.now()).total_seconds() // 60)
    if minutes >= 60:
        said = ngettext("%(num)s hour left", "%(num)s hours left", minutes // 60)
    elif minutes >= 0:
        said = ngettext("%(num)s minute left", "%(num)s minutes left", minutes)
    else:
        said = ngettext("%(num)s hour overdue", "%(num)s hours overdue", max(1, -minutes // 60))
    return str(said)


def seconds(since: dt.datetime, until: dt.datetime) -> str:
    """Say how many seconds lie between two moments, to a tenth."""
    number = i18n.number(round((until - since).total_seconds(), 1))
    return str(gettext("%(number)s s", number=number))


def moment(written: str) -> Markup:
    """Render a moment that a freeze keeps as text, in the reader's zone."""
    return i18n.localtime(dt.datetime.fromisoformat(written))
