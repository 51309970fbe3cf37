"""Requests, the scope versions they went through, regional tracks and decisions.

A decision points to the scope it saw by hash: change the scope and the decision no longer fits.
"""

import datetime as dt
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal import clock, machine
from portal.agreements.models import Agreement
from portal.auth.models import Organisation, Person
from portal.catalogue.models import Dataset, Version
from portal.db import Base, Moment, move, new_ref
from portal.letters.settling import settled
from portal.machine import Step

ASKS_REQUESTER = ("request_entered", "request_returned", "request_offered", "request_renewal")
ASKS_DECIDERS = ("track_opened", "track_silent", "track_escalated", "track_recused", "track_reassigned")
"""Letters that ask for a step: once one is taken, they are read."""


class Request(Base):
    """What a partner asks for, from draft to its end."""

    __tablename__ = "request"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True, default=new_ref)
    number: Mapped[str] = mapped_column(String(40), unique=True)  # MMC-4Mi-2026-0001
    kind: Mapped[str] = mapped_column(String(20), default="microdata")  # microdata | feed | exception
    status: Mapped[str] = mapped_column(String(20), default="draft")
    stage: Mapped[str] = mapped_column(String(20), default="")  # of in_review: regions | dpo
    ended_as: Mapped[str] = mapped_column(String(20), default="")
    lock: Mapped[int] = mapped_column(default=1)
    requester_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"))
    dataset_id: Mapped[int] = mapped_column(ForeignKey("dataset.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("version.id"))
    tier: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(5), default="en")  # of the package
    draft: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # what the five steps hold so far
    purpose: Mapped[str] = mapped_column(String(40), default="")
    purpose_text: Mapped[str] = mapped_column(Text, default="")
    outputs: Mapped[str] = mapped_column(Text, default="")
    exception: Mapped[str] = mapped_column(Text, default="")  # why the file does not do, where one is asked for
    reasons: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)  # by sensitive variable, as they were sent
    ends_on: Mapped[dt.date | None] = mapped_column(default=None)
    scope_id: Mapped[int | None] = mapped_column(ForeignKey("scope.id", use_alter=True), default=None)
    copied_from_id: Mapped[int | None] = mapped_column(ForeignKey("request.id"), default=None)
    reply: Mapped[str] = mapped_column(Text, default="")  # the requester's answer to what was asked
    created_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)
    moved_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)  # since when it is where it is
    submitted_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)
    accepted_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)
    split_from_id: Mapped[int | None] = mapped_column(ForeignKey("request.id"), default=None, index=True)
    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), default=None)  # staff, from a mail
    mailed_on: Mapped[dt.date | None] = mapped_column(default=None)  # the day of that mail
    handed_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)  # to whoever asked, who now reads it

    requester: Mapped[Person] = relationship(foreign_keys=[requester_id])
    entered_by: Mapped[Person | None] = relationship(foreign_keys=[entered_by_id])
    copied_from: Mapped["Request | None"] = relationship(remote_side="Request.id", foreign_keys=[copied_from_id])
    organisation: Mapped[Organisation] = relationship()
    agreement: Mapped[Agreement] = relationship()
    dataset: Mapped[Dataset] = relationship()
    version: Mapped[Version] = relationship()
    scope: Mapped["Scope | None"] = relationship(foreign_keys=[scope_id], post_update=True)
    tracks: Mapped[list["Track"]] = relationship(back_populates="request", order_by="Track.region")
    recipients: Mapped[list["Recipient"]] = relationship(back_populates="request")
    decisions: Mapped[list["Decision"]] = relationship(back_populates="request", order_by="Decision.id")

    @property
    def state(self) -> str:
        """The workflow's word for where it is."""
        return machine.state(self.status, self.stage, self.ended_as)

    @property
    def logged_purpose(self) -> dict[str, str]:
        """What the log names as the purpose of a deed done for it: itself and its agreement."""
        return {"request": self.ref, "mou": self.agreement.ref}

    def take(self, step: Step, **more: object) -> None:
        """Take a step of the workflow by a guarded UPDATE.

        Raises IllegalStep if the step does not start here, Stale if somebody was faster.
        """
        step.require("request", self.state)
        values = {"status": step.status, "stage": step.stage, "ended_as": step.ended_as}
        move(self, **values, moved_at=clock.now(), **more)
        if step.target != step.source:
            settled(f"/requests/{self.ref}", *ASKS_REQUESTER)
            settled(f"/requests/{self.ref}/officer", "request_for_officer")


class Recipient(Base):
    """A named person of the asking organisation who may download."""

    __tablename__ = "recipient"

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("request.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)

    request: Mapped[Request] = relationship(back_populates="recipients")
    person: Mapped[Person] = relationship()
    __table_args__ = (UniqueConstraint("request_id", "person_id"),)


class Scope(Base):
    """One frozen scope of a request: dataset version, rows, variables, tier, rule set, recipients, agreement."""

    __tablename__ = "scope"

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("request.id"))
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(10))  # asked: by the requester | reduced: by regions | offered
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)

    __table_args__ = (UniqueConstraint("request_id", "number"),)


class Track(Base):
    """One office's part of a request: a region's, what no region claims (``unassigned``), or a co-owner's module.

    A co-owner's carries the organisation; its ``region`` is then the code of :mod:`portal.catalogue.owners`.
    """

    __tablename__ = "track"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True, default=new_ref)
    request_id: Mapped[int] = mapped_column(ForeignKey("request.id"))
    region: Mapped[str] = mapped_column(String(20))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True, default=None)
    status: Mapped[str] = mapped_column(String(20), default="open")
    lock: Mapped[int] = mapped_column(default=1)
    scope_id: Mapped[int] = mapped_column(ForeignKey("scope.id"))
    slice_sha256: Mapped[str] = mapped_column(String(64))  # of what is common and this office's part
    profile: Mapped[dict[str, Any]] = mapped_column(JSON)  # rounded counts of this part's rows, by country and year
    opened_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)
    decided_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)
    reminded_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)  # of silence since opened_at
    escalated_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)  # with the coordinator since

    request: Mapped[Request] = relationship(back_populates="tracks")
    scope: Mapped[Scope] = relationship()
    decisions: Mapped[list["Decision"]] = relationship(back_populates="track", order_by="Decision.id")
    __table_args__ = (UniqueConstraint("request_id", "region"),)

    def take(self, step: Step, **more: object) -> None:
        """Take a step of the workflow by a guarded UPDATE; as :meth:`Request.take`."""
        step.require("track", self.status)
        move(self, status=step.target, **more)
        if step.target != step.source:
            settled(f"/tracks/{self.ref}", *ASKS_DECIDERS)


class Decision(Base):
    """What one person decided, on which scope, and why. Never changed; a reopened track gets another."""

    __tablename__ = "decision"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True, default=new_ref)
    request_id: Mapped[int] = mapped_column(ForeignKey("request.id"))
    track_id: Mapped[int | None] = mapped_column(ForeignKey("track.id"))  # of an officer's: the one it asks
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    verdict: Mapped[str] = mapped_column(String(30))
    scope_sha256: Mapped[str] = mapped_column(String(64))
    refused: Mapped[dict[str, Any]] = mapped_column(
        JSON, default=dict
    )  # {"country": [...], "year": [...], "variables": [...]}
    rationale: Mapped[str] = mapped_column(Text, default="")
    conditions: Mapped[str] = mapped_column(Text, default="")
    terms: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)  # conditions: text, due (kind), on (date)
    capacity: Mapped[str] = mapped_column(String(20), default="")  # manager | deputy | assigned | coordinator | owner
    for_person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), default=None)  # of a deputy's: for whom
    decided_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)
    by_officer: Mapped[bool] = mapped_column(default=False)  # the data protection officer's, also where it asks a track
    idempotency_key: Mapped[str] = mapped_column(String(64), unique=True)

    request: Mapped[Request] = relationship(back_populates="decisions")
    track: Mapped[Track | None] = relationship(back_populates="decisions")
    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    for_person: Mapped[Person | None] = relationship(foreign_keys=[for_person_id])
