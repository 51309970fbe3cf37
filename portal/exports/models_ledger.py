"""What has left about whom: the ledger that exceptions are judged by. Rows are added, never changed.

Each entry seals the whole ledger as it was after it; in the open stand digests, and nothing of any record.
"""

import datetime as dt

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal import clock
from portal.db import Base, Moment


class LedgerEntry(Base):
    """One release in the ledger of a collusion domain. ``head`` is chained over this entry and all before it.

    ``reference`` is that of the release, or of the protected file where ``kind`` says publication: such a file is
    registered as it is and not judged.
    """

    __tablename__ = "ledger_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    domain: Mapped[str] = mapped_column(String(40))
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))  # publication | release
    reference: Mapped[str] = mapped_column(String(32))
    head: Mapped[str] = mapped_column(String(64))
    blob: Mapped[str] = mapped_column(String(40))
    sha256: Mapped[str] = mapped_column(String(64))
    key_id: Mapped[str] = mapped_column(String(64))
    key_wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)

    __table_args__ = (UniqueConstraint("domain", "number"), UniqueConstraint("domain", "reference"))


class LedgerRefusal(Base):
    """That an exception came too close to what had left: each says a little, so they are counted."""

    __tablename__ = "ledger_refusal"

    id: Mapped[int] = mapped_column(primary_key=True)
    domain: Mapped[str] = mapped_column(String(40))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    dataset_id: Mapped[int] = mapped_column(ForeignKey("dataset.id"))
    release_id: Mapped[int] = mapped_column(ForeignKey("release.id"))
    refused_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)
