"""What runs under an agreement when its next version takes effect: it waits, goes on once confirmed, or ends.

It ends where the renewal grants less than it uses. Nothing that was built is destroyed while it waits.
"""

from portal import clock, ports
from portal.actor import Actor, system
from portal.agreements import actions_accept
from portal.agreements import queries as agreements
from portal.agreements.models import Agreement
from portal.agreements.terms import Finding, broken
from portal.audit.recorder import record
from portal.db import session
from portal.errors import Invalid, Stale, TermsForbid
from portal.machine import Step
from portal.permissions import Permission
from portal.requests import actions_extension, guards, letters, queries, renewals, verdicts, workflow
from portal.requests import actions_settle as settling
from portal.requests.models import Request
from portal.requests.scope import Scope as ScopeValue

PORTAL = system("workflow")


def confirm(actor: Actor, ref: str, *, sha256: str, accepted_terms: str = "") -> Request:
    """Confirm that the purpose is what it was: the request goes on under the renewal, with the releases it has.

    ``sha256`` is of the scope as it was shown; ``accepted_terms`` the hash of the renewal's terms, where they were
    accepted with it. The second of two clicks changes nothing. If the renewal grants less than the request uses, the
    request ends instead.
    Raises NotFound, NotAllowed, IllegalStep, Stale (another renewal took effect), TermsForbid, or Invalid.
    """
    request = queries.request(actor, ref, Permission.REQUEST_CONFIRM)
    verdicts.take_turns(request)
    if request.state == "active" and queries.scope_of(request.scope).sha256() == sha256:
        return request
    step = workflow.REQUEST.find(request.state, "confirm")
    renewal = renewals.in_force(request)
    if renewal is None or renewals.until(request) <= clock.now():
        raise TermsForbid(("request",))
    scope = renewals.under(request, renewal)
    if scope.sha256() != sha256:
        raise Stale("request: another version of the agreement took effect since the page was opened")
    less = renewals.shortfall(request, renewal)
    if less:
        _discontinue(PORTAL, request, renewal, less)
        return request
    actions_accept.accept_seen(actor, renewal, accepted_terms)
    if not agreements.has_accepted(renewal, actor.id):
        raise Invalid({"accepted": ["accept_renewed"]})
    guards.may_go_on(request, renewal, scope, actor)
    _go_on(actor, request, step, renewal, scope)
    return request


def pause(actor: Actor, request: Request) -> None:
    """Let what runs wait for its purpose to be confirmed, or end it if the renewal grants less than it uses."""
    renewal = renewals.in_force(request)
    if renewal is None:
        raise Stale("request: its agreement has no renewal that runs")
    less = renewals.shortfall(request, renewal)
    if less:
        _discontinue(actor, request, renewal, less)
    elif request.state != workflow.WAITS:
        _take(actor, request, workflow.REQUEST.find(request.state, "pause"), renewal)
        actions_extension.lapse(actor, request)
        letters.renewed(request, renewals.until(request))


def carry(actor: Actor, request: Request) -> None:
    """Let what is being written, or answered, be sent under the renewal; its terms are asked then."""
    renewal = renewals.in_force(request)
    if renewal is None:
        raise Stale("request: its agreement has no renewal that runs")
    was = request.agreement
    step = workflow.REQUEST.find(request.state, "carry")
    request.take(step, agreement_id=renewal.id)
    session().expire(request, ["agreement"])
    purpose = {"request": request.ref, "mou": renewal.ref}
    change = {"revision": (was.revision, renewal.revision)}
    record(actor, step.event, target=("request", request.ref), purpose=purpose, change=change)


def _discontinue(actor: Actor, request: Request, renewal: Agreement, less: tuple[Finding, ...]) -> None:
    step = workflow.REQUEST.find(request.state, "discontinue")
    _take(actor, request, step, renewal, {"clauses": list(broken(less))})
    ports.house.end_releases(actor, request.id, step.ended_as)
    letters.discontinued(request)


def _take(
    actor: Actor, request: Request, step: Step, renewal: Agreement, data: dict[str, list[str]] | None = None
) -> None:
    request.take(step)
    purpose = {"request": request.ref, "mou": renewal.ref}
    change = {"state": (step.source, step.target)}
    record(actor, step.event, target=("request", request.ref), purpose=purpose, data=data or {}, change=change)


def _go_on(actor: Actor, request: Request, step: Step, renewal: Agreement, scope: ScopeValue) -> None:
    was = request.agreement
    row = settling.keep_beyond(request, scope, "renewed")
    request.take(step, agreement_id=renewal.id, scope_id=row.id, ends_on=scope.ends_on)
    session().expire(request, ["agreement", "scope"])
    record(
        actor,
        step.event,
        target=("request", request.ref, row.number),
        purpose={"request": request.ref, "mou": renewal.ref},
        data={"sha256": row.sha256},
        change={"state": (step.source, step.target), "revision": (was.revision, renewal.revision)},
    )
