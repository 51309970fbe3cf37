"""The sentences about what differs between a request and the one it repeats."""

from collections.abc import Iterable, Mapping

from flask_babel import gettext

from portal import i18n
from portal.agreements.words import PURPOSE
from portal.agreements.words_clauses import MATCHED, ONWARD, OUTPUT
from portal.requests.menu import Menu
from portal.requests.repeats import TEXTS, Change
from portal.requests.words import FAMILY, field, names, values
from portal.requests.words_use import REPEATS


def changed(one: Change, menu: Menu, people: Mapping[str, str]) -> tuple[str, str, str]:
    """Return (what, what was, what is) for a difference between a request and the one it repeats."""
    reason = one.name.startswith("reason-")
    what = gettext("Reason for “%(variable)s”", variable=field(one.name, menu)) if reason else field(one.name, menu)
    if reason or one.name in TEXTS:
        return str(what), "", str(gettext("rewritten"))
    return str(what), _codes(one.name, one.gone, menu, people), _codes(one.name, one.come, menu, people)


def _codes(name: str, codes: Iterable[str], menu: Menu, people: Mapping[str, str]) -> str:
    told = {
        "variables": lambda: names(menu, codes),
        "extras": lambda: names(menu, codes),
        "families": lambda: ", ".join(str(FAMILY.get(code, code)) for code in codes),
        "team": lambda: ", ".join(people.get(code, "–") for code in codes),
        "purpose": lambda: ", ".join(str(PURPOSE.get(code, code)) for code in codes),
        "output_kinds": lambda: ", ".join(str(OUTPUT.get(code, code)) for code in codes),
        "onward": lambda: ", ".join(str(ONWARD.get(code, code)) for code in codes),
        "matching": lambda: ", ".join(str(MATCHED.get(code, code)) for code in codes),
        "matching_with": lambda: ", ".join(codes),
        "repeats": lambda: ", ".join(str(REPEATS.get(code, code)) for code in codes),
        "language": lambda: ", ".join(i18n.LANGUAGES.get(code, code) for code in codes),
        "ends_on": lambda: ", ".join(codes),
    }
    return told.get(name, lambda: values(menu, name, codes))() or "–"
