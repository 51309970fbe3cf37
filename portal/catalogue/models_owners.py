"""Which variables of a dataset a partner organisation co-owns, from one day to another."""

import datetime as dt

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal import clock
from portal.auth.models import Organisation
from portal.catalogue.models import Dataset
from portal.db import Base, Moment, new_ref


class Coownership(Base):
    """A module of the questionnaire that an organisation co-owns: whole sections, single variables, or both.

    A section holds what later rounds add to it; days are those of the portal's own zone.
    """

    __tablename__ = "coownership"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True, default=new_ref)
    dataset_id: Mapped[int] = mapped_column(ForeignKey("dataset.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    sections: Mapped[list[str]] = mapped_column(JSON, default=list)
    variables: Mapped[list[str]] = mapped_column(JSON, default=list)
    first_day: Mapped[dt.date]
    last_day: Mapped[dt.date | None] = mapped_column(default=None)
    status: Mapped[str] = mapped_column(String(20), default="recorded")  # recorded | ended: by hand, on its last day
    lock: Mapped[int] = mapped_column(default=1)
    recorded_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    recorded_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)

    dataset: Mapped[Dataset] = relationship()
    organisation: Mapped[Organisation] = relationship()

    def holds(self, variable: str, section: str) -> bool:
        """Whether a variable is of the module."""
        return variable in self.variables or (section != "" and section in self.sections)

    def standing(self, day: dt.date) -> str:
        """Return how it stands on a day: holds, to_come, over, or never where it was ended before it began."""
        if self.last_day is not None and self.last_day < self.first_day:
            return "never"
        if day < self.first_day:
            return "to_come"
        return "over" if self.last_day is not None and self.last_day < day else "holds"
