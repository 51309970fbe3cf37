"""Letters and the attempts to bring them out."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, synonym

from portal import clock
from portal.db import Base, Moment, move
from portal.machine import Step

MOST_ATTEMPTS = 8


class Letter(Base):
    """One letter to one address. It holds no data: what happened, and where to look.

    After 90 days ``values`` is emptied; everything else stays.
    """

    __tablename__ = "letter"
    audited = False

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(String(40), unique=True, default=lambda: uuid.uuid4().hex)
    ref: Mapped[str] = synonym("message_id")
    status: Mapped[str] = mapped_column(String(10), default="queued")  # see states.LETTER
    lock: Mapped[int] = mapped_column(default=1)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), default=None)
    address: Mapped[str] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(5))
    template: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(20), default="other")  # see kinds.KINDS
    path: Mapped[str] = mapped_column(String(300), default="")  # where in the portal it points
    values: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)
    due_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)
    attempts: Mapped[int] = mapped_column(default=0)
    allowed: Mapped[int] = mapped_column(default=MOST_ATTEMPTS)  # attempts before it is given up
    claimed_until: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)  # of sending
    doubtful: Mapped[bool] = mapped_column(default=False)  # an attempt was handed over and never answered
    fault: Mapped[str] = mapped_column(String(20), default="")  # of the last attempt: see wire.FAULTS
    digest_id: Mapped[int | None] = mapped_column(default=None)  # of bundled: the letter that holds its line
    sent_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)
    pruned_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)
    read_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)  # by its reader, or see settling

    __table_args__ = (
        Index("ix_letter_status_due_at", "status", "due_at"),
        Index("ix_letter_person_id", "person_id"),
        Index("ix_letter_path", "path"),
    )

    def take(self, step: Step, **more: object) -> None:
        """Take a step by a guarded UPDATE; Stale if somebody was faster."""
        move(self, status=step.target, **more)


class Attempt(Base):
    """One attempt to bring a letter out: begun before the first byte, ended with what the server said."""

    __tablename__ = "letter_attempt"
    audited = False

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id"))
    number: Mapped[int]
    begun_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)
    ended_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)
    outcome: Mapped[str] = mapped_column(String(20), default="")  # "" while it runs, "taken", or one of wire.FAULTS

    __table_args__ = (UniqueConstraint("letter_id", "number"),)
