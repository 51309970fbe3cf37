"""Emergencies and the answers they need. What was asked never changes: another wish is another emergency."""

import datetime as dt

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal import clock
from portal.agreements.models import Agreement
from portal.auth.models import Organisation, Person
from portal.catalogue.models import Dataset
from portal.db import Base, Moment, move, new_ref
from portal.emergencies.workflow import LAPSE
from portal.letters.settling import settled
from portal.machine import Step


class Emergency(Base):
    """Tables of some countries and years, asked for by one person beyond what their agreement covers."""

    __tablename__ = "emergency"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True, default=new_ref)
    number: Mapped[str] = mapped_column(String(20), unique=True)  # EM-2026-0001
    status: Mapped[str] = mapped_column(String(20), default="asked")
    lock: Mapped[int] = mapped_column(default=1)
    requester_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"))  # whose terms of confidentiality hold
    dataset_id: Mapped[int] = mapped_column(ForeignKey("dataset.id"), index=True)
    countries: Mapped[list[str]] = mapped_column(JSON)
    years: Mapped[list[str]] = mapped_column(JSON)
    happened: Mapped[str] = mapped_column(Text)
    needed_for: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)
    time_zone: Mapped[str] = mapped_column(String(64))  # of who asked: the clock on their wall
    reminded_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)
    granted_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)
    ends_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)
    settled_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)  # when nothing more was to come
    review_due_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)
    review_reminded_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)
    reviewed_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)
    reviewed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"), default=None)
    review_note: Mapped[str] = mapped_column(Text, default="")

    requester: Mapped[Person] = relationship(foreign_keys=[requester_id])
    reviewer: Mapped[Person | None] = relationship(foreign_keys=[reviewed_by])
    organisation: Mapped[Organisation] = relationship()
    agreement: Mapped[Agreement] = relationship()
    dataset: Mapped[Dataset] = relationship()
    parts: Mapped[list["EmergencyPart"]] = relationship(back_populates="emergency", order_by="EmergencyPart.id")

    @property
    def lapses_at(self) -> dt.datetime:
        """The moment from which an answer comes too late."""
        return self.asked_at + LAPSE

    @property
    def state(self) -> str:
        """Where it stands by the clock, whether or not anybody has written that down yet."""
        moment = clock.now()
        if self.status == "asked" and moment >= self.lapses_at:
            return "lapsed"
        if self.status == "granted" and (self.ends_at is None or moment >= self.ends_at):
            return "over"
        return self.status

    @property
    def open_parts(self) -> list["EmergencyPart"]:
        """The parts that have not answered."""
        return [one for one in self.parts if one.status == "open"]

    @property
    def review_open(self) -> bool:
        """Whether the data protection officer still owes a look at it."""
        return self.status in {"granted", "over"} and self.reviewed_at is None

    def take(self, step: Step, **more: object) -> None:
        """Take a step by a guarded UPDATE; IllegalStep if it does not start here, Stale if somebody was faster."""
        step.require("emergency", self.state)
        move(self, status=step.target, **more)
        if step.target != step.source:
            settled(f"/emergencies/{self.ref}", "emergency_asked", "emergency_silent")


class EmergencyPart(Base):
    """One of the answers it needs: of each region that answers for its countries, and of the head."""

    __tablename__ = "emergency_part"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True, default=new_ref)
    emergency_id: Mapped[int] = mapped_column(ForeignKey("emergency.id"))
    office: Mapped[str] = mapped_column(String(20))  # a region's code, or "head"
    status: Mapped[str] = mapped_column(String(20), default="open")  # open | agreed | refused
    lock: Mapped[int] = mapped_column(default=1)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), default=None)
    for_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), default=None)  # in whose place
    reason: Mapped[str] = mapped_column(Text, default="")
    time_zone: Mapped[str] = mapped_column(String(64), default="")  # of who answered
    answered_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)

    emergency: Mapped[Emergency] = relationship(back_populates="parts")
    person: Mapped[Person | None] = relationship(foreign_keys=[person_id])
    for_person: Mapped[Person | None] = relationship(foreign_keys=[for_id])
    __table_args__ = (UniqueConstraint("emergency_id", "office"),)
