"""What the steps of a duty of destruction share: holding the row, and the event."""

import datetime as dt

from flask_babel import gettext as _
from sqlalchemy import select

from portal import clock, policy
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


def untimely(duty: DestructionDuty, day: dt.date, *, ahead: str) -> list[str]:
    """Return what is wrong with the day that copies were destroyed or lost on; ``ahead`` is said of one to come."""
    if day > clock.today(duty.release.request.agreement.time_zone):
        return [ahead]
    first = queries_ends.first_download(duty.release_id, duty.person_id).date()
    # In the reader's zone the download may have been the day before
    return [_("This day lies before the download.")] if day < first - dt.timedelta(days=1) else []


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
