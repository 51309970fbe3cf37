"""Marking letters as read once what they asked for is done: by whomever, for everybody they asked, with the deed."""

from collections.abc import Collection

from sqlalchemy import update

from portal import clock
from portal.db import session
from portal.letters.models import Letter


def settled(path: str, *templates: str, whom: Collection[int] | None = None) -> None:
    """Mark the unread letters of these templates that point to a page as read; of these people only, if any are named.

    What is written later in the same transaction stays unread.
    """
    theirs = () if whom is None else (Letter.person_id.in_(whom),)
    session().execute(
        update(Letter)
        .where(Letter.path == path, Letter.template.in_(templates), Letter.read_at.is_(None), *theirs)
        .values(read_at=clock.now())
        .execution_options(synchronize_session=False)
    )
