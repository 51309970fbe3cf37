"""What a requester took on with an offer: one obligation for each condition, reported as met, judged by who set it."""

import datetime as dt

from portal import policy
from portal.actor import Actor
from portal.audit.recorder import record
from portal.auth.actions_factor import prove
from portal.catalogue import owners
from portal.db import require_seen, session
from portal.errors import Invalid
from portal.machine import NOTHING, Step
from portal.permissions import Permission
from portal.requests import actions_settle as settling
from portal.requests import letters, people, workflow
from portal.requests.models import Decision, Request
from portal.requests.models_duties import Obligation
from portal.requests.schemas_duties import Judged, Reported


def take_on(actor: Actor, request: Request) -> list[Obligation]:
    """Open an obligation for each condition of the decisions that the offer rests on, as it is accepted."""
    step = workflow.OBLIGATION.find(NOTHING, "take_on")
    made = []
    for decision in settling.decisions(request):
        region = decision.track.region if decision.track is not None and not decision.by_officer else ""
        for position, term in enumerate(_terms(decision), start=1):
            made.append(
                Obligation(
                    request_id=request.id,
                    decision_id=decision.id,
                    region=region,
                    position=position,
                    text=term["text"],
                    due=term["due"],
                    due_on=dt.date.fromisoformat(term["on"]) if term.get("on") else None,
                    status=step.target,
                )
            )
    session().add_all(made)
    session().flush()
    for one in made:
        _record(actor, step, one, "")
    return made


def report(actor: Actor, ref: str, said: Reported) -> Obligation:
    """Say how an obligation was met. Raises NotFound, NotAllowed, IllegalStep, Stale or Invalid without a note."""
    one = _load(actor, ref, Permission.OBLIGATION_REPORT)
    if one.status == "reported" and one.lock == said.lock + 1:
        return one  # the second of two clicks
    step = workflow.OBLIGATION.find(one.status, "report")
    require_seen(one, said.lock)
    if not said.note:
        raise Invalid({"note": ["note_needed"]})
    one.take(step, note=said.note, answer="")
    _record(actor, step, one, said.note)
    for person in people.of_office(one.region, one.request.organisation_id):
        letters.about_obligation(one, "obligation_reported", person)
    return one


def judge(actor: Actor, ref: str, said: Judged) -> Obligation:
    """Confirm, reopen or waive an obligation that one's own office set.

    Raises NotFound, NotAllowed, IllegalStep, Stale or Invalid (reason or code).
    """
    one = _load(actor, ref, Permission.OBLIGATION_JUDGE)
    if one.lock == said.lock + 1 and any(
        step.verb == said.verb and step.target == one.status for step in workflow.OBLIGATION.steps
    ):
        return one  # the second of two clicks
    step = workflow.OBLIGATION.find(one.status, said.verb)
    require_seen(one, said.lock)
    if "reasoned" in step.guards and not said.note:
        raise Invalid({"note": ["reason_needed"]})
    prove(actor, said.code)
    one.take(step, answer=said.note)
    _record(actor, step, one, said.note)
    letters.about_obligation(one, "obligation_judged", one.request.requester)
    return one


def _terms(decision: Decision) -> list[dict[str, str]]:
    """A decision's conditions one by one; what was written as one text before is one condition."""
    whole = [{"text": decision.conditions, "due": "before_use", "on": ""}] if decision.conditions else []
    return decision.terms or whole


def _load(actor: Actor, ref: str, permission: Permission) -> Obligation:
    one = policy.load(actor, Permission.OBLIGATION_READ, Obligation, Obligation.ref == ref)
    policy.require(actor, permission, one)
    session().refresh(one, with_for_update=True)
    return one


def _record(actor: Actor, step: Step, one: Obligation, note: str) -> None:
    record(
        actor,
        step.event,
        target=("obligation", one.ref),
        purpose=one.request.logged_purpose,
        reason=owners.logged(one.region),
        change={"status": (step.source, step.target)},
        private={actor.ref: {"reason": note}} if note else {},
    )
