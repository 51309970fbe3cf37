"""Signing in and out, sessions, the own password: each deed with its event.

A failed sign-in is returned, not raised: its event has to be committed, and raising would undo it.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import CursorResult, Update, update

from portal import clock, freezes, policy
from portal.actor import ANONYMOUS, Actor
from portal.audit.recorder import record
from portal.auth import onetime, queries, tokens
from portal.auth.models import Person, SignIn
from portal.auth.schemas import Preferences
from portal.db import session
from portal.errors import NotSignedIn, Stale
from portal.mail import write
from portal.permissions import Permission


@dataclass(frozen=True)
class SignedIn:
    """A new session: its cookie's token, and how far it got (``factor`` or ``full``); ``stopped`` has none."""

    token: str
    stage: str

    def __repr__(self) -> str:
        return f"SignedIn(stage={self.stage!r})"


def sign_in_with_password(
    candidate: queries.Candidate, *, matched: bool, origin: str, replacing: str = ""
) -> SignedIn | None:
    """Open a session for whoever gave a password, waiting for the code where there is a second factor.

    ``matched`` says whether the password was right, judged before this transaction. Returns None, with the
    same words for every reason, if it was not or the person may not come in.
    """
    person = session().get(Person, candidate.person_id) if candidate.person_id else None
    reason = _refusal(person, candidate, matched=matched)
    if person is None or reason:
        _failed(person, "auth.login.failed", reason, origin)
        return SignedIn("", "stopped") if reason == freezes.REASON else None
    _forget(replacing)
    if person.totp_wrapped is not None:
        fresh, sign_in = _open(person, "factor", "pwd")
        _recorded(person, sign_in, "auth.password.accepted", origin)
        return fresh
    fresh, sign_in = _open(person, "full", "pwd", clock.now())
    _recorded(person, sign_in, "auth.login.success", origin)
    return fresh


def confirm_factor(token: str, code: str, *, origin: str) -> SignedIn | None:
    """Turn a session that waits for its code into a full one, under a new token; None if the code is wrong.

    Raises NotSignedIn if nothing waits, Stale if somebody was faster with the same session.
    """
    waiting = queries.pending_session(token)
    if waiting is None:
        raise NotSignedIn("session: sign in again")
    person = waiting.person
    step = onetime.step_of(onetime.secret_of(person), code, clock.now())
    if step is None or not spend(person, step):
        _failed(person, "auth.mfa.failed", "code" if step is None else "replayed", origin)
        return None
    _end(waiting, "factor")
    fresh, sign_in = _open(person, "full", f"{waiting.authentication} otp", clock.now())
    _recorded(person, sign_in, "auth.login.success", origin)
    return fresh


def admit(person: Person, authentication: str, *, origin: str, replacing: str = "") -> SignedIn:
    """Open a full session for somebody who proved just now, in another way than by signing in, who they are."""
    _forget(replacing)
    fresh, sign_in = _open(person, "full", authentication, clock.now())
    _recorded(person, sign_in, "auth.login.success", origin)
    return fresh


def sign_out(token: str) -> None:
    """End whatever session a token names; nothing if it names none."""
    sign_in = queries.live_session(token) or queries.pending_session(token)
    if sign_in is not None:
        _end(sign_in, "sign_out")
        record(queries.actor_of(sign_in.person, sign_in), "auth.logout", target=("session", sign_in.ref))


def end_session(actor: Actor, ref: str) -> None:
    """End one session.

    Raises NotFound if it is not the actor's own and they do not administer people; Stale if it has ended.
    """
    _revoke(actor, [policy.load(actor, Permission.SESSION_END, SignIn, SignIn.ref == ref)], "revoked")


def end_other_sessions(actor: Actor) -> int:
    """End the actor's sessions everywhere but here; return how many there were."""
    others = [sign_in for sign_in in queries.open_sessions(actor.id) if sign_in.ref != actor.session_ref]
    _revoke(actor, others, "revoked")
    return len(others)


def end_all(actor: Actor, person: Person, ended_as: str) -> None:
    """End every session of a person."""
    _revoke(actor, queries.open_sessions(person.id), ended_as)


def mark_lapsed() -> int:
    """Write down which sessions ended by idleness or age: the keeper's work; they were dead before."""
    lapsed = queries.lapsed_sessions()
    for sign_in in lapsed:
        _end(sign_in, "lapsed")
        record(queries.actor_of(sign_in.person, sign_in), "auth.session.expired", target=("session", sign_in.ref))
    return len(lapsed)


def change_password(actor: Actor, *, was: str, now: str) -> SignedIn:
    """Put a new hash in place of the one that was proved, end every session, and open one for this browser.

    Raises Stale if the password was changed by somebody else meanwhile.
    """
    person = queries.oneself(actor, Permission.SELF_WRITE)
    moment = clock.now()
    changed = update(Person).where(Person.id == person.id, Person.password_hash == was)
    if not _one(changed.values(password_hash=now, credentials_changed_at=moment)):
        raise Stale("password: changed meanwhile")
    record(actor, "auth.password.changed", target=("person", person.ref))
    end_all(actor, person, "password")
    fresh, _ = _open(person, "full", " ".join(actor.authentication), None if person.totp_wrapped else moment)
    write(person.email, person.language, "password-changed", name=person.name)
    return fresh


def note_wrong_password(actor: Actor, where: str = "password_change") -> None:
    """Record that somebody in an open session did not know its password, and what they were about to do."""
    record(actor, "auth.login.failed", target=("person", actor.ref), reason=where)


def set_preferences(actor: Actor, wanted: Preferences) -> None:
    """Change the language and time zone the portal uses for the actor."""
    person = queries.oneself(actor, Permission.SELF_WRITE)
    change = {
        "language": (person.language, wanted.language),
        "time_zone": (person.time_zone, wanted.time_zone),
    }
    person.language, person.time_zone = wanted.language, wanted.time_zone
    record(actor, "person.updated", target=("person", person.ref), change=change)


def _refusal(person: Person | None, candidate: queries.Candidate, *, matched: bool) -> str:
    """Return the log's word for why somebody may not come in, "" if they may; the page says none of them."""
    if person is None:
        return "unknown"
    if not matched or person.password_hash != candidate.password_hash:
        return "password"
    return shut_out(person)


def shut_out(person: Person) -> str:
    """Return the log's word for why a person may not come in whatever they prove, "" if they may."""
    if person.disabled_at is not None:
        return "disabled"
    if queries.frozen(person):
        return freezes.REASON
    if not person.organisation.active:
        return "organisation"
    return "no_factor" if person.totp_wrapped is None and queries.needs_factor(person) else ""


def _failed(person: Person | None, event: str, reason: str, origin: str) -> None:
    target = ("person", person.ref if person else "unknown")
    record(ANONYMOUS, event, target=target, reason=reason, private={person.ref: origin} if person else {})


def _recorded(person: Person, sign_in: SignIn, event: str, origin: str) -> None:
    actor = queries.actor_of(person, sign_in)
    record(actor, event, target=("session", sign_in.ref), private={person.ref: origin})


def _open(
    person: Person, stage: str, authentication: str, proved_at: dt.datetime | None = None
) -> tuple[SignedIn, SignIn]:
    token = tokens.mint()
    moment = clock.now()
    sign_in = SignIn(
        person_id=person.id,
        token_hash=tokens.digest(token),
        stage=stage,
        authentication=authentication,
        created_at=moment,
        seen_at=moment,
        proved_at=proved_at,
    )
    session().add(sign_in)
    session().flush()
    return SignedIn(token, stage), sign_in


def spend(person: Person, step: int) -> bool:
    """Use up a code's half minute: true once for each, and never again for an earlier one."""
    unused = update(Person).where(Person.id == person.id, Person.totp_last_step < step)
    return _one(unused.values(totp_last_step=step))


def _forget(token: str) -> None:
    """End the session a browser brings along when it signs in anew; nobody else may go on with it."""
    left = (queries.live_session(token) or queries.pending_session(token)) if token else None
    if left is not None:
        _end(left, "replaced")


def _revoke(actor: Actor, sign_ins: Iterable[SignIn], ended_as: str) -> None:
    for sign_in in sign_ins:
        _end(sign_in, ended_as)
        record(actor, "auth.session.revoked", target=("session", sign_in.ref), reason=ended_as)


def _end(sign_in: SignIn, ended_as: str) -> None:
    still = update(SignIn).where(SignIn.id == sign_in.id, SignIn.ended_at.is_(None))
    if not _one(still.values(ended_at=clock.now(), ended_as=ended_as)):
        raise Stale("session: has ended already")


def _one(statement: Update) -> bool:
    return cast("CursorResult[Any]", session().execute(statement)).rowcount == 1
