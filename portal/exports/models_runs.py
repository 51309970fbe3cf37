"""Rounds of a feed that were asked for and refused: what was told already is not told again."""

import datetime as dt

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal import clock
from portal.db import Base, Moment
from portal.exports.models import ProtectedFile


class Refusal(Base):
    """Why a round was not delivered: the codes of what stood against it, each combination once."""

    __tablename__ = "run_refusal"

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("request.id"), index=True)
    protected_file_id: Mapped[int] = mapped_column(ForeignKey("protected_file.id"))
    codes: Mapped[str] = mapped_column(String(200))  # of exports.drift and agreements.terms, in order
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))  # who ordered it
    refused_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)

    protected_file: Mapped[ProtectedFile] = relationship()
    __table_args__ = (UniqueConstraint("request_id", "protected_file_id", "codes"),)
