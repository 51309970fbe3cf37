"""Datasets, their immutable versions and the variables of each. Rows of data are never here: they rest sealed."""

import datetime as dt
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal import clock
from portal.auth.models import Person
from portal.db import Base, Moment, new_ref


class Dataset(Base):
    """A survey or an incident collection that grows by versions."""

    __tablename__ = "dataset"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True, default=new_ref)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    kind: Mapped[str] = mapped_column(String(20))  # interviews | events
    title_en: Mapped[str] = mapped_column(String(200))
    title_fr: Mapped[str] = mapped_column(String(200))
    summary_en: Mapped[str] = mapped_column(Text, default="")
    summary_fr: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)

    versions: Mapped[list["Version"]] = relationship(back_populates="dataset", order_by="Version.number")


class Version(Base):
    """One round as it was uploaded. Moves received → checked → published, or → refused; then never again.

    What a contractor loaded may be withdrawn until it is published: its bytes and its key are gone then.
    """

    __tablename__ = "version"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True, default=new_ref)
    dataset_id: Mapped[int] = mapped_column(ForeignKey("dataset.id"))
    number: Mapped[int]
    status: Mapped[str] = mapped_column(String(20), default="received")  # and withdrawn, by a contractor
    lock: Mapped[int] = mapped_column(default=1)
    file_name: Mapped[str] = mapped_column(String(255))
    synthetic: Mapped[bool] = mapped_column(default=False)
    source_note_en: Mapped[str] = mapped_column(Text, default="")
    source_note_fr: Mapped[str] = mapped_column(Text, default="")
    uploaded_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)
    uploaded_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    # the contractor's commission under which it was loaded, if it was
    commission_id: Mapped[int | None] = mapped_column(ForeignKey("commission.id"), default=None, index=True)
    published_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)
    published_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"), default=None)
    original_blob: Mapped[str] = mapped_column(String(40))
    original_sha256: Mapped[str] = mapped_column(String(64))
    original_size: Mapped[int]
    frame_blob: Mapped[str] = mapped_column(String(40), default="")
    key_id: Mapped[str] = mapped_column(String(64))  # one data key per version, wrapped by a key outside the database
    key_wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    rows: Mapped[int] = mapped_column(default=0)
    columns: Mapped[int] = mapped_column(default=0)
    report: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    codebook_csv: Mapped[str] = mapped_column(Text, default="")
    choices_csv: Mapped[str] = mapped_column(Text, default="")

    dataset: Mapped[Dataset] = relationship(back_populates="versions")
    uploader: Mapped[Person | None] = relationship(foreign_keys=[uploaded_by])
    variables: Mapped[list["Variable"]] = relationship(back_populates="version", order_by="Variable.position")
    __table_args__ = (UniqueConstraint("dataset_id", "number"),)


class Variable(Base):
    """A column of one version. ``role`` is empty until a steward confirms it; then, and only then, it may leave."""

    __tablename__ = "variable"

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("version.id"))
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(100))
    label_en: Mapped[str] = mapped_column(Text)
    label_fr: Mapped[str] = mapped_column(Text, default="")
    section: Mapped[str] = mapped_column(String(60), default="")
    type: Mapped[str] = mapped_column(String(20))
    choices: Mapped[str] = mapped_column(String(60), default="")
    proposed_role: Mapped[str] = mapped_column(String(30), default="")  # from the codebook, or the last round
    role: Mapped[str] = mapped_column(String(30), default="")
    sensitivity: Mapped[int] = mapped_column(default=4)
    universe: Mapped[str] = mapped_column(Text, default="")
    instrument_versions: Mapped[str] = mapped_column(Text, default="")

    version: Mapped[Version] = relationship(back_populates="variables")
    __table_args__ = (UniqueConstraint("version_id", "name"),)
