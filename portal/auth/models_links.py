"""Invitations and changes of address: what waits for who follows a link. The link's secret rests nowhere."""

import datetime as dt

from sqlalchemy import JSON, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal import clock, machine
from portal.auth.models import Organisation, Person
from portal.db import Base, Moment, new_ref


class Invitation(Base):
    """Somebody is asked in: to which organisation, as what, from when to when. ``expires_at`` ends it by itself.

    ``password_hash`` and ``totp_wrapped`` wait here between the choice of a password and the first right code;
    nobody can sign in with them before. ``person_ref`` is the reference the person will have.
    """

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True, default=new_ref)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    inviter_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    person_ref: Mapped[str] = mapped_column(String(32), unique=True, default=new_ref)
    email: Mapped[str] = mapped_column(String(254), index=True)  # lower case, NFC
    name: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(5))
    roles: Mapped[list[str]] = mapped_column(JSON)
    regions: Mapped[list[str]] = mapped_column(JSON)
    valid_from: Mapped[dt.date]
    valid_to: Mapped[dt.date | None] = mapped_column(default=None)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    sent_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)
    expires_at: Mapped[dt.datetime] = mapped_column(Moment)
    status: Mapped[str] = mapped_column(String(20), default="open")
    ended_as: Mapped[str] = mapped_column(String(20), default="")
    lock: Mapped[int] = mapped_column(default=1)
    password_hash: Mapped[str] = mapped_column(String(200), default="")
    totp_key_id: Mapped[str] = mapped_column(String(64), default="")
    totp_wrapped: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)

    organisation: Mapped[Organisation] = relationship()
    inviter: Mapped[Person] = relationship()

    @property
    def state(self) -> str:
        """The state as the table of steps names it."""
        return machine.state(self.status, ended_as=self.ended_as)


class AddressChange(Base):
    """A person's new address, until its link is followed. ``expires_at`` ends it by itself."""

    __tablename__ = "address_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True, default=new_ref)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    email: Mapped[str] = mapped_column(String(254))  # lower case, NFC
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)
    expires_at: Mapped[dt.datetime] = mapped_column(Moment)
    status: Mapped[str] = mapped_column(String(20), default="open")
    ended_as: Mapped[str] = mapped_column(String(20), default="")
    lock: Mapped[int] = mapped_column(default=1)

    person: Mapped[Person] = relationship()

    @property
    def state(self) -> str:
        """The state as the table of steps names it."""
        return machine.state(self.status, ended_as=self.ended_as)
