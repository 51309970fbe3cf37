"""Versions of rule sets. What was in force is never changed: another version takes its place."""

import datetime as dt
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal import clock
from portal.auth.models import Person
from portal.db import Base, Moment, new_ref


class RuleSetVersion(Base):
    """One version of a tier's rule set. Moves proposed → in_force → replaced, or proposed → dropped."""

    __tablename__ = "rule_set_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True, default=new_ref)
    tier: Mapped[str] = mapped_column(String(20))
    number: Mapped[int]  # the rule set that came with the portal is number 1 and has no row
    status: Mapped[str] = mapped_column(String(20), default="proposed")  # proposed | in_force | replaced | dropped
    lock: Mapped[int] = mapped_column(default=1)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(Text)
    proposed_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    proposed_as: Mapped[str] = mapped_column(String(20))  # coordinator | dpo
    proposed_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"), default=None)
    settled_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)

    proposer: Mapped[Person] = relationship(foreign_keys=[proposed_by])
    settler: Mapped[Person | None] = relationship(foreign_keys=[settled_by])
    __table_args__ = (UniqueConstraint("tier", "number"),)
