"""Agreements: parties, scope and dates. Whether one allows something is asked of ``terms``, not of its status."""

import datetime as dt

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal import clock, machine
from portal.auth.models import Organisation, Person
from portal.db import Base, Moment, move, new_ref, session
from portal.letters.settling import settled
from portal.machine import Step

ASKS = ("agreement_shared", "agreement_returned", "agreement_for_officer", "agreement_paper", "agreement_to_sign")
"""Letters that ask for a step of an agreement: once one is taken, they are read."""


class Agreement(Base):
    """One version of an agreement with one organisation. It runs through ``ends_on`` in its own time zone."""

    __tablename__ = "agreement"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True, default=new_ref)
    number: Mapped[str] = mapped_column(String(40))  # of all its versions
    revision: Mapped[int] = mapped_column(default=1)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    kind: Mapped[str] = mapped_column(String(20), default="mou")  # mou | licence
    status: Mapped[str] = mapped_column(String(20), default="draft")  # draft | signing | active | suspended | ended
    ended_as: Mapped[str] = mapped_column(String(20), default="")
    stage: Mapped[str] = mapped_column(String(20), default="")  # of draft: partner; of signing: dpo | names | begin
    shared: Mapped[bool] = mapped_column(default=False)  # whether the partner has been shown the draft
    text_sha256: Mapped[str] = mapped_column(String(64), default="")  # of the frozen text; "" while it may change
    terminated_on: Mapped[dt.date | None] = mapped_column(default=None)  # the last day, once notice was given
    warned_days: Mapped[int] = mapped_column(default=0)  # the last letter about its end said so many days; 0: none yet
    mmc_signatory_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), default=None)
    partner_signatory_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), default=None)
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
    outputs: Mapped[list[str]] = mapped_column(JSON, default=list)  # codes of terms.OUTPUTS
    onward_sharing: Mapped[str] = mapped_column(String(20), default="none")  # none | named | subpartners
    onward_bodies: Mapped[list[str]] = mapped_column(JSON, default=list)  # their names, where they are named
    matching: Mapped[str] = mapped_column(String(20), default="forbidden")  # forbidden | named: a dataset, and the DPO
    retention_days: Mapped[int] = mapped_column(default=0)  # after the end of use, to destroy every copy
    publication_review_days: Mapped[int] = mapped_column(default=0)  # manuscripts are shown before; 0: not
    ip_ranges: Mapped[list[str]] = mapped_column(JSON, default=list)  # networks to download from; none: anywhere
    factors: Mapped[list[str]] = mapped_column(JSON, default=lambda: ["pwd", "otp"])  # for a download: amr, all of them
    created_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    activated_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)

    organisation: Mapped[Organisation] = relationship()
    mmc_signatory: Mapped[Person | None] = relationship(foreign_keys=[mmc_signatory_id])
    partner_signatory: Mapped[Person | None] = relationship(foreign_keys=[partner_signatory_id])
    __table_args__ = (UniqueConstraint("number", "revision"),)

    @property
    def state(self) -> str:
        """The workflow's word for where it is."""
        return machine.state(self.status, self.stage, self.ended_as)

    @property
    def last_day(self) -> dt.date:
        """The day through which it runs: its own, or an earlier one of which notice was given."""
        return min(self.ends_on, self.terminated_on or self.ends_on)

    def take(self, step: Step, **more: object) -> None:
        """Take a step of the workflow by a guarded UPDATE.

        Raises IllegalStep if the step does not start here, Stale if somebody was faster.
        """
        step.require("agreement", self.state)
        move(self, status=step.status, stage=step.stage, ended_as=step.ended_as, **more)
        if step.target != step.source:
            settled(f"/agreements/{self.ref}", *ASKS)


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
