"""Protected files, sign-offs, releases and downloads. The bytes rest sealed in the vault; here are their names."""

import datetime as dt
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal import clock, machine
from portal.auth.models import Person
from portal.catalogue.models import Version
from portal.db import Base, Moment, move, new_ref
from portal.machine import Step
from portal.requests.models import Request, Scope


class ProtectedFile(Base):
    """A version as one tier shows it: built once, attacked, signed off by two people, then shared many times."""

    __tablename__ = "protected_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True, default=new_ref)
    version_id: Mapped[int] = mapped_column(ForeignKey("version.id"))
    tier: Mapped[str] = mapped_column(String(20))  # partner | licensed | table | event
    status: Mapped[str] = mapped_column(String(20), default="queued")  # queued | building | held | proposed | signed
    lock: Mapped[int] = mapped_column(default=1)
    held_as: Mapped[str] = mapped_column(String(20), default="")  # machine | terms | protection | signer
    held_reason: Mapped[str] = mapped_column(Text, default="")
    held_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)
    rule_set: Mapped[dict[str, Any]] = mapped_column(JSON)
    rule_set_name: Mapped[str] = mapped_column(String(80))
    rule_set_version: Mapped[str] = mapped_column(String(20))
    rows: Mapped[int] = mapped_column(default=0)
    report: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    attacks: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    plan: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # frozen: the levels, and the ways not taken
    menu: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # what may be chosen: key values, variables
    blob: Mapped[str] = mapped_column(String(40), default="")
    sha256: Mapped[str] = mapped_column(String(64), default="")
    key_id: Mapped[str] = mapped_column(String(64), default="")
    key_wrapped: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)
    created_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)
    built_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)
    review_by: Mapped[dt.date | None] = mapped_column(default=None)  # the last day (UTC) its assessment holds
    reminded_for: Mapped[dt.date | None] = mapped_column(default=None)  # the last day that letters have spoken of

    version: Mapped[Version] = relationship()
    sign_offs: Mapped[list["SignOff"]] = relationship(back_populates="protected_file", order_by="SignOff.id")
    __table_args__ = (UniqueConstraint("version_id", "tier"),)


class SignOff(Base):
    """One of the two signatures below a protected file's assessment, or the reason why it is held.

    ``review`` counts the yearly reviews: 0 is the sign-off itself.
    """

    __tablename__ = "sign_off"

    id: Mapped[int] = mapped_column(primary_key=True)
    protected_file_id: Mapped[int] = mapped_column(ForeignKey("protected_file.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    role: Mapped[str] = mapped_column(String(20))  # steward | dpo
    review: Mapped[int] = mapped_column(default=0)
    verdict: Mapped[str] = mapped_column(String(20))  # signed | held
    reason: Mapped[str] = mapped_column(Text, default="")
    sha256: Mapped[str] = mapped_column(String(64))  # of the file that was looked at
    assessment: Mapped[str] = mapped_column(String(64), default="")  # of the assessment that was signed
    signed_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)

    protected_file: Mapped[ProtectedFile] = relationship(back_populates="sign_offs")
    person: Mapped[Person] = relationship()
    __table_args__ = (UniqueConstraint("protected_file_id", "role", "review"),)


class Release(Base):
    """One package for one accepted scope and wave. ``build_key`` makes a second build of the same impossible."""

    __tablename__ = "release"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True, default=new_ref)
    request_id: Mapped[int] = mapped_column(ForeignKey("request.id"))
    scope_id: Mapped[int] = mapped_column(ForeignKey("scope.id"))
    protected_file_id: Mapped[int] = mapped_column(ForeignKey("protected_file.id"))
    build_key: Mapped[str] = mapped_column(String(64), unique=True)
    wave: Mapped[int] = mapped_column(default=1)  # of a feed: the how many-th delivery
    status: Mapped[str] = mapped_column(String(20), default="queued")  # … | held | checking | available | ended
    ended_as: Mapped[str] = mapped_column(String(20), default="")
    held_as: Mapped[str] = mapped_column(String(20), default="")  # as a file; of an exception also ledger | referred
    held_reason: Mapped[str] = mapped_column(Text, default="")
    held_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)
    let_by: Mapped[str] = mapped_column(String(32), default="")  # who let it be judged in spite of earlier refusals
    lock: Mapped[int] = mapped_column(default=1)
    blob: Mapped[str] = mapped_column(String(40), default="")
    file_name: Mapped[str] = mapped_column(String(120), default="")
    key_id: Mapped[str] = mapped_column(String(64), default="")
    key_wrapped: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)
    sha256: Mapped[str] = mapped_column(String(64), default="")
    size: Mapped[int] = mapped_column(default=0)
    rows: Mapped[int] = mapped_column(default=0)
    report: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)
    available_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)
    expires_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)
    cause: Mapped[str] = mapped_column(String(20), default="")  # revoked | expired | superseded, also once destroyed
    ended_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)
    ended_by: Mapped[str] = mapped_column(String(32), default="")  # the reference of who did: a person, or the portal
    ended_reason: Mapped[str] = mapped_column(Text, default="")  # as the person wrote it
    destroyed_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)

    request: Mapped[Request] = relationship()
    scope: Mapped[Scope] = relationship()
    protected_file: Mapped[ProtectedFile] = relationship()
    allowances: Mapped[list["Allowance"]] = relationship(back_populates="release")

    @property
    def state(self) -> str:
        """The workflow's word for where it is."""
        return machine.state(self.status, ended_as=self.ended_as)

    def take(self, step: Step, **more: object) -> None:
        """Take a step of the workflow by a guarded UPDATE.

        Raises IllegalStep if the step does not start here, Stale if somebody was faster.
        """
        step.require("release", self.state)
        move(self, status=step.status, ended_as=step.ended_as, **more)


class Allowance(Base):
    """How many downloads one recipient has left of one release."""

    __tablename__ = "allowance"

    id: Mapped[int] = mapped_column(primary_key=True)
    release_id: Mapped[int] = mapped_column(ForeignKey("release.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    remaining: Mapped[int]

    release: Mapped[Release] = relationship(back_populates="allowances")
    __table_args__ = (UniqueConstraint("release_id", "person_id"),)


class Download(Base):
    """One download: begun before the first byte leaves, completed with the bytes that were sent."""

    __tablename__ = "download"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True, default=new_ref)
    release_id: Mapped[int] = mapped_column(ForeignKey("release.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    started_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)
    completed_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)
    sent: Mapped[int] = mapped_column(default=0)
    cut: Mapped[str] = mapped_column(String(20), default="")  # why it was stopped in the middle, as a machine word
