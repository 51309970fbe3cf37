"""Incidents, what was written down about them, and the probes of freezes. Nothing here is ever deleted."""

import datetime as dt

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal import clock
from portal.auth.models import Person
from portal.db import Base, Moment, move, new_ref
from portal.exports.models import Release
from portal.incidents.workflow import CLOCK_HOURS
from portal.machine import Step


class Incident(Base):
    """Something that may have harmed the protection of data, from its report to its end."""

    __tablename__ = "incident"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True, default=new_ref)
    number: Mapped[str] = mapped_column(String(20), unique=True)  # INC-2026-001
    kind: Mapped[str] = mapped_column(String(20))  # loss | access | reidentified | recipient | other
    status: Mapped[str] = mapped_column(String(20), default="reported")
    lock: Mapped[int] = mapped_column(default=1)
    text: Mapped[str] = mapped_column(Text)
    happened_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)
    noticed_at: Mapped[dt.datetime] = mapped_column(Moment)
    reported_by: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)  # the reporter's
    reported_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)
    aware_at: Mapped[dt.datetime] = mapped_column(Moment)  # since when MMC knows: the clock runs from here
    risk: Mapped[str] = mapped_column(String(10), default="")  # none | some | high
    assessment: Mapped[str] = mapped_column(Text, default="")
    late_because: Mapped[str] = mapped_column(Text, default="")
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"), default=None)
    decided_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)
    notified_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)
    closed_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)
    warned: Mapped[int | None] = mapped_column(default=None)  # the fewest hours left that letters have spoken of

    reporter: Mapped[Person] = relationship(foreign_keys=[reported_by])
    entries: Mapped[list["Entry"]] = relationship(back_populates="incident", order_by="Entry.id")
    releases: Mapped[list["Concerned"]] = relationship(back_populates="incident", order_by="Concerned.id")

    @property
    def deadline(self) -> dt.datetime:
        """The last moment to notify the supervisory authority in time."""
        return self.aware_at + dt.timedelta(hours=CLOCK_HOURS)

    @property
    def running(self) -> bool:
        """Whether the clock still runs: nobody has decided yet."""
        return self.status in {"reported", "assessing"}

    def take(self, step: Step, **more: object) -> None:
        """Take a step by a guarded UPDATE.

        Raises IllegalStep if the step does not start here, Stale if somebody was faster.
        """
        step.require("incident", self.status)
        move(self, status=step.target, **more)


class Entry(Base):
    """One line of an incident's record: appended, never changed."""

    __tablename__ = "incident_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(String(20))  # report | note | loss | measure | or the step that was taken
    text: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)

    incident: Mapped[Incident] = relationship(back_populates="entries")
    person: Mapped[Person] = relationship()


class Concerned(Base):
    """A release that an incident is about."""

    __tablename__ = "incident_release"

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    release_id: Mapped[int] = mapped_column(ForeignKey("release.id"))

    incident: Mapped[Incident] = relationship(back_populates="releases")
    release: Mapped[Release] = relationship()
    __table_args__ = (UniqueConstraint("incident_id", "release_id"),)


class FreezeProbe(Base):
    """Whether one path of a freeze has been found closed. Not audited by itself: what changes has its own event."""

    __tablename__ = "freeze_probe"
    audited = False

    id: Mapped[int] = mapped_column(primary_key=True)
    freeze_id: Mapped[int] = mapped_column(ForeignKey("freeze.id"))
    path: Mapped[str] = mapped_column(String(20))  # sessions | sign_in | download | stream | table | build
    tries: Mapped[int] = mapped_column(default=0)
    still_open: Mapped[int] = mapped_column(default=0)  # how many of it were open when it was last looked at
    checked_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)
    closed_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)
    alarmed_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)

    __table_args__ = (UniqueConstraint("freeze_id", "path"),)
