"""The words of a package in the recipient's language, and how that language writes numbers and dates.

The texts are data (``texts/en.toml``, ``texts/fr.toml``): a missing key is an error, never English in a French page.
"""

import datetime as dt
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

LANGUAGES = ("en", "fr")


@dataclass(frozen=True)
class Words:
    """The texts of one language."""

    language: str
    texts: Mapping[str, Any]

    def __call__(self, key: str, **values: object) -> str:
        """Return the text at ``section.key`` with its {placeholders} filled.

        Raises KeyError when the key or a placeholder's value is missing.
        """
        section, _, name = key.partition(".")
        text: str = self.texts[section][name]
        return text.format(**values)

    def has(self, key: str) -> bool:
        """Say whether there is a text at ``section.key``."""
        section, _, name = key.partition(".")
        return name in self.texts.get(section, {})

    def name(self, section: str, name: str) -> str:
        """Return the language's words for a name that an owner may have chosen: known ones are told, others kept."""
        return self(f"{section}.{name}") if self.has(f"{section}.{name}") else name

    def number(self, value: int) -> str:
        """Write a whole number with the language's thousands separator: 2,754 or 2 754."""
        return f"{value:,}".replace(",", self("format.thousands"))

    def decimal(self, value: float, places: int) -> str:
        """Write a number with ``places`` decimals in the language's manner."""
        whole, _, rest = f"{value:,.{places}f}".partition(".")
        whole = whole.replace(",", self("format.thousands"))
        return f"{whole}{self('format.decimal')}{rest}" if rest else whole

    def percent(self, share: float, places: int = 1) -> str:
        """Write a share between 0 and 1 as a percentage: 7.6% or 7,6 %."""
        return self("format.percent", number=self.decimal(100 * share, places))

    def date(self, day: dt.date) -> str:
        """Write a date in words: 21 November 2026, 21 novembre 2026; the first of a month is 1er in French."""
        month = self.texts["format"]["months"][day.month - 1]
        return self(
            "format.date", day=self("format.first_day") if day.day == 1 else day.day, month=month, year=day.year
        )

    def pick(self, english: str, french: str) -> str:
        """Return the one of two texts that is in this language, or the other when that one is empty."""
        first, second = (english, french) if self.language == "en" else (french, english)
        return first or second

    def universe(self, phrase: str) -> str:
        """Say in this language who a question was asked of; the codebook writes that in a small English grammar.

        A phrase in no known form is left as it is: the names and codes in it are the same in both languages.
        """
        known: str | None = self.texts["universe"]["phrases"].get(phrase)
        if known is not None:
            return known
        for pattern, replacement in self.texts["universe"]["patterns"]:
            if re.search(pattern, phrase):
                return re.sub(pattern, replacement, phrase)
        return phrase


@cache
def load(language: str) -> Words:
    """Return the words of ``en`` or ``fr``; raises ValueError for another language."""
    if language not in LANGUAGES:
        raise ValueError("language: not one of en, fr")
    source = resources.files("portal.exports") / "texts" / f"{language}.toml"
    return Words(language, tomllib.loads(source.read_text(encoding="utf-8")))
