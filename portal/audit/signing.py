"""The keeper's pen: it signs the head when the log has grown, and never one that does not continue the last.

It follows the leaves itself from the beginning, so a rewritten head or a shortened log gets no signature.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock, ports
from portal.actor import system
from portal.audit import anchor, appending, checkpoint, merkle
from portal.audit.appending import Head
from portal.audit.checkpoint import Checkpoint
from portal.audit.models import AuditCheckpoint, AuditEvent, AuditLog
from portal.audit.recorder import microseconds, record_alone
from portal.db import transaction
from portal.errors import Tampered

HOUR_US = 3_600_000_000
PAGE = 10_000


class Signer:
    """Remembers how far it has followed the log; one per keeper process."""

    def __init__(self) -> None:
        self._log_id = 0
        self._size = 0
        self._frontier: merkle.Frontier = ()

    def tick(self) -> bool:
        """Sign if the log has grown since the last checkpoint, or an hour has passed; say whether it did.

        Silence is made visible by an event of its own each hour: two checkpoints of one size would be the
        same note. Raises Tampered, and signs nothing, if the log does not continue what was signed.
        """
        with transaction() as session:
            last, head = signed_and_head(session)
        if last is not None and last.size == head.size and last.root == head.root:
            if microseconds(clock.now()) - last.created_us < HOUR_US:
                return False
            record_alone(system("keeper"), "audit.hour", target=("log", str(head.log_id)))
            with transaction() as session:
                head = appending.read_head(session)
        self._follow(head, last)
        return self._sign(head)

    def _follow(self, head: Head, last: AuditCheckpoint | None) -> None:
        """Walk from where this signer stopped to the head, past the last signed size."""
        if head.log_id != self._log_id:
            self._log_id, self._size, self._frontier = head.log_id, 0, ()
        if last is not None and last.log_id == head.log_id and last.size > self._size:
            self._walk(last.size)
            if merkle.root(self._frontier) != last.root:
                raise Tampered(f"log: its first {last.size} events are not those that were signed")
        self._walk(head.size)
        if (self._size, self._frontier, merkle.root(self._frontier)) != (head.size, head.frontier, head.root):
            raise Tampered("log: the head does not continue what this keeper has seen")

    def _walk(self, size: int) -> None:
        while self._size < size:
            stop = min(size, self._size + PAGE)
            with transaction() as session:
                leaves = _leaves(session, self._log_id, self._size, stop)
            if len(leaves) != stop - self._size:
                raise Tampered(f"log: events are missing between {self._size} and {stop}")
            self._size, self._frontier = merkle.extend(self._size, self._frontier, leaves)

    def _sign(self, head: Head) -> bool:
        """Write the checkpoint, then move the second head outside the database; not if another keeper is further."""
        keys = ports.house.keys
        with transaction() as session:
            # Two keepers may come here at once: the second waits, and finds the note there. Appending goes on.
            log = session.get_one(AuditLog, head.log_id, with_for_update={"key_share": True})
            last = newest(session)
            if last is not None and last.log_id == head.log_id and last.size > head.size:
                return False
            second = anchor.of(ports.house.config.instance)
            second.refuse_to_go_back(log.origin, head.size)
            note = checkpoint.write(Checkpoint(log.origin, head.size, head.root), keys.public_key(), keys.sign)
            if session.get(AuditCheckpoint, (head.log_id, head.size)) is None:
                session.add(
                    AuditCheckpoint(
                        log_id=head.log_id,
                        size=head.size,
                        root=head.root,
                        note=note,
                        created_us=microseconds(clock.now()),
                    )
                )
        second.advance(log.origin, head.size, head.root)
        return True


def signed_and_head(session: Session) -> tuple[AuditCheckpoint | None, Head]:
    """Give the last checkpoint, then the head: in this order the head never falls behind, whoever writes meanwhile."""
    return newest(session), appending.read_head(session)


def newest(session: Session) -> AuditCheckpoint | None:
    """Give the last checkpoint signed, if there is one."""
    order = select(AuditCheckpoint).order_by(AuditCheckpoint.log_id.desc(), AuditCheckpoint.size.desc())
    return session.scalar(order.limit(1))


def _leaves(session: Session, log_id: int, start: int, stop: int) -> list[bytes]:
    query = select(AuditEvent.leaf_hash).where(
        AuditEvent.log_id == log_id, AuditEvent.leaf_index >= start, AuditEvent.leaf_index < stop
    )
    return list(session.scalars(query.order_by(AuditEvent.leaf_index)))
