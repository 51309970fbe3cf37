"""What the keeper does with letters besides carrying them: the daily digests, and forgetting old words."""

import datetime as dt
from itertools import groupby

import structlog
from flask import current_app
from jinja2 import TemplateError
from sqlalchemy import select

from portal import clock
from portal.db import session, transaction
from portal.letters.models import Letter
from portal.letters.states import LETTER
from portal.letters.writing import say, write

log = structlog.get_logger(__name__)
KEPT_DAYS = 90
AT_ONCE = 200
SETTLED = ("sent", "doubt", "failed", "kept", "bundled")


def gather() -> int:
    """Write the digests whose hour has come, one to each reader; return how many. Nobody gets an empty one."""
    with current_app.test_request_context(), transaction() as current:
        readers = select(Letter.person_id).where(Letter.status == "gathered", Letter.due_at <= clock.now()).distinct()
        # everything that waits for a reader goes in, so that a change of zone makes no second digest of a day
        query = select(Letter).where(Letter.status == "gathered", Letter.person_id.in_(readers))
        waiting = list(current.scalars(query.order_by(Letter.person_id, Letter.id).limit(AT_ONCE)))
        bundles = [list(letters) for _, letters in groupby(waiting, key=lambda one: one.person_id)]
        for letters in bundles:
            _bundle(letters)
        return len(bundles)


def _bundle(letters: list[Letter]) -> None:
    last = letters[-1]
    items = [{"subject": _subject(one, last.language), "path": one.path} for one in letters]
    name = str(last.values.get("name", ""))
    digest = write(
        last.address, last.language, "daily_digest", person=last.person_id, name=name, items=items, path="/notices"
    )
    session().flush()
    for letter in letters:
        letter.take(LETTER.find(letter.status, "bundle"), digest_id=digest.id)


def _subject(letter: Letter, language: str) -> str:
    try:
        return say(letter, language).subject
    except (TemplateError, ValueError, TypeError, LookupError, AttributeError) as error:
        log.warning("mail.unwritable", letter=letter.id, template=letter.template, error=type(error).__name__)
        return letter.kind


def prune() -> int:
    """Empty the values of settled letters older than 90 days; return how many. The facts of the row stay."""
    with transaction() as current:
        old = select(Letter).where(
            Letter.status.in_(SETTLED),
            Letter.created_at < clock.now() - dt.timedelta(days=KEPT_DAYS),
            Letter.pruned_at.is_(None),
        )
        letters = list(current.scalars(old.order_by(Letter.id).limit(AT_ONCE)))
        for letter in letters:
            letter.values, letter.pruned_at = {}, clock.now()
        return len(letters)
