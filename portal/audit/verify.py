"""The full check: every body to its leaf, every leaf to the root, every root to its signature.

It reads in pages, each in a short transaction, up to the head it found at the start: writers are not held up,
and what they add meanwhile is the next check's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, exists, func, select
from sqlalchemy.orm import Session

from portal import clock, ports
from portal.audit import anchor, appending, canonical, checkpoint, merkle, private
from portal.audit.appending import Head
from portal.audit.models import AuditCheckpoint, AuditEvent, AuditLog, AuditPrivate, AuditSubjectKey
from portal.audit.recorder import microseconds
from portal.audit.signing import signed_and_head
from portal.db import transaction
from portal.errors import KeyMissing, LogUnavailable, Tampered

PAGE = 1_000
UNSIGNED_US = 60_000_000
_COLUMNS = (*(column for column in AuditEvent.__table__.columns),)


class State(StrEnum):
    """What a check can end in."""

    OK = "ok"
    TAMPERED = "tampered"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True)
class Report:
    """The result of a check of `size` events. `problem` is a word of `PROBLEMS`; `index` the first bad event."""

    state: State
    size: int = 0
    root: bytes = merkle.EMPTY
    problem: str = ""
    index: int | None = None


PROBLEMS = {
    "missing": "an event is missing",
    "surplus": "there are events beyond the head",
    "leaf": "an event is not what was hashed",
    "form": "an event is not in canonical form",
    "columns": "an event's columns do not repeat its body",
    "root": "the events do not give the head's root",
    "key": "the log's key is not this portal's",
    "signature": "a checkpoint's signature does not hold",
    "checkpoint": "a checkpoint does not fit the events it signed",
    "shortened": "more events were signed than are here",
    "anchor": "the second head outside the database says otherwise",
    "private": "a private part does not fit its event",
    "private_missing": "a private part is gone and no erasure is logged",
    "orphan": "a private part belongs to no event",
    "no_log": "no log has been opened",
    "no_key": "a key is missing, so the private parts could not be checked",
    "unsigned": "the newest events have no checkpoint; is the keeper running?",
}


class _Bad(Exception):
    def __init__(self, problem: str, index: int | None = None) -> None:
        self.problem, self.index = problem, index
        super().__init__(problem)


def examine() -> Report:
    """Check the whole log, outside any transaction."""
    walk = _Walk()
    try:
        walk.begin()
        for events in walk.pages():
            walk.check(events)
        return walk.end()
    except _Bad as bad:
        return Report(State.TAMPERED, walk.size, merkle.root(walk.frontier), bad.problem, bad.index)
    except KeyMissing:
        return Report(State.INCOMPLETE, walk.size, merkle.root(walk.frontier), "no_key")
    except LogUnavailable:
        return Report(State.INCOMPLETE, problem="no_log")


class _Walk:
    """One pass over the log, from the first event to the head it began with."""

    def __init__(self) -> None:
        self.size = 0
        self.frontier: merkle.Frontier = ()
        self._signed = 0
        self._unsigned_since: int | None = None

    def begin(self) -> None:
        """Take the head, and refuse what can be seen without walking."""
        with transaction() as session:
            self._log = session.get_one(AuditLog, appending.read_head(session).log_id)
        # Before the head: the second head follows it, and both may move while we read.
        self._second = anchor.of(ports.house.config.instance).read(self._log.origin)
        with transaction() as session:
            # Before the head too: it may grow between two reads, but never behind what was there at the first.
            ends = select(func.min(AuditEvent.leaf_index), func.max(AuditEvent.leaf_index))
            found = session.execute(ends.where(AuditEvent.log_id == self._log.log_id)).one()
            signed, self._head = signed_and_head(session)
            _refuse_surplus(found, signed, self._head)
            self._erased = set(session.scalars(_logged_erasures()))
        self._vkey = checkpoint.verifier_key(self._log.origin, ports.house.keys.public_key())
        if self._vkey != self._log.vkey:
            raise _Bad("key")

    def pages(self) -> Iterator[Sequence[Row[Any]]]:
        """Give the events in order, page by page, each page checked for its checkpoints and private parts."""
        while self.size < self._head.size:
            stop = min(self._head.size, self.size + PAGE)
            here = (AuditEvent.log_id == self._head.log_id, AuditEvent.leaf_index < stop)
            with transaction() as session:
                query = select(*_COLUMNS).where(*here, AuditEvent.leaf_index >= self.size)
                events = session.execute(query.order_by(AuditEvent.leaf_index)).all()
                if len(events) != stop - self.size:
                    raise _Bad("missing", _first_gap(events, self.size))
                self._notes = {row.size: row for row in session.scalars(_checkpoints(self._head, self.size, stop))}
                self._said = private.by_event(session, [row.event_id for row in events])
                self._keys = _open_keys(session, self._said)
            yield events

    def check(self, events: Sequence[Row[Any]]) -> None:
        """Check a page of events and every checkpoint that ends in it."""
        for event in events:
            body = _checked_body(event, self.size)
            self._check_private(event, body)
            self.frontier = merkle.append(self.size, self.frontier, event.leaf_hash)
            self.size += 1
            if self._unsigned_since is None:
                self._unsigned_since = event.occurred_us
            if self.size in self._notes:
                self._check_note(self._notes[self.size])

    def end(self) -> Report:
        """Compare the end of the walk with the head and the second head."""
        root = merkle.root(self.frontier)
        if (self.frontier, root) != (self._head.frontier, self._head.root):
            raise _Bad("root")
        if self._second is not None:
            self._check_second(*self._second)
        with transaction() as session:
            _refuse_orphans(session)
        late = self._unsigned_since is not None and (
            microseconds(clock.now()) - self._unsigned_since > UNSIGNED_US or not self._signed
        )
        return Report(State.INCOMPLETE if late else State.OK, self.size, root, "unsigned" if late else "")

    def _check_second(self, size: int, root: bytes) -> None:
        if size > self._signed or (size == self.size and root != merkle.root(self.frontier)):
            raise _Bad("anchor", min(size, self.size))

    def _check_note(self, row: AuditCheckpoint) -> None:
        try:
            note = checkpoint.verify(row.note, self._vkey)
        except Tampered:
            raise _Bad("signature", row.size) from None
        root = merkle.root(self.frontier)
        if (note.origin, note.size, note.root, row.root) != (self._log.origin, row.size, root, root):
            raise _Bad("checkpoint", row.size)
        self._signed, self._unsigned_since = row.size, None

    def _check_private(self, event: Row[Any], body: dict[str, canonical.Json]) -> None:
        promised = body.get("priv", [])
        parts = self._said.get(event.event_id, [])
        if not isinstance(promised, list) or len(parts) > len(promised):
            raise _Bad("private", event.leaf_index)
        if len(parts) < len(promised) and not self._erased:
            raise _Bad("private_missing", event.leaf_index)
        for part in parts:
            self._check_part(part, promised, event.leaf_index)

    def _check_part(self, part: AuditPrivate, promised: list[canonical.Json], index: int) -> None:
        dek = self._keys.get(part.subject_ref)
        if dek is None:
            if part.subject_ref not in self._erased:
                raise _Bad("private_missing", index)
            return
        try:
            commitment = private.unseal(part, dek)[1]
        except (Tampered, canonical.NotCanonical):
            raise _Bad("private", index) from None
        if commitment not in promised:
            raise _Bad("private", index)


def _refuse_surplus(ends: Sequence[int | None], signed: AuditCheckpoint | None, head: Head) -> None:
    lowest, highest = ends
    if lowest is not None and highest is not None and (lowest < 0 or highest >= head.size):
        raise _Bad("surplus", head.size)
    if signed is not None and signed.log_id == head.log_id and signed.size > head.size:
        raise _Bad("shortened", head.size)


def _refuse_orphans(session: Session) -> None:
    stray = ~exists().where(AuditEvent.event_id == AuditPrivate.event_id)
    if session.scalar(select(func.count()).select_from(AuditPrivate).where(stray)):
        raise _Bad("orphan")


def _logged_erasures() -> Any:  # noqa: ANN401 -- a SELECT of references
    erased = (AuditEvent.type == "privacy.subject.erased", AuditEvent.target_type == "person")
    return select(AuditSubjectKey.subject_ref).where(
        AuditSubjectKey.wrapped_dek.is_(None),
        exists().where(*erased, AuditEvent.target_ref == AuditSubjectKey.subject_ref),
    )


def _checkpoints(head: Head, start: int, stop: int) -> Any:  # noqa: ANN401 -- a SELECT of checkpoints
    return select(AuditCheckpoint).where(
        AuditCheckpoint.log_id == head.log_id, AuditCheckpoint.size > start, AuditCheckpoint.size <= stop
    )


def _open_keys(session: Session, parts: dict[bytes, list[AuditPrivate]]) -> dict[str, bytes]:
    try:
        return private.open_keys(session, {part.subject_ref for some in parts.values() for part in some})
    except Tampered:
        raise _Bad("private") from None


def _first_gap(events: Sequence[Row[Any]], start: int) -> int:
    return next((at for at, event in enumerate(events, start) if event.leaf_index != at), start + len(events))


def _checked_body(event: Row[Any], index: int) -> dict[str, canonical.Json]:
    if event.leaf_index != index:
        raise _Bad("missing", index)
    if merkle.leaf_hash(event.body) != event.leaf_hash:
        raise _Bad("leaf", index)
    try:
        body = canonical.decode(event.body)
    except canonical.NotCanonical:
        raise _Bad("form", index) from None
    try:
        expected = appending.projection(body)
    except (KeyError, ValueError):
        raise _Bad("form", index) from None
    if any(getattr(event, column) != value for column, value in expected.items()):
        raise _Bad("columns", index)
    return body
