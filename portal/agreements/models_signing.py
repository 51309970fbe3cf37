"""What is kept of an agreement's way: moves, saved texts, comments, the officer's record, signatures, documents.

Nothing here is ever changed, but for signatures and the officer's record, which are voided once the text is.
"""

import datetime as dt
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal import clock
from portal.agreements.models import Agreement
from portal.auth.models import Person
from portal.db import Base, Moment
from portal.papers import SealedFile


class Move(Base):
    """One step that an agreement took: by whom, from which page (``seen_lock``), and with what reason."""

    __tablename__ = "agreement_move"

    id: Mapped[int] = mapped_column(primary_key=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"), index=True)
    verb: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(String(40))
    target: Mapped[str] = mapped_column(String(40))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # none: the clock
    seen_lock: Mapped[int]
    reason: Mapped[str] = mapped_column(Text, default="")
    happened_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)

    person: Mapped[Person | None] = relationship()


class SavedText(Base):
    """Every clause and the text of an agreement as they were saved once."""

    __tablename__ = "agreement_text"

    id: Mapped[int] = mapped_column(primary_key=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"))
    number: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    sha256: Mapped[str] = mapped_column(String(64))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    saved_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)

    agreement: Mapped[Agreement] = relationship()
    person: Mapped[Person | None] = relationship()
    __table_args__ = (UniqueConstraint("agreement_id", "number"),)


class Comment(Base):
    """What somebody of either side said about a draft; both sides read it."""

    __tablename__ = "agreement_comment"

    id: Mapped[int] = mapped_column(primary_key=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    text: Mapped[str] = mapped_column(Text)
    said_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)

    person: Mapped[Person] = relationship()


class Basis(Base):
    """What the data protection officer recorded for one frozen text: its basis, how data may travel, who is what."""

    __tablename__ = "agreement_basis"

    id: Mapped[int] = mapped_column(primary_key=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    legal_basis: Mapped[str] = mapped_column(String(30))  # codes of basis.LEGAL
    transfer: Mapped[str] = mapped_column(String(30))  # codes of basis.TRANSFER
    transfer_reason: Mapped[str] = mapped_column(Text, default="")
    roles: Mapped[str] = mapped_column(String(30))  # codes of basis.ROLES
    recorded_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)
    voided_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)

    person: Mapped[Person] = relationship()


class Signature(Base):
    """One side's signature under one frozen text, made with a one-time code."""

    __tablename__ = "agreement_signature"

    id: Mapped[int] = mapped_column(primary_key=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"), index=True)
    side: Mapped[str] = mapped_column(String(10))  # mmc | partner
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    signed_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)
    voided_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)

    person: Mapped[Person] = relationship()


class Document(SealedFile, Base):
    """A file that belongs to a version: the signed PDF, a scan, or a draft. It rests sealed in the vault."""

    __tablename__ = "agreement_document"

    id: Mapped[int] = mapped_column(primary_key=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(10))  # signed | draft | dpia: staff only
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    agreement: Mapped[Agreement] = relationship()
    person: Mapped[Person] = relationship()
