"""Beginning a draft and keeping what is typed into it."""

from collections.abc import Mapping
from typing import Any

from portal import clock, policy
from portal.actor import Actor
from portal.agreements.models import next_number
from portal.audit.recorder import record
from portal.db import move, require_seen, session
from portal.errors import NotFound
from portal.machine import NOTHING, Step
from portal.permissions import Permission
from portal.requests import guards, queries, queries_mail, workflow
from portal.requests.models import Request
from portal.requests.queries import Offerable


def start(actor: Actor, dataset: str) -> Request:
    """Begin a draft for a dataset that one of the actor's agreements covers.

    Raises NotFound if none does, or if no file of it is signed off.
    """
    found = queries.offerable(actor, dataset)
    if not found:
        raise NotFound("dataset: not one you may ask for")
    offer = found[0]
    policy.require(actor, Permission.REQUEST_CREATE, offer.agreement)
    step = workflow.REQUEST.find(NOTHING, "start")
    request = begin(actor, offer, step)
    record(actor, step.event, target=("request", request.ref), purpose={"request": request.ref})
    return request


def begin(whose: Actor, offer: Offerable, step: Step) -> Request:
    """Return an empty draft that belongs to ``whose``; the caller records who began it."""
    year = clock.now().year
    request = Request(
        number=f"MMC-4Mi-{year}-{next_number(f'request:{year}'):04d}",
        status=step.status,
        requester_id=whose.id,
        organisation_id=whose.organisation_id,
        agreement_id=offer.agreement.id,
        dataset_id=offer.dataset.id,
        version_id=offer.version.id,
        tier=offer.tier,
        language=whose.language,
    )
    session().add(request)
    session().flush()
    families = [family.name for family in guards.menu_of(request).families]
    request.draft = {
        "rows": {"families": families, "filters": {}},
        "why": {"language": whose.language},
        "team": {"team": [whose.ref], "accepted": False},
    }
    return request


def save(actor: Actor, ref: str, step: str, content: Mapping[str, Any], *, lock: int) -> Request:
    """Keep one step of a draft as it was typed.

    Sending the same again changes nothing. Raises NotFound, IllegalStep if it was sent already, Stale if the draft was
    changed elsewhere since this form was opened.
    """
    request = queries_mail.to_fill(actor, ref)
    row = workflow.REQUEST.find(request.state, "save")
    if step == "team" and actor.id != request.requester_id:  # nobody accepts terms for somebody else
        content = {**content, "accepted": False, "terms": ""}
    if request.draft.get(step) == dict(content):
        return request
    require_seen(request, lock)
    move(request, draft={**request.draft, step: dict(content)})
    record(actor, row.event, target=("request", request.ref), purpose={"request": request.ref}, reason=step)
    return request
