"""Marking messages as read, choosing how they come, and sending again what was given up."""

from sqlalchemy import update

from portal import clock, policy
from portal.actor import Actor
from portal.audit.recorder import record
from portal.db import session
from portal.letters.kinds import Way
from portal.letters.models import MOST_ATTEMPTS, Letter
from portal.letters.states import LETTER
from portal.notices import queries
from portal.notices.models import MessageSetting
from portal.notices.schemas import Wanted
from portal.permissions import Permission

AT_ONCE = 200
MORE_ATTEMPTS = 4  # of a letter that is sent again by hand


def mark_read(actor: Actor, newest: str, *, only: bool = False) -> int:
    """Mark the actor's messages up to one as read, or that one only; return how many were not. Later ones stay unread.

    Raises NotFound if that one is not theirs.
    """
    last = policy.load(actor, Permission.NOTICE_READ, Letter, Letter.message_id == newest)
    which = Letter.id == last.id if only else Letter.id <= last.id
    theirs = policy.condition(actor, Permission.NOTICE_READ)
    unread = session().scalars(
        update(Letter)
        .where(theirs, which, Letter.read_at.is_(None))
        .values(read_at=clock.now())
        .returning(Letter.id)
        .execution_options(synchronize_session=False)
    )
    number = len(unread.all())
    record(actor, "notice.read", target=("person", actor.ref), change={"unread": (number, 0)})
    return number


def choose(actor: Actor, wanted: Wanted) -> None:
    """Keep how each kind shall come. What waits for a digest and shall come at once now, goes at once."""
    before, rows = queries.ways(actor), queries.settings(actor)
    for kind, way in wanted.ways.items():
        if kind in rows:
            rows[kind].way = way
        else:
            session().add(MessageSetting(person_id=actor.id, kind=kind, way=way))
        if way == Way.AT_ONCE:
            for letter in queries.waiting(actor, kind):
                letter.due_at = clock.now()
    change = {kind: (before[kind], way) for kind, way in wanted.ways.items()}
    record(actor, "notice.ways.chosen", target=("person", actor.ref), change=change)


def resend(actor: Actor, ref: str) -> Letter:
    """Put a letter that was given up back into the queue; one that somebody put back already stays as it is.

    Raises NotFound, NotAllowed if it was not given up or its text is gone.
    """
    letter = policy.load(actor, Permission.OUTBOX_READ, Letter, Letter.message_id == ref)
    if letter.allowed > MOST_ATTEMPTS and letter.status in {"queued", "sending"}:
        return letter
    policy.require(actor, Permission.OUTBOX_RESEND, letter)
    _again(actor, letter)
    return letter


def resend_all(actor: Actor) -> int:
    """Put every letter that was given up back into the queue, at most 200 at once; return how many."""
    query = policy.visible(actor, Permission.OUTBOX_RESEND, Letter).order_by(Letter.id).limit(AT_ONCE)
    letters = session().scalars(query).all()
    for letter in letters:
        _again(actor, letter)
    return len(letters)


def _again(actor: Actor, letter: Letter) -> None:
    step = LETTER.find(letter.status, "resend")
    letter.take(step, allowed=max(letter.attempts, MOST_ATTEMPTS) + MORE_ATTEMPTS, due_at=clock.now())
    change = {"status": (step.source, step.target)}
    record(actor, step.event, target=("letter", letter.message_id), change=change)
