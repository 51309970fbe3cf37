"""People, organisations, grants and sessions. No secret rests here: hashes and wrapped keys only."""

import datetime as dt

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal import clock
from portal.db import Base, Moment, new_ref


class Organisation(Base):
    """A partner, a contractor, or MMC itself (``kind`` mmc)."""

    __tablename__ = "organisation"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True, default=new_ref)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    kind: Mapped[str] = mapped_column(String(20))  # mmc | un | academic | ngo | contractor
    active: Mapped[bool] = mapped_column(default=True)


class Person(Base):
    """Somebody who signs in. The TOTP secret is the data key that ``totp_wrapped`` opens to."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True, default=new_ref)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    email: Mapped[str] = mapped_column(String(254), unique=True)  # lower case, NFC
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str] = mapped_column(String(200))
    totp_key_id: Mapped[str] = mapped_column(String(64), default="")
    totp_wrapped: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)
    totp_last_step: Mapped[int] = mapped_column(default=0)
    language: Mapped[str] = mapped_column(String(5), default="en")
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC")
    created_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)
    credentials_changed_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)
    disabled_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)

    organisation: Mapped[Organisation] = relationship()
    grants: Mapped[list["Grant"]] = relationship(back_populates="person")


class Grant(Base):
    """A role from one date to another; a regional manager's names the region."""

    __tablename__ = "grant_of_role"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[str] = mapped_column(String(30))
    region: Mapped[str] = mapped_column(String(10), default="")
    valid_from: Mapped[dt.date]
    valid_to: Mapped[dt.date | None] = mapped_column(default=None)

    person: Mapped[Person] = relationship(back_populates="grants")
    __table_args__ = (UniqueConstraint("person_id", "role", "region", "valid_from"),)


class SignIn(Base):
    """A server-side session. ``stage`` is ``factor`` until the one-time code was right, then ``full``."""

    __tablename__ = "sign_in"
    audited = False  # last_seen moves with every page; starts and ends are recorded by hand

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True, default=new_ref)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    stage: Mapped[str] = mapped_column(String(10))
    authentication: Mapped[str] = mapped_column(String(40))  # "pwd", "pwd otp"
    created_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)
    seen_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)
    proved_at: Mapped[dt.datetime | None] = mapped_column(
        Moment, default=None
    )  # the last code (or password, without one)
    ended_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)
    ended_as: Mapped[str] = mapped_column(String(20), default="")

    person: Mapped[Person] = relationship()
    __table_args__ = (Index("ix_sign_in_person_id_ended_at", "person_id", "ended_at"),)
