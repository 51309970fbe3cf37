"""What is asked for beyond what was approved of a running request: a later last day, or somebody new in its team.

It is an object of its own: until every part has agreed, nothing of the request changes.
"""

import datetime as dt

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal import clock
from portal.auth.models import Person
from portal.db import Base, Moment, move, new_ref
from portal.letters.settling import settled
from portal.machine import Step
from portal.requests.models import Request

OFFICER = "dpo"
"""The part of the data protection officer, where one is asked."""


class Extension(Base):
    """A later last day for a running request, or a newcomer. ``parts`` are those that must agree; each answers once."""

    __tablename__ = "extension"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True, default=new_ref)
    request_id: Mapped[int] = mapped_column(ForeignKey("request.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    status: Mapped[str] = mapped_column(String(20), default="asked")
    lock: Mapped[int] = mapped_column(default=1)
    parts: Mapped[str] = mapped_column(String(200))  # regions' codes and "dpo", by spaces
    was_until: Mapped[dt.date]
    ends_on: Mapped[dt.date]
    newcomer_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), default=None)  # the day then stays
    reason: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))  # of the scope it would make
    asked_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)
    settled_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)

    request: Mapped[Request] = relationship()
    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    newcomer: Mapped[Person | None] = relationship(foreign_keys=[newcomer_id])
    answers: Mapped[list["ExtensionAnswer"]] = relationship(back_populates="extension", order_by="ExtensionAnswer.id")

    @property
    def open_parts(self) -> tuple[str, ...]:
        """The parts that have not answered yet."""
        answered = {one.part for one in self.answers}
        return tuple(part for part in self.parts.split() if part not in answered)

    def take(self, step: Step, **more: object) -> None:
        """Take a step of the workflow by a guarded UPDATE; IllegalStep if it does not start here, Stale if late."""
        step.require("extension", self.status)
        move(self, status=step.status, settled_at=clock.now(), **more)
        pages = [f"/tracks/{track.ref}" for track in self.request.tracks]
        for page in (*pages, f"/requests/{self.request.ref}"):
            settled(f"{page}/extension", "extension_asked")


class ExtensionAnswer(Base):
    """What one part said, bound to the hash of the scope it saw."""

    __tablename__ = "extension_answer"

    id: Mapped[int] = mapped_column(primary_key=True)
    extension_id: Mapped[int] = mapped_column(ForeignKey("extension.id"))
    part: Mapped[str] = mapped_column(String(20))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    agreed: Mapped[bool]
    rationale: Mapped[str] = mapped_column(Text, default="")
    sha256: Mapped[str] = mapped_column(String(64))
    answered_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)

    extension: Mapped[Extension] = relationship(back_populates="answers")
    person: Mapped[Person] = relationship()
    __table_args__ = (UniqueConstraint("extension_id", "part"),)
