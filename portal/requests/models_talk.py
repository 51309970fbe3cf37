"""What is said about a request while it is on its way, by the side that asks and the side that decides."""

import datetime as dt

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal import clock
from portal.auth.models import Person
from portal.db import Base, Moment, new_ref
from portal.requests.models import Request


class Note(Base):
    """One message. ``staff_only`` ones are never shown to the organisation that asks, whatever role a reader has."""

    __tablename__ = "request_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True, default=new_ref)
    request_id: Mapped[int] = mapped_column(ForeignKey("request.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    staff_only: Mapped[bool]
    text: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(String(64), unique=True)  # the form's: sent twice it is one note
    written_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)

    request: Mapped[Request] = relationship()
    person: Mapped[Person] = relationship()
