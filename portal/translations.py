"""The French sentences. They are read from the .po file itself and compiled in memory when the first one is needed:
no compiled file can be missing, stale, or in want of a writable folder.
"""

import io
from functools import lru_cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask_babel import Domain, get_locale

FOLDER = Path(__file__).parents[1] / "translations"


def path(language: str) -> Path:
    """Return where a language's sentences are kept."""
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


def catalogue(language: str) -> Catalog:
    """Read a language's sentences."""
    with path(language).open("rb") as file:
        return read_po(file, locale=language)


@lru_cache(maxsize=8)
def compiled(language: str) -> NullTranslations:
    """Return a language's sentences ready for use; those of a language without a file are the English ones."""
    if not path(language).exists():
        return NullTranslations()
    buffer = io.BytesIO()
    write_mo(buffer, catalogue(language))
    buffer.seek(0)
    return Translations(buffer)


class Sentences(Domain):  # type: ignore[misc]  # Flask-Babel ships no types
    """Flask-Babel's way to a translation, without its search for compiled files."""

    def get_translations(self) -> NullTranslations:
        """Return the sentences of the language that is written now."""
        locale = get_locale()
        return compiled(locale.language if locale else "en")
