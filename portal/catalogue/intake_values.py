"""One cell's text to a code, a number or a date; each reading says by which way it was reached.

What has two readings is never decided: "03/05/2019" and "1,250" come back as ambiguous.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from portal.catalogue.codebook import KIND_OF_CODE, Choice
from portal.catalogue.intake_spellings import SPELLINGS

DONT_KNOW = frozenset({".d", "dk", "don't know", "dont know", "do not know", "ne sait pas", "-98"})
REFUSED = frozenset({".r", "ref", "refused", "refused to answer", "refus", "refuse", "refus de répondre", "-99"})
NOT_COLLECTED = frozenset({".n", "nc"})
MARKERS = frozenset({"n/a"})
EXCEL_EPOCH = dt.date(1899, 12, 30)
"""Day 0 of Excel's calendar for all dates after February 1900, whose 29th never was."""
SERIALS = range(36_526, 55_154)
"""Excel day numbers that count as dates: 2000-01-01 to 2050-12-31."""

_PLAIN = re.compile(r"[+-]?\d{1,30}(\.\d{0,30})?")
_COMMA = re.compile(r"[+-]?\d{1,30},\d{1,30}")
_GROUPED = re.compile(r"[+-]?\d{1,3}([ ,]\d{3})+(\.\d+)?")
_SPACED = re.compile(r"[+-]?\d{1,3}( \d{3})+([.,]\d+)?")
_YMD = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_DMY = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_YM = re.compile(r"(\d{4})[-/.](\d{1,2})")
_MY = re.compile(r"(\d{1,2})[-/.](\d{4})")


class Reading(NamedTuple):
    """A value in canonical form and the way to it; an unusable one has the value ".n"."""

    value: str
    way: str = ""
    """"" as written, else the code of the finding that counts it."""


UNUSABLE = ".n"


def fold(text: str) -> str:
    """Return text in the form in which labels are compared: one Unicode form, apostrophe, blank and case.

    >>> fold("Co\N{COMBINING CIRCUMFLEX ACCENT}te d\N{RIGHT SINGLE QUOTATION MARK}Ivoire\N{NO-BREAK SPACE}")
    "côte d'ivoire"
    """
    plain = unicodedata.normalize("NFC", text).replace("’", "'").replace("ʼ", "'").replace("‐", "-")
    return " ".join(plain.casefold().split())


def kind(folded: str) -> str:
    """Return the kind of missing that a folded text names, "" for none.

    >>> kind("refused")
    '.r'
    """
    for kind_, words in ((".d", DONT_KNOW), (".r", REFUSED), (".n", NOT_COLLECTED)):
        if folded in words:
            return kind_
    return ""


@dataclass(frozen=True, slots=True)
class Matcher:
    """Labels, codes and known spellings of one list of choices, each to its code."""

    exact: frozenset[str]
    folded: Mapping[str, str]
    ambiguous: Mapping[str, frozenset[str]]
    spellings: Mapping[str, str]

    @classmethod
    def of(cls, name: str, choices: Iterable[Choice]) -> "Matcher":
        """Return the matcher of a list: codes as written first, then labels, then codes in any case."""
        every = list(choices)
        meant: dict[str, set[str]] = {}
        for choice in every:
            for label in {choice.label_en, choice.label_fr}:
                meant.setdefault(fold(label), set()).add(choice.code)
        for choice in every:
            meant.setdefault(fold(choice.code), {choice.code})
        return cls(
            frozenset(choice.code for choice in every),
            {word: next(iter(codes)) for word, codes in meant.items() if len(codes) == 1},
            {word: frozenset(codes) for word, codes in meant.items() if len(codes) > 1},
            SPELLINGS.get(name, {}),
        )

    def read(self, text: str) -> Reading:
        """Return the code that a cell of a closed question means, or how it fails."""
        if text in self.exact:
            return Reading(KIND_OF_CODE.get(text, text))
        word = fold(text)
        if word in self.ambiguous:
            return Reading(UNUSABLE, "ambiguous_labels")
        code = self.folded.get(word) or kind(word)
        if code:
            return Reading(KIND_OF_CODE.get(code, code))
        if word in self.spellings:
            return Reading(self.spellings[word], "spelling_variants")
        return _blank(word) or Reading(UNUSABLE, "unknown_codes")


def _blank(word: str) -> Reading | None:
    if word and word not in MARKERS:
        return None
    return Reading("", "na_marker" if word else "")


def read_number(text: str, *, whole: bool) -> Reading:
    """Return a number as plain text: a point for the decimals, as many of them as written, no grouping.

    >>> read_number("12,5", whole=False)
    Reading(value='12.5', way='decimal_commas')
    >>> read_number("1,250", whole=False)
    Reading(value='.n', way='ambiguous_numbers')
    """
    word = fold(text)
    if (blank := _blank(word)) is not None:
        return blank
    if missing := kind(word):
        return Reading(missing)
    number, way = _number(word)
    if number is None:
        return Reading(UNUSABLE, way)
    if not whole:
        return Reading(f"{number:f}", way)
    if number != number.to_integral_value():
        return Reading(f"{number:f}", "not_whole")
    return Reading(f"{number.to_integral_value():f}", way)


def _number(word: str) -> tuple[Decimal | None, str]:
    if _PLAIN.fullmatch(word):
        return Decimal(word.rstrip(".")), ""
    if _COMMA.fullmatch(word):
        whole, decimals = word.split(",")
        if len(decimals) == 3 and len(whole.lstrip("+-")) <= 3 and whole.lstrip("+-0"):
            return None, "ambiguous_numbers"
        return Decimal(f"{whole}.{decimals}"), "decimal_commas"
    if _SPACED.fullmatch(word):
        return Decimal(word.replace(" ", "").replace(",", ".")), "decimal_commas" if "," in word else ""
    if _GROUPED.fullmatch(word):
        return Decimal(word.replace(",", "").replace(" ", "")), ""
    return None, "unreadable_numbers"


def read_date(text: str, *, month_only: bool) -> Reading:
    """Return a date as YYYY-MM-DD, a month as YYYY-MM; moments of a day keep their date only.

    >>> read_date("2019-03-05T09:12:00.000+01:00", month_only=False)
    Reading(value='2019-03-05', way='')
    >>> read_date("03/05/2019", month_only=False)
    Reading(value='.n', way='ambiguous_dates')
    """
    word = fold(text)
    if (blank := _blank(word)) is not None:
        return blank
    if missing := kind(word):
        return Reading(missing)
    day, way = _month(word) if month_only else (None, "")
    if day is None:
        day, way = _day(word)
    if day is None:
        return Reading(UNUSABLE, way)
    return Reading(day.isoformat()[: 7 if month_only else 10], way)


def _month(word: str) -> tuple[dt.date | None, str]:
    if match := _YM.fullmatch(word):
        return _date(int(match[1]), int(match[2]), 1), ""
    if match := _MY.fullmatch(word):
        return _date(int(match[2]), int(match[1]), 1), ""
    return None, ""


def _day(word: str) -> tuple[dt.date | None, str]:
    if word.removesuffix(".0").isdecimal() and int(word.removesuffix(".0")) in SERIALS:
        return EXCEL_EPOCH + dt.timedelta(days=int(word.removesuffix(".0"))), "excel_serial_dates"
    clock = re.split(r"[t ](?=\d{1,2}:)", word, maxsplit=1)[0]
    if match := _YMD.fullmatch(clock):
        year, month, day = (int(part) for part in match.groups())
        straight = _date(year, month, day)
        if straight is not None:
            return straight, ""
        turned = _date(year, day, month)
        return turned, "unreadable_dates" if turned is None else "day_month_swapped"
    return _either(clock)


def readings_of_date(text: str) -> set[dt.date]:
    """Return the days that a date with the year last can mean: none, one or two."""
    match = _DMY.fullmatch(re.split(r"[t ](?=\d{1,2}:)", fold(text), maxsplit=1)[0])
    if match is None:
        return set()
    first, second, year = (int(part) for part in match.groups())
    both = (_date(year, second, first), _date(year, first, second))
    return {day for day in both if day is not None}


def _either(text: str) -> tuple[dt.date | None, str]:
    readings = readings_of_date(text)
    if not readings:
        return None, "unreadable_dates"
    return (None, "ambiguous_dates") if len(readings) > 1 else (readings.pop(), "day_month_swapped")


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None
