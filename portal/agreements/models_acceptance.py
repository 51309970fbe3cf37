"""Who has accepted which text of an agreement. A row is never changed: another text asks for another row."""

import datetime as dt

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal import clock
from portal.db import Base, Moment


class Acceptance(Base):
    """One person has accepted an agreement's terms as they stood. ``sha256`` is of ``content.content``."""

    __tablename__ = "acceptance"

    id: Mapped[int] = mapped_column(primary_key=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64))
    at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)

    __table_args__ = (UniqueConstraint("agreement_id", "person_id", "sha256"),)
