"""Reads of an agreement's way: who wrote, signed, recorded, suspended and said what, and how its texts differ."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from portal.actor import Actor
from portal.agreements.models import Agreement
from portal.agreements.models_signing import Basis, Comment, Document, Move, SavedText, Signature
from portal.agreements.rules import READERS
from portal.db import session
from portal.errors import NotFound

WROTE = ("create", "renew", "save")
INSIDE = ("dpia",)  # papers that the partner does not read


def inside(actor: Actor, agreement: Agreement) -> bool:
    """Whether somebody is staff to this agreement: by role, and of another organisation than the one it is with."""
    return actor.has(*READERS) and actor.organisation_id != agreement.organisation_id


def standing(agreement: Agreement) -> Sequence[Signature]:
    """Return the signatures that stand under the frozen text."""
    found = select(Signature).where(
        Signature.agreement_id == agreement.id,
        Signature.sha256 == agreement.text_sha256,
        Signature.voided_at.is_(None),
    )
    return list(session().scalars(found.order_by(Signature.id)))


def basis(agreement: Agreement) -> Basis | None:
    """Return what the data protection officer recorded for the frozen text."""
    found = select(Basis).where(
        Basis.agreement_id == agreement.id, Basis.sha256 == agreement.text_sha256, Basis.voided_at.is_(None)
    )
    return session().scalar(found.order_by(Basis.id.desc()).limit(1))


def last_basis(agreement: Agreement) -> Basis | None:
    """Return the last record of any version of this agreement, to begin from."""
    query = select(Basis).join(Agreement, Agreement.id == Basis.agreement_id)
    return session().scalar(query.where(Agreement.number == agreement.number).order_by(Basis.id.desc()).limit(1))


def writers(agreement: Agreement) -> set[int]:
    """Return the database keys of who drafted or edited an agreement."""
    query = select(Move.person_id).where(Move.agreement_id == agreement.id, Move.verb.in_(WROTE))
    return {one for one in (*session().scalars(query), agreement.created_by) if one is not None}


def suspended_by(agreement: Agreement) -> int | None:
    """Return the database key of who suspended an agreement last."""
    query = select(Move.person_id).where(Move.agreement_id == agreement.id, Move.verb == "suspend")
    return session().scalar(query.order_by(Move.id.desc()).limit(1))


def moves(agreement: Agreement) -> Sequence[Move]:
    """Return the steps an agreement took, newest first; of savings in a row only the last."""
    query = select(Move).where(Move.agreement_id == agreement.id).order_by(Move.id)
    kept: list[Move] = []
    for one in session().scalars(query):
        if kept and kept[-1].verb == one.verb == "save" and kept[-1].person_id == one.person_id:
            kept.pop()
        kept.append(one)
    return kept[::-1]


def comments(agreement: Agreement) -> Sequence[Comment]:
    """Return what was said about an agreement, oldest first."""
    query = select(Comment).where(Comment.agreement_id == agreement.id)
    return list(session().scalars(query.order_by(Comment.id)))


def documents(agreement: Agreement, *, inside: bool = False) -> Sequence[Document]:
    """Return the files of an agreement, newest first; what only staff reads where it is asked from ``inside``."""
    query = select(Document).where(Document.agreement_id == agreement.id)
    query = query if inside else query.where(Document.purpose.not_in(INSIDE))
    return list(session().scalars(query.order_by(Document.id.desc())))


def document(agreement: Agreement, ref: str, *, inside: bool = False) -> Document:
    """Return one file of an agreement; NotFound if it has none of this reference, or none for this reader."""
    found = session().scalar(select(Document).where(Document.agreement_id == agreement.id, Document.ref == ref))
    if found is None or (found.purpose in INSIDE and not inside):
        raise NotFound("document: no such one here")
    return found


def texts(agreement: Agreement) -> Sequence[SavedText]:
    """Return the texts of an agreement that were saved, oldest first."""
    query = select(SavedText).where(SavedText.agreement_id == agreement.id)
    return list(session().scalars(query.order_by(SavedText.number)))


def text_before(agreement: Agreement) -> SavedText | None:
    """Return the last text of the version before this one."""
    query = select(SavedText).join(Agreement)
    earlier = query.where(Agreement.number == agreement.number, Agreement.revision < agreement.revision)
    return session().scalar(earlier.order_by(Agreement.revision.desc(), SavedText.number.desc()).limit(1))


def between(agreement: Agreement, was: int, now: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return two saved contents by number. ``now`` 0 is the last; ``was`` 0 the last of the version before.

    Where there is no version before, 0 is the first text. NotFound for a number there is none of.
    """
    known = {one.number: one for one in texts(agreement)}
    earlier = text_before(agreement)
    first = earlier or known.get(min(known, default=0))
    older = known.get(was) if was else first
    newer = known.get(now) if now else known.get(max(known, default=0))
    if older is None or newer is None:
        raise NotFound("text: no such one here")
    return older.content, newer.content
