"""Which contractor brings which round of a dataset, from one day to another."""

import datetime as dt

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal import clock
from portal.auth.models import Organisation
from portal.catalogue.models import Dataset, Version
from portal.db import Base, Moment, new_ref

STATE_OF = {"received": "reading", "refused": "problems", "checked": "steward"}


class Commission(Base):
    """One round of one dataset that a contractor's people may load. It opens nothing before its days nor after them.

    Days are those of the portal's own zone; whoever ends it by hand ends it at once.
    """

    __tablename__ = "commission"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True, default=new_ref)
    dataset_id: Mapped[int] = mapped_column(ForeignKey("dataset.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    round_name: Mapped[str] = mapped_column(String(100))  # as MMC and the contractor call it
    first_day: Mapped[dt.date]
    last_day: Mapped[dt.date]
    status: Mapped[str] = mapped_column(String(20), default="given")  # given | ended: by hand, at once
    lock: Mapped[int] = mapped_column(default=1)
    given_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    given_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)
    ended_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)

    dataset: Mapped[Dataset] = relationship()
    organisation: Mapped[Organisation] = relationship()
    versions: Mapped[list[Version]] = relationship(order_by=Version.number, viewonly=True)

    def standing(self, day: dt.date) -> str:
        """Return how it stands on a day: to_come, runs, over, or ended."""
        if self.status == "ended":
            return "ended"
        if day < self.first_day:
            return "to_come"
        return "over" if self.last_day < day else "runs"

    @property
    def state(self) -> str:
        """How far the round is: waiting for a file, reading, problems, with the steward, or published."""
        statuses = [one.status for one in self.versions if one.status != "withdrawn"]
        if "published" in statuses:
            return "published"
        return STATE_OF[statuses[-1]] if statuses else "waiting"
