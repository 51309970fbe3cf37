"""How every step of an agreement is taken: seen by lock or hash, one after the other, kept with its reason.

The second of two clicks finds the move that the first one made, and changes nothing.
"""

import datetime as dt
from collections.abc import Mapping

from sqlalchemy import ColumnElement, func, select

from portal import clock, policy
from portal.actor import Actor
from portal.agreements import queries, workflow
from portal.agreements.content import content_of, sha256_of
from portal.agreements.models import Agreement
from portal.agreements.models_signing import Basis, Move, SavedText, Signature
from portal.audit.recorder import record
from portal.db import require_seen, session
from portal.errors import Stale
from portal.machine import Step
from portal.permissions import Permission


def take_turns(agreement: Agreement) -> None:
    """Hold an agreement until the transaction ends, and read it anew: whoever moves it goes one by one."""
    session().execute(select(Agreement.id).where(Agreement.id == agreement.id).with_for_update())
    session().refresh(agreement)


def load(actor: Actor, ref: str, permission: Permission) -> Agreement:
    """Return an agreement that the actor may do this to, held until the transaction ends; NotFound or NotAllowed."""
    agreement = queries.agreement(actor, ref)
    policy.require(actor, permission, agreement)
    take_turns(agreement)
    return agreement


def done(actor: Actor, agreement: Agreement, verb: str, lock: int) -> bool:
    """Whether this person's page of this lock has taken this step already."""
    same = (Move.agreement_id == agreement.id, Move.person_id == actor.id, Move.verb == verb, Move.seen_lock == lock)
    return session().scalar(select(Move.id).where(*same).limit(1)) is not None


def find(agreement: Agreement, verb: str, lock: int) -> Step:
    """Return the step that a verb takes from here; Stale if the page is older, IllegalStep if there is none."""
    require_seen(agreement, lock)
    return workflow.AGREEMENT.find(agreement.state, verb)


def go(
    actor: Actor,
    agreement: Agreement,
    step: Step,
    *,
    reason: str = "",
    change: Mapping[str, tuple[str, str]] | None = None,
    values: Mapping[str, object] | None = None,
) -> None:
    """Take a step: the guarded UPDATE, the move that is kept, the event; what was typed stays private."""
    seen = agreement.lock
    agreement.take(step, **values or {})
    keep(actor, agreement, step, seen, reason)
    record(
        actor,
        step.event,
        target=("agreement", agreement.ref, agreement.revision),
        purpose={"mou": agreement.ref},
        data={"sha256": agreement.text_sha256} if agreement.text_sha256 else {},
        change={"state": (step.source, step.target), **(change or {})},
        private={actor.ref: {"reason": reason}} if reason else {},
    )


def keep(actor: Actor, agreement: Agreement, step: Step, seen_lock: int, reason: str = "") -> None:
    """Keep that a step was taken, for the page and for a second click."""
    move = {"verb": step.verb, "source": step.source, "target": step.target, "seen_lock": seen_lock, "reason": reason}
    session().add(Move(agreement_id=agreement.id, person_id=actor.id or None, **move))


def save_text(actor: Actor, agreement: Agreement) -> None:
    """Keep what an agreement says now, unless the last text that was kept says the same."""
    session().flush()
    last = latest_text(agreement)
    sha256 = sha256_of(agreement)
    if last is None or last.sha256 != sha256:
        number = 1 + (session().scalar(select(func.max(SavedText.number)).where(_of(agreement))) or 0)
        text = {"content": content_of(agreement), "sha256": sha256, "person_id": actor.id or None}
        session().add(SavedText(agreement_id=agreement.id, number=number, **text))


def latest_text(agreement: Agreement) -> SavedText | None:
    """Return the text that was kept last."""
    return session().scalar(select(SavedText).where(_of(agreement)).order_by(SavedText.number.desc()).limit(1))


def _of(agreement: Agreement) -> ColumnElement[bool]:
    return SavedText.agreement_id == agreement.id


def frozen(agreement: Agreement, seen_sha256: str) -> str:
    """Return the hash of the frozen text; Stale unless the reader saw it and the clauses still say it."""
    if not agreement.text_sha256 or agreement.text_sha256 != seen_sha256 or sha256_of(agreement) != seen_sha256:
        raise Stale("agreement: the text is not the one that was seen")
    return agreement.text_sha256


def void(agreement: Agreement) -> None:
    """Void what was signed and recorded for a text that is opened again."""
    signed = select(Signature).where(Signature.agreement_id == agreement.id, Signature.voided_at.is_(None))
    recorded = select(Basis).where(Basis.agreement_id == agreement.id, Basis.voided_at.is_(None))
    for row in (*session().scalars(signed), *session().scalars(recorded)):
        row.voided_at = clock.now()


def today(agreement: Agreement) -> dt.date:
    """Return the day it is where the agreement is at home."""
    return clock.today(agreement.time_zone)
