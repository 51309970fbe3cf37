"""The table of work and the table of duties. Not audited: what a job does records its own events."""

import datetime as dt

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal import clock
from portal.db import Base, Moment


class Work(Base):
    """One piece of work. Whoever holds the current ``fence`` may publish its result; nobody else."""

    __tablename__ = "work"
    audited = False

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    target_ref: Mapped[str] = mapped_column(String(32))
    status: Mapped[str] = mapped_column(String(10), default="due")  # due | running | done | dead
    stage: Mapped[str] = mapped_column(String(40), default="")
    attempt: Mapped[int] = mapped_column(default=0)
    fence: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)
    lease_until: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)
    error: Mapped[str] = mapped_column(String(80), default="")  # the kind of failure, never its data
    created_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)
    finished_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)

    __table_args__ = (
        UniqueConstraint("kind", "target_ref"),
        Index("ix_work_status_due_at", "status", "due_at"),
    )


class Duty(Base):
    """What only one keeper may do at a time, and until when the one that does it has it."""

    __tablename__ = "duty"
    audited = False

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    holder: Mapped[str] = mapped_column(String(64), default="")
    until: Mapped[dt.datetime] = mapped_column(Moment)
