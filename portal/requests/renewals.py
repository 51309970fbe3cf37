"""How a request would go on under its agreement's next version: until when it waits, as what, and what is less there.

The days of a renewal take nothing away but by being earlier: a request never runs longer for it.
"""

import datetime as dt
from dataclasses import dataclass, replace

from portal import clock, ports
from portal.actor import Actor
from portal.agreements import content, queries, words
from portal.agreements.models import Agreement
from portal.agreements.terms import Finding
from portal.requests import guards, menu, workflow
from portal.requests.models import Request
from portal.requests.queries import scope_of
from portal.requests.scope import Scope


def until(request: Request) -> dt.datetime:
    """Return the moment until which a request waits for its purpose: so many days, and never beyond its last one."""
    waited = request.moved_at + dt.timedelta(workflow.RENEWAL_DAYS)
    return min(waited, clock.day_end(request.ends_on, request.agreement.time_zone)) if request.ends_on else waited


def in_force(request: Request) -> Agreement | None:
    """Return the version that took the place of a request's agreement and runs, if there is one."""
    return queries.renewal_of(request.agreement) if request.agreement.status == "ended" else None


def under(request: Request, renewal: Agreement) -> Scope:
    """Return a request's scope as it would go on under a renewal."""
    scope = scope_of(request.scope)
    last_day = min(scope.ends_on, renewal.last_day)
    return replace(scope, agreement=renewal.ref, agreement_revision=renewal.revision, ends_on=last_day)


def shortfall(request: Request, renewal: Agreement) -> tuple[Finding, ...]:
    """Return the clauses in which a renewal grants less than a request uses.

    While no protected file is signed off nobody can say how sensitive it is: nothing is found then, and confirming is
    refused until one is.
    """
    raw = ports.house.protected_menu(request.version_id, request.tier)
    if raw is None:
        return ()
    ask = guards.ask_of(request, scope_of(request.scope), menu.read(raw))
    return queries.withdrawn(request.agreement, renewal, ask)


@dataclass(frozen=True)
class Waiting:
    """What the page of a request that waits for its purpose shows: the renewal, until when, and what is confirmed."""

    agreement: Agreement
    until: dt.datetime
    last_day: dt.date
    sha256: str
    terms: str
    accepted: bool


def waiting(actor: Actor, request: Request) -> Waiting | None:
    """Return what a request waits for, None unless it waits under a renewal that runs."""
    renewal = in_force(request) if request.state == workflow.WAITS else None
    if renewal is None:
        return None
    scope = under(request, renewal)
    accepted = queries.has_accepted(renewal, actor.id)
    return Waiting(renewal, until(request), scope.ends_on, scope.sha256(), content.sha256_of(renewal), accepted)


def against(request: Request) -> list[str]:
    """Return in words why an ended request did not go on under a renewal; nothing if it ended otherwise."""
    replaced = request.agreement.ended_as in {"superseded", "closed"} and request.state == "ended:expired"
    renewal = queries.successor(request.agreement, request.moved_at) if replaced and request.scope else None
    return [words.sentence(one) for one in shortfall(request, renewal)] if renewal else []
