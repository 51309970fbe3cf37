"""Emergencies in the reader's words."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from zoneinfo import ZoneInfo

from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _

from portal import clock, i18n
from portal.catalogue import codebook
from portal.emergencies.models import Emergency, EmergencyPart
from portal.requests import words as requests_words
from portal.requests.routing import UNASSIGNED

STATE: Mapping[str, LazyString] = {
    "asked": _("Asked for"),
    "granted": _("Granted"),
    "refused": _("Refused"),
    "lapsed": _("Lapsed"),
    "withdrawn": _("Withdrawn"),
    "over": _("Over"),
    "stopped": _("Stopped"),
}
BADGE: Mapping[str, str] = {"refused": "declined", "over": "expired", "stopped": "revoked"}
PART: Mapping[str, LazyString] = {
    "open": _("has not answered yet"),
    "agreed": _("agreed"),
    "refused": _("refused"),
}
PROBLEM: Mapping[str, LazyString] = {
    "choose_one": _("Choose at least one."),
    "off_menu": _("This is not on the list any more; choose again."),
    "no_tables": _("No tables can be made of this dataset: choose another."),
    "covered": _("Your agreement covers all of these already. Make the tables at once, without asking."),
    "reason_needed": _("Give your reason: it is required here, and the requester reads it."),
}
AGAINST: Mapping[str, LazyString] = {
    "status": _("No agreement between your organisation and MMC is in force."),
    "address": _("Your agreement is for other networks than the one you are in now."),
    "factors": _("Your agreement asks for a stronger sign-in than yours was."),
}
FIXES: Mapping[str, LazyString] = {
    "status": _("Ask your focal point to renew it, or write to info@mixedmigration.org."),
    "address": _("Come from your organisation's network and open this page again."),
    "factors": _("Sign in with your one-time code and open this page again."),
}


def told(wrong: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Return reasons by field as sentences; what is one already stays."""
    return {name: [str(PROBLEM.get(code, code)) for code in codes] for name, codes in wrong.items()}


def against(clauses: Sequence[str]) -> list[tuple[str, str]]:
    """Return what stands against asking, each with what to do about it."""
    known = [one if one in AGAINST else "status" for one in clauses]
    return [(str(AGAINST[one]), str(FIXES[one])) for one in dict.fromkeys(known)]


def office(part: EmergencyPart) -> str:
    """Return the office that answers."""
    if part.office == UNASSIGNED:
        return str(gettext("Global 4Mi coordinator"))
    return requests_words.post(part.office)


def answered_by(part: EmergencyPart) -> str:
    """Return who answered, and in whose place."""
    if part.person is None:
        return ""
    if part.for_person is not None:
        return str(gettext("%(name)s for %(other)s", name=part.person.name, other=part.for_person.name))
    return part.person.name


def countries(codes: Sequence[str]) -> str:
    """Return countries by name."""
    book, language = codebook.reference(), i18n.current_language()
    return ", ".join(book.label("country", code, language) for code in codes)


def both_clocks(moment: dt.datetime | None) -> str:
    """Return a moment as the reader's clock shows it and as the world's does."""
    if moment is None:
        return "–"
    zone = i18n.zone()
    local = i18n.clock_face(moment.astimezone(ZoneInfo(zone)), "d MMM y, HH:mm")
    world = i18n.clock_face(moment.astimezone(clock.UTC), "d MMM y, HH:mm")
    return f"{local} ({zone}) · {world} UTC"


def review(one: Emergency) -> str:
    """Return where the data protection officer's review stands."""
    if one.granted_at is None:
        return str(gettext("After a grant, within five working days"))
    if one.reviewed_at is not None:
        how = gettext("Stopped") if one.status == "stopped" else gettext("In order")
        return f"{how} · {both_clocks(one.reviewed_at)}"
    late = one.review_due_at is not None and clock.now() >= one.review_due_at
    due = both_clocks(one.review_due_at)
    return str(gettext("Overdue since %(when)s", when=due) if late else gettext("Due by %(when)s", when=due))
