"""Assessments (DPIA) on file for what is delivered again and again under one version of an agreement.

A record is never changed: a new one takes its place, or it is withdrawn. One past its day counts as none.
"""

import datetime as dt

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal import clock
from portal.agreements.models import Agreement
from portal.agreements.models_signing import Document
from portal.auth.models import Person
from portal.db import Base, Moment, new_ref

LOW, ACCEPTED, HIGH = "low", "accepted", "high"
OUTCOMES = (LOW, ACCEPTED, HIGH)
COUNTS = (LOW, ACCEPTED)
"""Where a high risk is left, the supervisory authority is asked first: such a record allows nothing."""


class Assessment(Base):
    """One data protection impact assessment, as the data protection officer recorded it."""

    __tablename__ = "agreement_dpia"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True, default=new_ref)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"), index=True)
    status: Mapped[str] = mapped_column(String(20), default="on_file")  # on_file | withdrawn
    title: Mapped[str] = mapped_column(String(200))
    done_on: Mapped[dt.date]
    outcome: Mapped[str] = mapped_column(String(20))  # low | accepted | high: what risk is left
    review_on: Mapped[dt.date]  # the last day on which it counts, in the agreement's time zone
    document_id: Mapped[int | None] = mapped_column(ForeignKey("agreement_document.id"), default=None)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    recorded_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)
    seen_lock: Mapped[int]  # of the page it was recorded from: the second of two clicks finds it
    reminded_for: Mapped[dt.date | None] = mapped_column(default=None)  # the day that letters have spoken of
    lock: Mapped[int] = mapped_column(default=1)
    withdrawn_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)
    withdrawn_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"), default=None)
    withdrawn_reason: Mapped[str] = mapped_column(Text, default="")

    agreement: Mapped[Agreement] = relationship()
    document: Mapped[Document | None] = relationship()
    person: Mapped[Person] = relationship(foreign_keys=[person_id])
