"""What the steps of a duty of destruction share: holding the row, and the event."""

from sqlalchemy import select

from portal import policy
from portal.actor import Actor
from portal.audit.recorder import record
from portal.auth.models import Person
from portal.db import session
from portal.exports import queries_ends
from portal.exports.models_ends import DestructionDuty
from portal.machine import Step
from portal.permissions import Permission


def held(actor: Actor, ref: str, permission: Permission | None = None) -> DestructionDuty:
    """Load a duty and hold it until the transaction ends: of two clicks the second sees what the first did."""
    duty = queries_ends.duty(actor, ref)
    session().execute(select(DestructionDuty.id).where(DestructionDuty.id == duty.id).with_for_update())
    session().refresh(duty)
    if permission is not None:
        policy.require(actor, permission, duty)
    return duty


def behalf(actor: Actor, duty: DestructionDuty) -> str:
    """Return whom somebody speaks for: "" for their own copies."""
    holder = session().get_one(Person, duty.person_id)
    return "" if holder.id == actor.id else holder.ref


def note(
    actor: Actor, duty: DestructionDuty, step: Step, *, words: dict[str, str] | None = None, behalf: str = ""
) -> None:
    """Record a step; what somebody wrote is kept apart."""
    said = {name: text for name, text in (words or {}).items() if text}
    record(
        actor,
        step.event,
        target=("duty", duty.ref),
        purpose={"request": duty.release.request.ref},
        on_behalf_of=behalf,
        data={"sha256": duty.release.sha256},
        change={"status": (step.source, step.target)},
        private={actor.ref: said} if said else {},
    )
