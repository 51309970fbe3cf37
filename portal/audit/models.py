"""The log's tables. No foreign keys: a log must outlive what it describes.

Only `audit_private` may be deleted from; everything else is added to, and the events never change.
"""

from sqlalchemy import BigInteger, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base


class AuditLog(Base):
    """One shard of the log: its public name, and the key that its checkpoints are verified with."""

    __tablename__ = "audit_log"
    audited = False

    log_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    origin: Mapped[str] = mapped_column(String(120), unique=True)
    vkey: Mapped[str] = mapped_column(String(250))
    opened_us: Mapped[int] = mapped_column(BigInteger)
    sealed_us: Mapped[int | None] = mapped_column(BigInteger, default=None)
    prev_origin: Mapped[str | None] = mapped_column(String(120), default=None)
    prev_size: Mapped[int | None] = mapped_column(BigInteger, default=None)
    prev_root: Mapped[bytes | None] = mapped_column(LargeBinary(32), default=None)


class AuditEvent(Base):
    """One event. `body` is what was hashed, to the byte; the other columns repeat it so that it can be found."""

    __tablename__ = "audit_event"
    audited = False

    log_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    leaf_index: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    event_id: Mapped[bytes] = mapped_column(LargeBinary(16), unique=True)  # UUID, version 7
    occurred_us: Mapped[int] = mapped_column(BigInteger, index=True)  # microseconds since 1970, UTC
    type: Mapped[str] = mapped_column(String(60), index=True)
    schema_v: Mapped[int]
    outcome: Mapped[str] = mapped_column(String(10), index=True)
    actor_ref: Mapped[str] = mapped_column(String(64), index=True)
    org_ref: Mapped[str] = mapped_column(String(64))
    target_type: Mapped[str] = mapped_column(String(30))
    target_ref: Mapped[str] = mapped_column(String(64))
    request_id: Mapped[str] = mapped_column(String(64))  # of the web request it happened in
    request_ref: Mapped[str] = mapped_column(String(64), index=True)  # the data request, or the emergency, it served
    body: Mapped[bytes] = mapped_column(LargeBinary)
    leaf_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    __table_args__ = (Index("ix_audit_event_target_type_target_ref", "target_type", "target_ref"),)


class AuditPrivate(Base):
    """What an event says about one person, under that person's key; gone for good with the key."""

    __tablename__ = "audit_private"
    audited = False

    event_id: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    subject_ref: Mapped[str] = mapped_column(String(64), primary_key=True)
    key_id: Mapped[str] = mapped_column(String(64))
    nonce: Mapped[bytes] = mapped_column(LargeBinary(12))
    ciphertext: Mapped[bytes] = mapped_column(LargeBinary)
    lookup: Mapped[bytes | None] = mapped_column(LargeBinary(32), default=None, index=True)


class AuditSubjectKey(Base):
    """The wrapped key of one person's private parts."""

    __tablename__ = "audit_subject_key"
    audited = False

    subject_ref: Mapped[str] = mapped_column(String(64), primary_key=True)
    wrapped_dek: Mapped[bytes | None] = mapped_column(LargeBinary(80))
    kek_id: Mapped[str] = mapped_column(String(30))
    destroyed_us: Mapped[int | None] = mapped_column(BigInteger, default=None)
    destroy_event_id: Mapped[bytes | None] = mapped_column(LargeBinary(16), default=None)


class AuditHead(Base):
    """Where the tree stands: what every writer locks, for the length of its commit."""

    __tablename__ = "audit_head"
    audited = False

    log_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(BigInteger)
    frontier: Mapped[bytes] = mapped_column(LargeBinary(2048))  # at most 64 hashes, largest subtree first
    root: Mapped[bytes] = mapped_column(LargeBinary(32))
    state: Mapped[str] = mapped_column(String(10))  # open | frozen | sealed


class AuditCheckpoint(Base):
    """A signed note for one size."""

    __tablename__ = "audit_checkpoint"
    audited = False

    log_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    root: Mapped[bytes] = mapped_column(LargeBinary(32))
    note: Mapped[str] = mapped_column(Text)
    created_us: Mapped[int] = mapped_column(BigInteger)
