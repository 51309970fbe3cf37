"""How releases end: what was looked at afterwards, and what each holder of a copy still has to do."""

import datetime as dt

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal import clock
from portal.auth.models import Organisation, Person
from portal.db import Base, Moment, move, new_ref
from portal.exports.models import Release
from portal.letters.settling import settled
from portal.machine import Step

ASKS = ("duty_due", "duty_earlier", "duty_attested", "duty_sent_back")
"""Letters that ask for a step of a duty: once one is taken, they are read."""


class Probe(Base):
    """One look, after a release has ended, at whether something of it is still open; tried until it is closed."""

    __tablename__ = "probe"

    id: Mapped[int] = mapped_column(primary_key=True)
    release_id: Mapped[int] = mapped_column(ForeignKey("release.id"))
    name: Mapped[str] = mapped_column(String(20))  # of workflow.PROBES
    status: Mapped[str] = mapped_column(String(10), default="pending")  # pending | closed | open
    tries: Mapped[int] = mapped_column(default=0)
    checked_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)
    due_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)

    __table_args__ = (UniqueConstraint("release_id", "name"),)


class DestructionDuty(Base):
    """What one person who downloaded a release has to do once it has ended: destroy every copy, and say so."""

    __tablename__ = "destruction_duty"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True, default=new_ref)
    release_id: Mapped[int] = mapped_column(ForeignKey("release.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))  # the one that asked, for good
    status: Mapped[str] = mapped_column(String(10), default="due")  # due | overdue | attested | settled | waived
    lock: Mapped[int] = mapped_column(default=1)
    opened_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)
    due_on: Mapped[dt.date]  # the last day, in the agreement's time zone
    told: Mapped[str] = mapped_column(String(10), default="")  # the last reminder: near | late | later
    method: Mapped[str] = mapped_column(String(20), default="")  # of workflow.METHODS, or workflow.LOST
    destroyed_on: Mapped[dt.date | None] = mapped_column(default=None)
    copies: Mapped[int] = mapped_column(default=0)
    lost_on: Mapped[dt.date | None] = mapped_column(default=None)  # when it was noticed
    lost_how: Mapped[str] = mapped_column(Text, default="")
    lost_encrypted: Mapped[str] = mapped_column(String(10), default="")  # of workflow.ENCRYPTED
    backups: Mapped[str] = mapped_column(Text, default="")
    derivatives: Mapped[str] = mapped_column(Text, default="")
    attested_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"), default=None)
    attested_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"), default=None)  # or waived
    settled_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)
    reason: Mapped[str] = mapped_column(Text, default="")  # why it was sent back or waived
    checked_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"), default=None)
    checked_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)

    release: Mapped[Release] = relationship()
    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    organisation: Mapped[Organisation] = relationship()
    attester: Mapped[Person | None] = relationship(foreign_keys=[attested_by])
    settler: Mapped[Person | None] = relationship(foreign_keys=[settled_by])
    __table_args__ = (UniqueConstraint("release_id", "person_id"),)

    def take(self, step: Step, **more: object) -> None:
        """Take a step of the workflow by a guarded UPDATE.

        Raises IllegalStep if the step does not start here, Stale if somebody was faster.
        """
        step.require("duty", self.status)
        move(self, status=step.target, **more)
        if step.verb not in {"lapse", "bring_forward"}:  # the holder still has to destroy
            settled(f"/duties/{self.ref}", *ASKS)
