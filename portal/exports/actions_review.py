"""Reminding both offices of a review before it is overdue: then nothing is shared until they have looked again."""

from sqlalchemy import or_, select

from portal.actor import Actor
from portal.audit.recorder import record
from portal.db import move, session
from portal.exports.models import ProtectedFile
from portal.exports.rules import SIGNERS, review_is_near
from portal.mail import write
from portal.requests import people


def remind(actor: Actor) -> int:
    """Write to stewards and data protection officers, once for each review that is near; return how many files."""
    unsaid = or_(ProtectedFile.reminded_for.is_(None), ProtectedFile.reminded_for != ProtectedFile.review_by)
    query = select(ProtectedFile).where(review_is_near.test(actor, ProtectedFile), unsaid).order_by(ProtectedFile.id)
    due = list(session().scalars(query.limit(50)))
    for file in due:
        _write(file)
        record(actor, "file.review_due", target=("file", file.ref), change={"review_by": ("", str(file.review_by))})
        move(file, reminded_for=file.review_by)
    return len(due)


def _write(file: ProtectedFile) -> None:
    dataset = file.version.dataset
    values = {
        "dataset": {"label_en": dataset.title_en, "label_fr": dataset.title_fr},
        "number": file.version.number,
        "tier": file.tier,
        "day": file.review_by.isoformat() if file.review_by else "",
        "path": f"/protected/{file.ref}",
    }
    for person in {one.id: one for role in SIGNERS for one in people.holders(role, 0)}.values():
        write(person.email, person.language, "review_due", name=person.name, **values)
