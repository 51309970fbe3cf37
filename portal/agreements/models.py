"""Agreements: parties, scope and dates. Whether one allows something is asked of ``terms``, not of its status."""

import datetime as dt

from sqlalchemy import JSON, ForeignKey, String, Text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal import clock
from portal.auth.models import Organisation
from portal.db import Base, Moment, new_ref, session


class Agreement(Base):
    """One version of an agreement with one organisation. It runs through ``ends_on`` in its own time zone."""

    __tablename__ = "agreement"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True, default=new_ref)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    revision: Mapped[int] = mapped_column(default=1)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    kind: Mapped[str] = mapped_column(String(20), default="mou")  # mou | licence
    status: Mapped[str] = mapped_column(String(20), default="draft")  # draft | signing | active | suspended | ended
    ended_as: Mapped[str] = mapped_column(String(20), default="")
    lock: Mapped[int] = mapped_column(default=1)
    title_en: Mapped[str] = mapped_column(String(200))
    title_fr: Mapped[str] = mapped_column(String(200))
    text_en: Mapped[str] = mapped_column(Text, default="")
    starts_on: Mapped[dt.date]
    ends_on: Mapped[dt.date]
    time_zone: Mapped[str] = mapped_column(String(64))
    purposes: Mapped[list[str]] = mapped_column(JSON)  # codes of terms.PURPOSES
    datasets: Mapped[list[str]] = mapped_column(JSON)  # dataset codes
    regions: Mapped[list[str]] = mapped_column(JSON)  # today's region codes; unassigned rows too need "unassigned"
    tier: Mapped[str] = mapped_column(String(20), default="partner")
    most_sensitive: Mapped[int] = mapped_column(default=2)  # 1–4
    download_limit: Mapped[int] = mapped_column(default=5)  # per recipient and release
    release_days: Mapped[int] = mapped_column(default=30)
    created_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    activated_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)

    organisation: Mapped[Organisation] = relationship()


class Series(Base):
    """The last number given in a series. A row, not MAX + 1: two at once never get the same."""

    __tablename__ = "series"
    audited = False  # whatever takes a number records its own event

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    last: Mapped[int] = mapped_column(default=0)


def next_number(name: str) -> int:
    """Take the next number of a series, from 1; it is given back if the transaction is undone."""
    current = session()
    step = update(Series).where(Series.name == name).values(last=Series.last + 1).returning(Series.last)
    taken = current.scalar(step.execution_options(synchronize_session=False))
    if taken is not None:
        return taken
    try:
        with current.begin_nested():
            current.add(Series(name=name, last=1))
    except IntegrityError:  # somebody began the series a moment earlier
        return next_number(name)
    return 1
