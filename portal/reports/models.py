"""What a person has switched on: whether the public register and figures are shown."""

import datetime as dt

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal import clock
from portal.db import Base, Moment

REGISTER = "register"
HIDDEN, SHOWN = "hidden", "shown"


class Publicity(Base):
    """A page that everybody may read while it is on. There is no row until somebody has decided."""

    __tablename__ = "publicity"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True)  # the page's name
    status: Mapped[str] = mapped_column(String(20), default=HIDDEN)
    lock: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"), default=None)
