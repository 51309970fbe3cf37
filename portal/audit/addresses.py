"""From how many network addresses something was done: counted from the private parts of events, never shown."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import select

from portal.audit import private
from portal.audit.models import AuditEvent
from portal.db import session


def counted(event: str, targets: Iterable[str]) -> dict[tuple[str, str], int]:
    """Return by target and actor from how many addresses an event came; those that say none are left out."""
    chosen = select(AuditEvent.event_id, AuditEvent.target_ref, AuditEvent.actor_ref)
    rows = session().execute(chosen.where(AuditEvent.type == event, AuditEvent.target_ref.in_(list(targets)))).all()
    said = private.read(session(), [row.event_id for row in rows])
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        origin = said.get(row.event_id, {}).get(row.actor_ref, {}).get("text", "")
        if origin:
            found[row.target_ref, row.actor_ref].add(origin.partition(" ")[0])
    return {key: len(addresses) for key, addresses in found.items()}
