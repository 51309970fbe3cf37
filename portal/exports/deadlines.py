"""The days by which protected files must be reviewed, for the calendars of the two offices."""

from collections.abc import Iterator

from flask_babel import gettext

from portal import policy
from portal.actor import Actor
from portal.db import session
from portal.exports.models import ProtectedFile
from portal.exports.rules import SIGNERS
from portal.permissions import Permission
from portal.ports import Deadline


def deadlines(actor: Actor) -> Iterator[Deadline]:
    """Yield the last days of assessments, for whoever signs them."""
    if not actor.has(*SIGNERS):
        return
    signed = policy.visible(actor, Permission.PROTECTED_READ, ProtectedFile)
    signed = signed.where(ProtectedFile.status == "signed", ProtectedFile.review_by.is_not(None))
    for one in session().scalars(signed.order_by(ProtectedFile.id)):
        if one.review_by is not None:
            number = f"{one.version.dataset.code} {one.version.number} {one.tier}"
            title = gettext("Review due: %(number)s", number=number)
            yield Deadline(f"review-{one.ref}", one.review_by, title, f"/protected/{one.ref}")
