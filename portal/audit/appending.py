"""How collected events enter the tree: the last thing a transaction does before it commits.

Whoever appends holds the head's row until the commit, so indexes have no gaps and no two events share one.
"""

import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, insert, select, update
from sqlalchemy.orm import Session

from portal.audit import canonical, merkle, private
from portal.audit.canonical import Json
from portal.audit.models import AuditEvent, AuditHead, AuditPrivate
from portal.errors import LogUnavailable

SCHEMA = 1


@dataclass(frozen=True)
class Collected:
    """An event that waits for its transaction to end: its body so far, and what it says of whom."""

    event_id: UUID
    body: Mapping[str, Json]
    private: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Head:
    """Where the tree stands."""

    log_id: int
    size: int
    frontier: merkle.Frontier
    root: bytes
    state: str


def new_id(moment_us: int) -> UUID:
    """Make a UUID of version 7 (RFC 9562): milliseconds since 1970, then 74 random bits."""
    high, low = struct.unpack(">HQ", os.urandom(10))
    number = (moment_us // 1000 & (1 << 48) - 1) << 80 | 7 << 76 | (high & 0xFFF) << 64
    return UUID(int=number | 2 << 62 | low & (1 << 62) - 1)


def read_head(session: Session, *, lock: bool = False) -> Head:
    """Read the newest log's head, and keep others from moving it if `lock`.

    Raises LogUnavailable if no log has been opened.
    """
    query = select(AuditHead.log_id, AuditHead.size, AuditHead.frontier, AuditHead.root, AuditHead.state).order_by(
        AuditHead.log_id.desc()
    )
    row = session.execute((query.with_for_update() if lock else query).limit(1)).first()
    if row is None:
        raise LogUnavailable("log: none has been opened; run `flask audit open` once")
    return Head(row.log_id, row.size, split(row.frontier), row.root, row.state)


def split(joined: bytes) -> merkle.Frontier:
    """Cut a stored frontier into its hashes."""
    return tuple(joined[at : at + merkle.HASH_BYTES] for at in range(0, len(joined), merkle.HASH_BYTES))


def append(session: Session, events: list[Collected]) -> Head:
    """Give each event the next index and its place in the tree; the caller commits.

    Raises LogUnavailable if the log takes no events, and whatever the database raises.
    """
    head = read_head(session, lock=True)
    if head.state != "open":
        raise LogUnavailable(f"log: {head.state}, it takes no events")
    keys = private.keys_for(session, [subject for event in events for subject in event.private])
    rows, parts = [], []
    for index, event in enumerate(events, head.size):
        sealed = [private.seal(event.event_id, who, said, keys[who]) for who, said in event.private.items()]
        body = canonical.encode(_with_commitments(event.body, sealed))
        rows.append(_row(head.log_id, index, event.body, body))
        parts += [part.row for part in sealed]
    session.flush()
    session.execute(insert(AuditEvent), rows)
    if parts:
        session.execute(insert(AuditPrivate), parts)
    return _move(session, head, [cast("bytes", row["leaf_hash"]) for row in rows])


def projection(body: Mapping[str, Json]) -> dict[str, Any]:
    """Give the columns that repeat a body so that it can be found."""
    actor, target, context, purpose = (_map(body, key) for key in ("actor", "target", "context", "purpose"))
    return {
        "event_id": UUID(cast("str", body["id"])).bytes,
        "occurred_us": body["ts_us"],
        "type": body["type"],
        "schema_v": body["v"],
        "outcome": body["outcome"],
        "actor_ref": actor.get("ref", ""),
        "org_ref": actor.get("org", ""),
        "target_type": target.get("type", ""),
        "target_ref": target.get("ref", ""),
        "request_id": context.get("request_id", ""),
        "request_ref": purpose.get("request") or purpose.get("emergency", ""),
    }


def _map(body: Mapping[str, Json], key: str) -> Mapping[str, Json]:
    value = body.get(key, {})
    return value if isinstance(value, Mapping) else {}


def _with_commitments(body: Mapping[str, Json], parts: list[private.Part]) -> Mapping[str, Json]:
    return {**body, "priv": sorted(part.commitment for part in parts)} if parts else body


def _row(log_id: int, index: int, fields: Mapping[str, Json], body: bytes) -> dict[str, Any]:
    place = {"log_id": log_id, "leaf_index": index, "body": body, "leaf_hash": merkle.leaf_hash(body)}
    return place | projection(fields)


def _move(session: Session, head: Head, leaves: list[bytes]) -> Head:
    """Move the head, unless somebody else did since it was read (which its lock should make impossible)."""
    size, frontier = merkle.extend(head.size, head.frontier, leaves)
    root = merkle.root(frontier)
    moved = session.execute(
        update(AuditHead)
        .where(AuditHead.log_id == head.log_id, AuditHead.size == head.size, AuditHead.state == "open")
        .values(size=size, frontier=b"".join(frontier), root=root)
        .execution_options(synchronize_session=False)
    )
    if cast("CursorResult[Any]", moved).rowcount != 1:
        raise LogUnavailable("log: its head moved while it was being written; nothing was changed, try again")
    return Head(head.log_id, size, frontier, root, head.state)
