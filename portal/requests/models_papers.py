"""Papers that came with a request: an ethics approval, a protocol, a letter, a manuscript. They rest sealed."""

import datetime as dt

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.auth.models import Person
from portal.db import Base, Moment
from portal.papers import SealedFile
from portal.requests.models import Request


class RequestPaper(SealedFile, Base):
    """One file. Of a removed one the row stays, without bytes, key and note."""

    __tablename__ = "request_paper"

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("request.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(20))  # ethics | protocol | letter | other | manuscript
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    removed_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)

    request: Mapped[Request] = relationship()
    person: Mapped[Person] = relationship()
