"""Reads of the log: a page of events, one event with its proof, the timeline of anything.

The log holds references only; whoever shows it asks the port for names and `private` for what was said.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from portal import clock, policy, ports
from portal.actor import Actor
from portal.audit import canonical, merkle, private
from portal.audit.canonical import Json
from portal.audit.models import AuditCheckpoint, AuditEvent
from portal.audit.recorder import microseconds, moment_of
from portal.audit.schemas import Filters
from portal.audit.signing import newest
from portal.db import session
from portal.errors import NotFound
from portal.permissions import Permission

PAGE = 50
MOST_NAMES = 5_000
MOST_ON_TIMELINE = 2_000
_SORTS = {
    "time": AuditEvent.leaf_index,
    "type": AuditEvent.type,
    "outcome": AuditEvent.outcome,
    "actor": AuditEvent.actor_ref,
}


@dataclass(frozen=True)
class Entry:
    """One event as a page shows it; `said` is what it says of whom, by reference."""

    index: int
    id: UUID
    when: dt.datetime
    type: str
    outcome: str
    actor_ref: str
    target_type: str
    target_ref: str
    request_ref: str
    body: Mapping[str, Json] = field(repr=False)
    said: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)

    @property
    def references(self) -> set[str]:
        """Everything in it that may have a name."""
        return {self.actor_ref, self.target_ref, self.request_ref, *self.said} - {""}

    @property
    def served(self) -> str:
        """Whether it was done for a request or in an emergency."""
        purpose = self.body.get("purpose")
        return "emergency" if isinstance(purpose, Mapping) and "emergency" in purpose else "request"


@dataclass(frozen=True)
class Found:
    """One page of events and how many there are in all."""

    entries: list[Entry]
    total: int
    page: int
    pages: int


@dataclass(frozen=True)
class Proof:
    """That an event is in the tree of a signed checkpoint; `holds` says whether it was verified just now."""

    index: int
    size: int
    root: bytes
    hashes: list[bytes]
    note: str
    holds: bool


def search(actor: Actor, filters: Filters, types: Sequence[str] = ()) -> Found:
    """Give one page; `types` are event types whose words match the text searched for."""
    chosen = _chosen(actor, filters, types)
    total = session().scalar(select(func.count()).select_from(chosen.subquery())) or 0
    pages = max(1, -(-total // PAGE))
    page = min(filters.page, pages)
    rows = session().scalars(_sorted(chosen, filters.sort).limit(PAGE).offset((page - 1) * PAGE))
    return Found([_entry(row) for row in rows], total, page, pages)


def export(actor: Actor, filters: Filters, types: Sequence[str], limit: int) -> list[Entry]:
    """Give the first `limit` events of the search, for a file."""
    rows = session().scalars(_sorted(_chosen(actor, filters, types), filters.sort).limit(limit))
    return [_entry(row) for row in rows]


def find(actor: Actor, event_id: str) -> Entry:
    """Give one event with what it says of people. Raises NotFound."""
    try:
        wanted = UUID(event_id)
    except ValueError:
        raise NotFound("event: no such one here") from None
    row = policy.load(actor, Permission.LOG_READ, AuditEvent, AuditEvent.event_id == wanted.bytes)
    return _with_said([row])[0]


def timeline(actor: Actor, kind: str, ref: str) -> list[Entry]:
    """Give everything that happened to a thing, and what a person did, oldest first.

    A request's includes what was done for it anywhere: its tracks, its releases, its letters; an emergency's, its
    tables. At most the last 2,000 events; the search finds older ones.
    Raises NotFound if nothing did.
    """
    about: list[ColumnElement[bool]] = [and_(AuditEvent.target_type == kind, AuditEvent.target_ref == ref)]
    if kind in {"request", "emergency"}:
        about.append(AuditEvent.request_ref == ref)
    if kind == "person":
        about.append(AuditEvent.actor_ref == ref)
    query = policy.visible(actor, Permission.LOG_READ, AuditEvent).where(or_(*about))
    newest_first = query.order_by(AuditEvent.log_id.desc(), AuditEvent.leaf_index.desc()).limit(MOST_ON_TIMELINE)
    rows = list(session().scalars(newest_first))[::-1]
    if not rows:
        raise NotFound(f"{kind}: nothing is known of it here")
    return _with_said(rows)


def request_timeline(actor: Actor, ref: str) -> list[Entry]:
    """Give everything that happened to a request, oldest first. Raises NotFound if nothing did."""
    return timeline(actor, "request", ref)


def proof(entry: Entry) -> Proof | None:
    """Prove that an event is in the newest checkpoint that holds it, if one is signed already."""
    last = newest(session())
    if last is None or last.size <= entry.index:
        return None
    leaves = _leaves(session(), last)
    hashes = merkle.proof(leaves, merkle.inclusion_path(entry.index, last.size))
    leaf = merkle.leaf_hash(canonical.encode(entry.body))
    holds = merkle.verify_inclusion(leaf, entry.index, last.size, hashes, last.root)
    return Proof(entry.index, last.size, last.root, hashes, last.note, holds)


def checkpoint_note() -> str:
    """Give the newest signed checkpoint. Raises NotFound if none is signed yet."""
    last = newest(session())
    if last is None:
        raise NotFound("checkpoint: none is signed yet")
    return last.note


def how_many(kind: str, since: dt.datetime, until: dt.datetime) -> int:
    """Count the events of one type from one moment to before another: a number only, for reports."""
    span = (AuditEvent.occurred_us >= microseconds(since), AuditEvent.occurred_us < microseconds(until))
    return session().scalar(select(func.count()).where(AuditEvent.type == kind, *span)) or 0


def last_sha256(kind: str) -> str:
    """Return the hash that the newest event of one type holds, "" where there is none: for what the log vouches for."""
    newest_first = select(AuditEvent.body).where(AuditEvent.type == kind).order_by(AuditEvent.leaf_index.desc())
    body = session().scalar(newest_first.limit(1))
    return str(json.loads(body)["data"]["sha256"]) if body else ""


def people(actor: Actor) -> list[tuple[str, str]]:
    """Give everybody who has done something, by reference and name, for the search form."""
    seen = policy.visible(actor, Permission.LOG_READ, AuditEvent).with_only_columns(AuditEvent.actor_ref).distinct()
    names = ports.house.names(list(session().scalars(seen.limit(MOST_NAMES))))
    return sorted(names.items(), key=lambda pair: pair[1].casefold())


def _chosen(actor: Actor, filters: Filters, types: Sequence[str]) -> Select[AuditEvent]:
    query = policy.visible(actor, Permission.LOG_READ, AuditEvent)
    if filters.text:
        query = query.where(_matches(actor, filters.text, types))
    if filters.type:
        query = query.where(AuditEvent.type.startswith(filters.type, autoescape=True))
    if filters.target:
        query = query.where(or_(AuditEvent.target_ref == filters.target, AuditEvent.request_ref == filters.target))
    if filters.since:
        start = clock.day_start(filters.since, actor.time_zone)
        query = query.where(AuditEvent.occurred_us >= microseconds(start))
    if filters.until:
        query = query.where(AuditEvent.occurred_us < microseconds(clock.day_end(filters.until, actor.time_zone)))
    same = {AuditEvent.outcome: filters.outcome, AuditEvent.actor_ref: filters.actor}
    return query.where(*(column == value for column, value in same.items() if value))


def _matches(actor: Actor, text: str, types: Sequence[str]) -> ColumnElement[bool]:
    """Match words of the deed, a reference, an event's id, or the name of somebody or something."""
    visible = policy.visible(actor, Permission.LOG_READ, AuditEvent)
    columns = (AuditEvent.actor_ref, AuditEvent.target_ref, AuditEvent.request_ref)
    seen: set[str] = set()
    for column in columns:
        seen.update(session().scalars(visible.with_only_columns(column).distinct().limit(MOST_NAMES)))
    names = ports.house.names(sorted(seen - {""}))
    refs = [ref for ref, name in names.items() if text.casefold() in name.casefold()]
    refs.append(text)
    found = [column.in_(refs) for column in columns]
    return or_(AuditEvent.type.in_(types), AuditEvent.event_id == _id_bytes(text), *found)


def _id_bytes(text: str) -> bytes:
    try:
        return UUID(text).bytes
    except ValueError:
        return b""


def _sorted(query: Select[AuditEvent], sort: str) -> Select[AuditEvent]:
    column = _SORTS[sort.removeprefix("-")]
    last = AuditEvent.leaf_index.desc()
    return query.order_by(column.desc() if sort.startswith("-") else column.asc(), AuditEvent.log_id.desc(), last)


def _entry(row: AuditEvent, said: Mapping[str, Mapping[str, str]] | None = None) -> Entry:
    return Entry(
        row.leaf_index,
        UUID(bytes=row.event_id),
        moment_of(row.occurred_us),
        row.type,
        row.outcome,
        row.actor_ref,
        row.target_type,
        row.target_ref,
        row.request_ref,
        canonical.decode(row.body),
        said or {},
    )


def _with_said(rows: Sequence[AuditEvent]) -> list[Entry]:
    said = private.read(session(), [row.event_id for row in rows])
    return [_entry(row, said.get(row.event_id)) for row in rows]


def _leaves(current: Session, last: AuditCheckpoint) -> list[bytes]:
    query = select(AuditEvent.leaf_hash).where(AuditEvent.log_id == last.log_id, AuditEvent.leaf_index < last.size)
    return list(current.scalars(query.order_by(AuditEvent.leaf_index)))
