"""Languages and times as the reader has them. Data labels come from the codebook, sentences from gettext."""

import datetime as dt
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from babel.numbers import format_percent
from babel.units import format_unit
from flask import g, has_request_context, request
from flask_babel import Babel, format_date, format_datetime, format_decimal, format_timedelta, get_locale, gettext
from markupsafe import Markup

from portal import clock, ports, translations
from portal.actor import ANONYMOUS, Actor

LANGUAGES = {"en": "English", "fr": "Français"}
COOKIE = "portal_language"
SIZES = ((10**9, "gigabyte"), (10**6, "megabyte"), (10**3, "kilobyte"), (1, "byte"))
FIRST_OF_MONTH = re.compile(r"(?<!\d)1 (?=[a-zéû]+\.? \d{4})")
babel = Babel()
babel.domain_instance = translations.Sentences()


def _reader() -> Actor:
    return g.get("actor", ANONYMOUS) if has_request_context() else ANONYMOUS


def cookie_name() -> str:
    """Return the name of the cookie that remembers a chosen language, bound to this host where https is spoken."""
    return COOKIE if ports.house.config.insecure_transport else f"__Host-{COOKIE}"


def language() -> str:
    """Return the reader's language: chosen in this browser, else their own, else what the browser prefers."""
    if not has_request_context():
        return "en"
    chosen = request.cookies.get(cookie_name(), "")
    if chosen in LANGUAGES:
        return chosen
    if _reader().signed_in:
        return _reader().language
    return request.accept_languages.best_match(LANGUAGES) or "en"


def locale_of(language: str) -> str:
    """Return the locale a language is written in here: in English, the day stands before the month."""
    return {"en": "en_GB"}.get(language, language)


def locale() -> str:
    """Return the reader's locale."""
    return locale_of(language())


def zone() -> str:
    """Return the reader's time zone."""
    return _reader().time_zone


def is_zone(name: str) -> bool:
    """Whether ``name`` is a time zone this machine knows."""
    return name in available_timezones()


def current_language() -> str:
    """Return the language being written now (also inside ``force_locale``)."""
    locale = get_locale()
    return locale.language if locale else "en"


def label(thing: Any, stem: str = "label") -> str:  # noqa: ANN401 -- anything with <stem>_en and <stem>_fr
    """Return a thing's label in the reader's language, English where there is no other."""
    get = thing.get if isinstance(thing, dict) else lambda name, default="": getattr(thing, name, default)
    return str(get(f"{stem}_{current_language()}", "") or get(f"{stem}_en", ""))


def ordinal(text: str, language: str = "") -> str:
    """Say the first day of a month in a formatted date as French does; Babel writes "1 mai" (CLDR has no other).

    >>> ordinal("1 mai 2026, 08:00", "fr"), ordinal("21 mai 2026", "fr"), ordinal("1 May 2026", "en")
    ('1er mai 2026, 08:00', '21 mai 2026', '1 May 2026')
    """
    return FIRST_OF_MONTH.sub("1er ", text) if (language or current_language()) == "fr" else text


def day(date: dt.date, form: str = "medium") -> str:
    """Write a day in the reader's language, as the filter of Flask-Babel does, for which it stands."""
    return ordinal(str(format_date(date, form)))


def clock_face(at: dt.datetime, pattern: str) -> str:
    """Write a moment of some zone in the reader's language, as it stands."""
    return ordinal(str(format_datetime(at, pattern, rebase=False)))


def localtime(moment: dt.datetime | None, pattern: str = "d MMM y, HH:mm") -> Markup:
    """Render a moment in the reader's zone, with UTC in the machine-readable attribute."""
    if moment is None:
        return Markup("–")
    local = moment.astimezone(ZoneInfo(zone()))
    text = clock_face(local, pattern)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        moment.astimezone(clock.UTC).isoformat(timespec="seconds"), zone(), text
    )


def ago(moment: dt.datetime | None) -> Markup:
    """Render how long ago a moment was."""
    if moment is None:
        return Markup("–")
    text = format_timedelta(moment - clock.now(), add_direction=True)
    return Markup('<time datetime="{}">{}</time>').format(moment.isoformat(timespec="seconds"), text)


def number(value: float | str | None) -> str:
    """Write a number as the reader's language groups it. A count that is text is written so too; "<30" stays."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return number(int(value)) if value.isdecimal() else value
    return str(format_decimal(value))


def percent(part: float | None, digits: int = 1) -> str:
    """Write a share of 1 as a percentage, rounded to ``digits`` decimals."""
    if part is None:
        return "–"
    return format_percent(round(part, digits + 2), locale=current_language(), decimal_quantization=False)


def size(octets: int | None) -> str:
    """Write a number of bytes in the unit that suits it, to one decimal."""
    if octets is None:
        return "–"
    divisor, unit = next((one for one in SIZES if octets >= one[0]), SIZES[-1])
    return format_unit(round(octets / divisor, 1), f"digital-{unit}", "short", locale=current_language())


@lru_cache(maxsize=256)
def _form_of(sentence: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"%\\\((\w+)\\\)s", r"(?P<\1>.+?)", re.escape(sentence)))


def said_anew(text: str, sentences: Iterable[str]) -> str:
    """Say an English sentence of a pure core in the reader's language, if it is one of ``sentences`` filled in.

    What fills a sentence may itself be one of them. A text that is none of them is returned as it is.
    """
    known = tuple(sentences)
    for sentence in known:
        found = _form_of(sentence).fullmatch(text)
        if found:
            values = {name: said_anew(value, known) for name, value in found.groupdict().items()}
            return str(gettext(sentence, **values))
    return text
