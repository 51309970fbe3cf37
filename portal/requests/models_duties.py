"""Who decides in whose place, who stepped aside, and what a requester took on with an approval."""

import datetime as dt

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal import clock
from portal.auth.models import Person
from portal.db import Base, Moment, move, new_ref
from portal.letters.settling import settled
from portal.machine import Step
from portal.requests.models import Decision, Request, Track


class Deputyship(Base):
    """A manager's deputy for one region, from a first to a last day in the manager's zone.

    ``starts_at`` and ``ends_at`` are those days' edges as moments: who may decide is judged by the moment.
    """

    __tablename__ = "deputyship"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True, default=new_ref)
    manager_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    deputy_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    region: Mapped[str] = mapped_column(String(20))
    first_day: Mapped[dt.date]
    last_day: Mapped[dt.date]
    time_zone: Mapped[str] = mapped_column(String(64))
    starts_at: Mapped[dt.datetime] = mapped_column(Moment)
    ends_at: Mapped[dt.datetime] = mapped_column(Moment)
    status: Mapped[str] = mapped_column(String(20), default="named")  # named | revoked
    lock: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)
    revoked_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)

    manager: Mapped[Person] = relationship(foreign_keys=[manager_id])
    deputy: Mapped[Person] = relationship(foreign_keys=[deputy_id])


class Assignment(Base):
    """A track given to another decider by the coordinator, with the reason. The newest one of a track counts."""

    __tablename__ = "assignment"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True, default=new_ref)
    track_id: Mapped[int] = mapped_column(ForeignKey("track.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(Text)
    assigned_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)

    track: Mapped[Track] = relationship()
    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    by: Mapped[Person] = relationship(foreign_keys=[by_id])


class Recusal(Base):
    """A decider who stepped aside from one track, for good: neither they nor their deputy decides it."""

    __tablename__ = "recusal"

    id: Mapped[int] = mapped_column(primary_key=True)
    track_id: Mapped[int] = mapped_column(ForeignKey("track.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(Text)
    stepped_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)

    track: Mapped[Track] = relationship()
    person: Mapped[Person] = relationship()
    __table_args__ = (UniqueConstraint("track_id", "person_id"),)


class Obligation(Base):
    """One condition of an approval, taken on with the offer. ``region`` is "" for the data protection officer's."""

    __tablename__ = "obligation"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True, default=new_ref)
    request_id: Mapped[int] = mapped_column(ForeignKey("request.id"), index=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("decision.id"))
    region: Mapped[str] = mapped_column(String(20), default="")
    position: Mapped[int]  # of the decision's conditions, from 1
    text: Mapped[str] = mapped_column(Text)
    due: Mapped[str] = mapped_column(String(20))  # before_use | by_date | on_publication
    due_on: Mapped[dt.date | None] = mapped_column(default=None)
    status: Mapped[str] = mapped_column(String(20), default="open")  # open | reported | met | waived
    lock: Mapped[int] = mapped_column(default=1)
    note: Mapped[str] = mapped_column(Text, default="")  # the requester's, how it was met
    answer: Mapped[str] = mapped_column(Text, default="")  # the decider's
    created_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)
    moved_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)

    request: Mapped[Request] = relationship()
    decision: Mapped[Decision] = relationship()
    __table_args__ = (UniqueConstraint("decision_id", "position"),)

    def take(self, step: Step, **more: object) -> None:
        """Take a step of the workflow by a guarded UPDATE; as :meth:`Request.take`."""
        step.require("obligation", self.status)
        move(self, status=step.target, moved_at=clock.now(), **more)
        settled(f"/obligations/{self.ref}", "obligation_reported", "obligation_judged")
