"""The keeper's carrier: each letter once, and where that cannot be known, again and marked.

Each letter is claimed in a transaction of its own before a byte of it goes out, and settled in another. A process that
dies in between leaves one letter that may have arrived; its claim runs out, and it goes out again under the same
Message-ID, with ``X-Portal-Attempt`` above 1.
"""

import contextlib
import datetime as dt
import time
from collections.abc import Iterator
from email.message import EmailMessage

import structlog
from flask import current_app
from jinja2 import TemplateError
from sqlalchemy import select

from portal import clock, ports
from portal.db import session, transaction
from portal.errors import Stale
from portal.letters.models import Attempt, Letter
from portal.letters.states import LETTER
from portal.letters.wire import Fault, Folder, Line, Unreachable
from portal.letters.writing import for_the_wire

log = structlog.get_logger(__name__)
BATCH = 50
BATCH_SECONDS = 5.0  # the keeper has other duties
CLAIM_SECONDS = 120  # longer than all waits of one message together
LONGEST_PAUSE = dt.timedelta(hours=4)
SHORTEST_WAIT, LONGEST_WAIT = dt.timedelta(seconds=15), dt.timedelta(minutes=15)  # for a server that is away


def carry() -> int:
    """Send what is due; return how many the server took. What fails waits longer each time."""
    _recover()
    began, gone = time.monotonic(), 0
    due = _due()
    if not due:
        return 0
    with contextlib.closing(_line()) as line:
        for one in due:
            if time.monotonic() - began > BATCH_SECONDS:
                break
            try:
                line.ready()
            except Unreachable as away:
                log.warning("mail.unreachable", fault=away.fault)
                _wait_for_the_server(away.fault)
                break
            letter = _claim(one)
            if letter is not None:
                gone += _settle(letter, _attempt(line, letter))
    return gone


def _line() -> Line | Folder:
    config = ports.house.config
    return Line(config.smtp_url, config.host) if config.smtp_url else Folder(config.mail_dir)


def _due() -> list[int]:
    with transaction() as current:
        query = select(Letter.id).where(Letter.status == "queued", Letter.due_at <= clock.now())
        return list(current.scalars(query.order_by(Letter.due_at, Letter.id).limit(BATCH)))


def _claim(letter_id: int) -> Letter | None:
    """Take a letter and begin an attempt, in one transaction; None if somebody else did."""
    with contextlib.suppress(Stale), transaction() as current:
        letter = current.get(Letter, letter_id)
        if letter is None or not LETTER.allows(letter.status, "claim"):
            return None
        number = letter.attempts + 1
        until = clock.now() + clock.seconds(CLAIM_SECONDS)
        letter.take(LETTER.find(letter.status, "claim"), attempts=number, claimed_until=until)
        current.add(Attempt(letter_id=letter.id, number=number))
        return letter
    return None


def _attempt(line: Line | Folder, letter: Letter) -> str:
    """Try to bring a letter out; return "taken", or the fault."""
    try:
        message = _in_words(letter)
        line.hand_over(message, str(message["To"]), lambda: _is_ours(letter))
    except Fault as fault:
        log.warning("mail.failed", letter=letter.id, fault=fault.fault)
        return fault.fault
    return "taken"


def _in_words(letter: Letter) -> EmailMessage:
    try:
        with current_app.test_request_context():
            return for_the_wire(letter)
    except (TemplateError, ValueError, TypeError, LookupError, AttributeError) as error:
        log.warning("mail.unwritable", letter=letter.id, template=letter.template, error=type(error).__name__)
        raise Fault("unwritable") from error


def _is_ours(letter: Letter) -> bool:
    """Whether the claim surely holds for the wait for an answer: a process may have been frozen meanwhile."""
    left = (letter.claimed_until or clock.now()) - clock.now()
    return left > clock.seconds(CLAIM_SECONDS / 4)


def _settle(claimed: Letter, outcome: str) -> bool:
    """Write down what became of a claimed letter; return whether the server took it."""
    try:
        with transaction():
            letter = _still_claimed(claimed)
            _end_attempt(letter, outcome)
            if outcome == "taken":
                verb = "deliver_again" if letter.doubtful else "deliver"
                letter.take(LETTER.find(letter.status, verb), sent_at=clock.now(), fault="", claimed_until=None)
            else:
                _put_back(letter, outcome)
    except Stale:
        log.warning("mail.late", letter=claimed.id)
    return outcome == "taken"


def _still_claimed(claimed: Letter) -> Letter:
    letter = session().get(Letter, claimed.id)
    if letter is None or letter.lock != claimed.lock:
        raise Stale("letter: claimed by somebody else meanwhile")
    return letter


def _put_back(letter: Letter, outcome: str) -> None:
    fault = Fault(outcome)
    over = fault.for_good or letter.attempts >= letter.allowed
    pause = min(dt.timedelta(minutes=2**letter.attempts), LONGEST_PAUSE)
    letter.take(
        LETTER.find(letter.status, "give_up" if over else "put_back"),
        fault=outcome,
        claimed_until=None,
        doubtful=letter.doubtful or fault.may_have_arrived or outcome == "killed",
        due_at=clock.now() + (dt.timedelta(0) if outcome == "killed" else pause),
    )


def _recover() -> None:
    """Take back letters whose claim ran out: whoever was sending them is gone, and may have been heard."""
    with transaction() as current:
        query = select(Letter).where(Letter.status == "sending", Letter.claimed_until < clock.now())
        for letter in current.scalars(query.limit(BATCH)):
            _end_attempt(letter, "killed")
            _put_back(letter, "killed")
            log.warning("mail.recovered", letter=letter.id)


def _end_attempt(letter: Letter, outcome: str) -> None:
    for attempt in _open_attempts(letter):
        attempt.ended_at, attempt.outcome = clock.now(), outcome


def _open_attempts(letter: Letter) -> Iterator[Attempt]:
    query = select(Attempt).where(Attempt.letter_id == letter.id, Attempt.ended_at.is_(None))
    yield from session().scalars(query)


def _wait_for_the_server(fault: str) -> None:
    """Put everything that is due off: half as long as it has waited already. No attempt is spent on it."""
    with transaction() as current:
        moment = clock.now()
        for letter in current.scalars(select(Letter).where(Letter.status == "queued", Letter.due_at <= moment)):
            waited = (moment - letter.created_at) / 2
            letter.due_at = moment + max(SHORTEST_WAIT, min(waited, LONGEST_WAIT))
            letter.fault = fault
