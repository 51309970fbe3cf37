"""Freezes: what the data protection officer or the head has stopped, and the one question every door asks of it.

It lies below the rooms that ask, so it knows people, organisations and datasets by their references only. A freeze
goes on while lifting it is proposed: it ends with the second office's word, and not before.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import JSON, ColumnElement, ForeignKey, String, Text, and_, exists, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from portal import clock
from portal.db import Base, Moment, new_ref, session

IN_FORCE = ("in_force", "lifting")
ORGANISATION, PERSON, DATASET, PLACE, NATIONALITY = KINDS = (
    "organisation",
    "person",
    "dataset",
    "place",
    "nationality",
)
OF_PEOPLE = (ORGANISATION, PERSON)
OF_ROWS = (PLACE, NATIONALITY)
REASON = "frozen"
"""The clause that a refusal names where a freeze stands against something."""


class Freeze(Base):
    """One thing stopped at once by one office, and let go by two. Never deleted."""

    __tablename__ = "freeze"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True, default=new_ref)
    number: Mapped[str] = mapped_column(String(20), unique=True)  # STOP-2026-001
    kind: Mapped[str] = mapped_column(String(20))  # of KINDS
    target: Mapped[str] = mapped_column(String(32), default="", index=True)  # of an organisation, person or dataset
    codes: Mapped[list[str]] = mapped_column(JSON, default=list)  # of countries, or of sub-regions of nationality
    rows: Mapped[dict[str, list[str]]] = mapped_column(JSON, default=dict)  # key column to the values that are stopped
    standing: Mapped[str | None] = mapped_column(String(64), unique=True, default=None)  # one per thing while in force
    status: Mapped[str] = mapped_column(String(20), default="in_force")  # in_force | lifting | lifted
    lock: Mapped[int] = mapped_column(default=1)
    reason: Mapped[str] = mapped_column(Text)
    incident: Mapped[str] = mapped_column(String(32), default="")  # the reference of the incident it belongs to
    set_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    set_as: Mapped[str] = mapped_column(String(20))  # dpo | head
    set_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)
    affected: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # what it touched, as it was set
    closed_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)  # when the last path was found closed
    proposed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"), default=None)
    proposed_as: Mapped[str] = mapped_column(String(20), default="")
    proposed_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)
    proposed_why: Mapped[str] = mapped_column(Text, default="")
    lifted_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"), default=None)
    lifted_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)


def in_force() -> ColumnElement[bool]:
    """Say of a freeze that it holds."""
    return Freeze.status.in_(IN_FORCE)


def holds_on(kind: str, reference: Any) -> ColumnElement[bool]:  # noqa: ANN401 -- a column or a value
    """Return whether something of ``kind``, by its reference, is frozen; ``reference`` may be a column of a query."""
    return exists().where(in_force(), Freeze.kind == kind, Freeze.target == reference)


def shuts_out(person: Any, organisation: Any) -> ColumnElement[bool]:  # noqa: ANN401 -- columns or values
    """Return whether a person is frozen, by themselves or with their organisation."""
    mine = and_(Freeze.kind == PERSON, Freeze.target == person)
    ours = and_(Freeze.kind == ORGANISATION, Freeze.target == organisation)
    return exists().where(in_force(), or_(mine, ours))


def stopped(*things: tuple[str, str]) -> bool:
    """Whether one of these things, each a kind and a reference, is frozen now."""
    wanted = [and_(Freeze.kind == kind, Freeze.target == reference) for kind, reference in things if reference]
    return bool(wanted) and session().scalar(select(Freeze.id).where(in_force(), or_(*wanted)).limit(1)) is not None


def stopped_rows() -> Sequence[Mapping[str, Sequence[str]]]:
    """Return of every place and nationality that is frozen now which values of which key columns it stops."""
    return session().scalars(select(Freeze.rows).where(in_force(), Freeze.kind.in_(OF_ROWS))).all()
