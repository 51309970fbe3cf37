"""What the house can find wrong with itself: drifted tables, sentences without French, outdated documents."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg

from portal import documents, translations
from portal.app import Portal
from portal.db import db
from portal.setup import prepare
from portal.web.pages import ROOT

KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "lazy_gettext": None, "N_": None}


def examine() -> Iterator[str]:
    """Yield one sentence per complaint."""
    yield from drift()
    yield from untranslated()
    yield from documents.outdated()


@contextmanager
def scratch() -> Iterator[Portal]:
    """Set up an empty portal in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        app = prepare({"PORTAL_INSTANCE": str(Path(folder) / "instance"), "PATH": os.environ.get("PATH", "")})
        with app.app_context():
            yield app
            db.engine.dispose()


def drift() -> Iterator[str]:
    """Upgrade an empty database and compare it with the models."""
    with scratch(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        for difference in compare_metadata(context, db.metadata):
            yield f"migrations: {difference!r}"
        connection.rollback()


def sentences() -> dict[str, tuple[str, ...]]:
    """Return every sentence of code and templates by its msgid, with its singular and plural."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]  # babel ships none for it
    found = {}
    for _, _, message, _, _ in extract_from_dir(ROOT, methods, options, KEYWORDS, directory_filter=_ours):
        parts = message if isinstance(message, tuple) else (message,)
        found[parts[0]] = parts
    return found


def _ours(path: str) -> bool:
    name = Path(path).name
    return not name.startswith(".") and name not in {"instance", "tests", "node_modules"}


def untranslated() -> Iterator[str]:
    """Name every sentence without its French, French without a sentence, and placeholders that differ."""
    catalogue = translations.catalogue("fr")
    known = sentences()
    for msgid in known:
        message = catalogue.get(msgid)
        if message is None or not message.string or (isinstance(message.string, tuple) and not all(message.string)):
            yield f"translations/fr: not translated: {msgid!r}"
        elif message.fuzzy:
            yield f"translations/fr: fuzzy: {msgid!r}"
    for message in catalogue:
        if message.id and (message.id if isinstance(message.id, str) else message.id[0]) not in known:
            yield f"translations/fr: no page says this any more (make messages): {message.id!r}"
        for error in message.check(catalogue) if message.id else ():
            yield f"translations/fr: {message.id!r}: {error}"
