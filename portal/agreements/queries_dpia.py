"""Reads of assessments (DPIA): the one that counts today, those on file, and those whose review is near."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import or_, select

from portal import clock
from portal.agreements.models import Agreement
from portal.agreements.models_dpia import COUNTS, Assessment
from portal.agreements.models_signing import Document
from portal.db import session
from portal.errors import NotFound

NEAR_DAYS = 30


def valid(agreement: Agreement) -> Assessment | None:
    """Return the newest assessment of this version of an agreement that counts today; None if none does."""
    today = clock.today(agreement.time_zone)
    query = select(Assessment).where(
        Assessment.agreement_id == agreement.id,
        Assessment.status == "on_file",
        Assessment.outcome.in_(COUNTS),
        Assessment.done_on <= today,
        Assessment.review_on >= today,
    )
    return session().scalar(query.order_by(Assessment.review_on.desc(), Assessment.id.desc()).limit(1))


def on_file(agreement: Agreement) -> Sequence[Assessment]:
    """Return every assessment that was recorded for this version, the newest first."""
    query = select(Assessment).where(Assessment.agreement_id == agreement.id)
    return list(session().scalars(query.order_by(Assessment.id.desc())))


def one(agreement: Agreement, ref: str) -> Assessment:
    """Return one of them; NotFound if there is none of this reference here."""
    found = session().scalar(
        select(Assessment).where(Assessment.agreement_id == agreement.id, Assessment.ref == ref).with_for_update()
    )
    if found is None:
        raise NotFound("assessment: no such one here")
    return found


def documents(agreement: Agreement) -> Sequence[Document]:
    """Return the papers of an agreement that are such assessments."""
    query = select(Document).where(Document.agreement_id == agreement.id, Document.purpose == "dpia")
    return list(session().scalars(query.order_by(Document.id.desc())))


def near() -> Sequence[Assessment]:
    """Return the assessments of running agreements whose review is near, or past, and of which no letter has spoken."""
    unsaid = or_(Assessment.reminded_for.is_(None), Assessment.reminded_for != Assessment.review_on)
    query = (
        select(Assessment)
        .join(Assessment.agreement)
        .where(
            Agreement.status.in_(("active", "suspended")),
            Assessment.status == "on_file",
            Assessment.outcome.in_(COUNTS),
            Assessment.review_on <= clock.today() + dt.timedelta(days=NEAR_DAYS),
            unsaid,
        )
    )
    return list(session().scalars(query.order_by(Assessment.id).limit(50)))
