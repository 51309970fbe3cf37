"""What a region's decision and the officer's have in common: the same key is the same decision, reasons, refusals."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select

from portal import clock
from portal.actor import Actor
from portal.audit.recorder import record
from portal.auth.models import Person
from portal.db import session
from portal.errors import Invalid, Stale
from portal.machine import Step
from portal.requests import guards, queries
from portal.requests.conflict import StaleScope
from portal.requests.differences import diff
from portal.requests.menu import Menu
from portal.requests.models import Decision, Request, Track
from portal.requests.narrowing import narrow
from portal.requests.routing import RED
from portal.requests.schemas import Verdict
from portal.requests.scope import Refusal, Scope


@dataclass(frozen=True)
class Seat:
    """As what somebody decides a track: manager, owner, deputy (for whom), assigned or coordinator."""

    capacity: str
    instead_of: Person | None = None


APPROVING = frozenset({"approve", "approve_in_part"})


def menu_for(verdict: Verdict, request: Request) -> Menu | None:
    """Return the menu that a verdict is judged by; a refusal or a question needs none.

    Raises TermsForbid if something is approved and its protected file is not to be shared now.
    """
    return guards.menu_of(request) if verdict.verb in APPROVING else None


def take_turns(request: Request) -> None:
    """Hold a request until the transaction ends, and read it anew: whoever moves it or its tracks goes one by one.

    Without it, on PostgreSQL, the last two regions would each see the other still open and nobody would move the
    request on, and the second of two equal clicks would miss the first one's decision. SQLite has one writer anyway.
    """
    session().execute(select(Request.id).where(Request.id == request.id).with_for_update())
    session().refresh(request)


def known(actor: Actor, key: str, request_id: int) -> Decision | None:
    """Return the decision this form has made already; Stale if its key is somebody else's."""
    found = session().scalar(select(Decision).where(Decision.idempotency_key == key))
    if found is not None and (found.person_id, found.request_id) != (actor.id, request_id):
        raise Stale("decision: this form was used already; open the page again")
    return found


def whole(scope: Scope) -> Scope:
    """Return the scope as it is: the officer sees all of it."""
    return scope


def slice_of(office: str) -> Callable[[Scope], Scope]:
    """Return what cuts a scope down to an office's part, so that nobody is shown another's."""
    return lambda scope: scope.slice(office)


def stale(request: Request, now: Scope, seen: str, *, cut: Callable[[Scope], Scope], back: str) -> StaleScope:
    """Return the conflict between the scope that was seen and the one that holds, as far as it can be told."""
    versions = [cut(queries.scope_of(row)) for row in queries.scopes(request)]
    older = [scope for scope in versions if scope.sha256() == seen]
    return StaleScope(diff(older[-1], now) if older else (), back, request.number)


def judge(verdict: Verdict, scope: Scope, refused: Refusal, menu: Menu | None) -> Scope:
    """Return what an approval leaves of a scope.

    Raises Invalid if a reason is missing, if the refusal and the verdict do not fit, or nothing would be left.
    """
    red = menu is not None and menu.most_sensitive(scope.variables) >= RED
    if not verdict.rationale and (verdict.verb != "approve" or red or verdict.conditions):
        raise Invalid({"rationale": ["reason_needed"]})
    if bool(refused) != (verdict.verb == "approve_in_part"):
        raise Invalid({"verb": ["refuse_something" if verdict.verb == "approve_in_part" else "refuses_something"]})
    try:
        left = narrow(scope, refused)
    except ValueError:
        raise Invalid({"verb": ["off_scope"]}) from None
    if not left.parts:
        raise Invalid({"verb": ["refuses_all"]})
    return left


def refused_by(verdict: Verdict, region: str) -> Refusal:
    """Return what a verdict refuses of a region's part, or of every part."""
    rows = {name: values for name, values in verdict.refused.items() if name != "variables" and values}
    return Refusal(region=region, rows=rows, variables=verdict.refused.get("variables", ()))


def write(actor: Actor, request: Request, verdict: Verdict, track: Track | None, seat: Seat | None = None) -> Decision:
    """Keep a decision, bound to the hash of the scope that was seen; without a ``seat`` it is the officer's."""
    refused: dict[str, object] = {name: list(values) for name, values in verdict.refused.items() if values}
    decision = Decision(
        request_id=request.id,
        track_id=track.id if track else None,
        person_id=actor.id,
        verdict=verdict.verb,
        scope_sha256=verdict.sha256,
        refused=refused,
        rationale=verdict.rationale,
        conditions=verdict.conditions,
        terms=[dict(one) for one in verdict.terms],
        decided_at=clock.now(),
        by_officer=seat is None,
        capacity=seat.capacity if seat else "",
        for_person_id=seat.instead_of.id if seat and seat.instead_of else None,
        idempotency_key=verdict.key,
    )
    session().add(decision)
    session().flush()
    return decision


def note(actor: Actor, step: Step, target: tuple[str, str], request: Request, decision: Decision) -> None:
    """Record a decision: its verdict and hash in the open, its words in private."""
    said = {"rationale": decision.rationale, "conditions": decision.conditions}
    words = {name: text for name, text in said.items() if text}
    record(
        actor,
        step.event,
        target=target,
        reason=decision.verdict,
        purpose=request.logged_purpose,
        data={"dataset": request.dataset.code, "sha256": decision.scope_sha256},
        change={"state": (step.source, step.target)}
        | ({"capacity": ("", decision.capacity)} if decision.capacity else {}),
        on_behalf_of=decision.for_person.ref if decision.for_person else "",
        private={actor.ref: words} if words else {},
    )
