"""What is made of the data in public: one row for each text, from the day it is owed to the day it is out."""

import datetime as dt

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal import clock
from portal.auth.models import Person
from portal.db import Base, Moment, move, new_ref
from portal.letters.settling import settled
from portal.machine import Step
from portal.requests.models import Request
from portal.requests.models_papers import RequestPaper


class Publication(Base):
    """One text: shown to MMC before it is published if the agreement asks for it, and reported once it is out.

    ``review_days`` are the agreement's when the row was opened; 0: nobody asks to see it before.
    """

    __tablename__ = "publication"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True, default=new_ref)
    request_id: Mapped[int] = mapped_column(ForeignKey("request.id"), index=True)
    status: Mapped[str] = mapped_column(String(20), default="open")
    lock: Mapped[int] = mapped_column(default=1)
    review_days: Mapped[int] = mapped_column(default=0)
    title: Mapped[str] = mapped_column(String(300), default="")
    planned_on: Mapped[dt.date | None] = mapped_column(default=None)
    link: Mapped[str] = mapped_column(String(500), default="")  # to the text that is shown, if it is not attached
    paper_id: Mapped[int | None] = mapped_column(ForeignKey("request_paper.id"), default=None)
    shown_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)
    answer_by: Mapped[dt.date | None] = mapped_column(default=None)  # in the agreement's zone
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"), default=None)
    answered_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)
    address: Mapped[str] = mapped_column(String(500), default="")  # where it is out: an https address or a DOI
    published_on: Mapped[dt.date | None] = mapped_column(default=None)
    note: Mapped[str] = mapped_column(Text, default="")  # why nothing will be published
    created_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)
    moved_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)

    request: Mapped[Request] = relationship()
    paper: Mapped[RequestPaper | None] = relationship()
    answerer: Mapped[Person | None] = relationship()

    def take(self, step: Step, **more: object) -> None:
        """Take a step of the workflow by a guarded UPDATE; as :meth:`Request.take`."""
        step.require("publication", self.status)
        move(self, status=step.target, moved_at=clock.now(), **more)
        if step.verb != "lapse":  # it may still be answered
            asked = ("publication_shown", "publication_answered", "publication_unanswered")
            settled(f"/publications/{self.ref}", *asked)
