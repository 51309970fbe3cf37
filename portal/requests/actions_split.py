"""Taking what the regions have settled, and leaving the rest to go on in a request of its own.

Nothing widens: both requests hold parts of the scope that was asked for, and the settled parts keep their hashes, so
the decisions on them still fit. The open parts get tracks of their own, as old as they were. Co-owners of what is in
them are asked anew: what they decided was of other rows.
"""

from dataclasses import replace

from sqlalchemy import select

from portal import clock, policy
from portal.actor import Actor
from portal.agreements.models import next_number
from portal.audit.recorder import record
from portal.db import require_seen, session
from portal.errors import IllegalStep
from portal.machine import NOTHING, Step
from portal.permissions import Permission
from portal.requests import actions_open as opening
from portal.requests import actions_settle as settling
from portal.requests import coowners, guards, letters, queries, queries_inbox, verdicts, workflow
from portal.requests.menu import COUNTRY
from portal.requests.models import Recipient, Request, Scope, Track
from portal.requests.models_duties import Assignment, Recusal
from portal.requests.narrowing import is_narrowing
from portal.requests.scope import Part
from portal.requests.scope import Scope as ScopeValue

SAME = (
    "kind", "requester_id", "organisation_id", "agreement_id", "dataset_id", "version_id", "tier", "language",
    "purpose", "purpose_text", "outputs", "exception", "reasons", "ends_on", "entered_by_id", "mailed_on", "handed_at",
)  # fmt: skip


def may_split(request: Request) -> bool:
    """Whether something is settled with an approval while another region is open.

    Not while a co-owner is open: its say goes across the regions, so none of them is settled yet.
    """
    return _partly_settled(request) and not held_up_by(request)


def held_up_by(request: Request) -> tuple[Track, ...]:
    """Return the co-owners' open tracks that keep a request from being split whose regions would let it be."""
    if not _partly_settled(request):
        return ()
    return tuple(track for track in settling.standing(request).owners if track.status in workflow.PENDING)


def _partly_settled(request: Request) -> bool:
    if not workflow.REQUEST.allows(request.state, "split"):
        return False
    stand = settling.standing(request)
    return stand.some_approved and any(track.status in workflow.PENDING for track in stand.regions)


def split(actor: Actor, ref: str, *, lock: int) -> Request:
    """Settle a request with what is decided and send what is open as a request of its own; return that.

    Sent again it returns the same one. Raises NotFound, NotAllowed, IllegalStep (nothing settled, or nothing open),
    Stale or TermsForbid.
    """
    request = queries.request(actor, ref)
    policy.require(actor, Permission.REQUEST_ACCEPT, request)
    verdicts.take_turns(request)
    known = queries_inbox.split_into(request)
    if known is not None:
        return known
    step = workflow.REQUEST.find(request.state, "split")
    require_seen(request, lock)
    if not may_split(request):
        raise IllegalStep("request: nothing to split, or nothing to take yet")
    stand = settling.standing(request)
    asked = queries.scope_of(stand.asked)
    guards.require(request, asked, guards.menu_of(request), "submit", actor)
    pending = [track for track in stand.tracks if track.status in workflow.PENDING]
    regions = {track.region for track in pending}
    child = _child(actor, request, asked, pending)
    _narrow(actor, step, request, child, replace(asked, parts=_parts(asked, asked.regions - regions)))
    for track in pending:
        settling.close(track)
    settling.settle(request)
    return child


def _parts(asked: ScopeValue, regions: frozenset[str] | set[str]) -> tuple[Part, ...]:
    return tuple(part for part in asked.parts if part.region in regions)


def _narrow(actor: Actor, step: Step, request: Request, child: Request, left: ScopeValue) -> None:
    if not is_narrowing(queries.scope_of(queries.asked(request)), left):
        raise IllegalStep("scope: wider than what was asked for")
    request.take(step, scope_id=settling.keep(request, left, "asked").id)
    change = {"state": (step.source, step.target), "request": ("", child.ref)}
    record(actor, step.event, target=("request", request.ref), purpose=request.logged_purpose, change=change)


def _child(actor: Actor, request: Request, asked: ScopeValue, pending: list[Track]) -> Request:
    begin, send = workflow.REQUEST.find(NOTHING, "start"), workflow.REQUEST.find("draft", "submit")
    year = clock.now().year
    number = f"MMC-4Mi-{year}-{next_number(f'request:{year}'):04d}"
    same = {name: getattr(request, name) for name in SAME}
    child = Request(**same, number=number, status=begin.status, split_from_id=request.id)
    session().add(child)
    session().flush()
    value = replace(asked, request=child.ref, parts=_parts(asked, {track.region for track in pending}))
    if not is_narrowing(asked, value):
        raise IllegalStep("scope: wider than what was asked for")
    child.draft = _draft(request, value)
    session().add_all(Recipient(request_id=child.id, person_id=one.person_id) for one in request.recipients)
    record(actor, begin.event, target=("request", child.ref), purpose=child.logged_purpose)
    row = settling.keep(child, value, "asked")
    child.take(send, scope_id=row.id, submitted_at=clock.now())
    said = {"purpose": child.purpose_text, "outputs": child.outputs, "exception": child.exception}
    target = ("request", child.ref, row.number)
    record(actor, send.event, target=target, purpose=child.logged_purpose, private={actor.ref: said})
    for track in pending:
        _carry_on(actor, child, row, value, track)
    for route in coowners.of_tracks(value, pending, guards.menu_of(child)):
        opening.open_track(actor, child, row, route)
    letters.to_requester(child, "request_submitted")
    return child


def _draft(request: Request, value: ScopeValue) -> dict[str, object]:
    """The draft as it was kept, with the countries that are left: what an answer sends again starts from them."""
    countries = value.values(COUNTRY)
    rows = dict(request.draft.get("rows", {}))
    if countries:
        rows["filters"] = {**rows.get("filters", {}), COUNTRY: list(countries)}
    return {**request.draft, "rows": rows}


def _carry_on(actor: Actor, child: Request, row: Scope, value: ScopeValue, was: Track) -> None:
    """Open a track as old and as far as the one it takes over from, with whoever stepped aside or was chosen."""
    track = Track(
        request_id=child.id,
        region=was.region,
        status=was.status,
        scope_id=row.id,
        slice_sha256=value.slice_sha256(was.region),
        profile=was.profile,
        opened_at=was.opened_at,
        reminded_at=was.reminded_at,
        escalated_at=was.escalated_at,
    )
    session().add(track)
    session().flush()
    session().expire(child, ["tracks"])
    for aside in session().scalars(select(Recusal).where(Recusal.track_id == was.id)):
        values = {"person_id": aside.person_id, "reason": aside.reason, "stepped_at": aside.stepped_at}
        session().add(Recusal(track_id=track.id, **values))
    for given in session().scalars(select(Assignment).where(Assignment.track_id == was.id).order_by(Assignment.id)):
        whom = {"person_id": given.person_id, "by_id": given.by_id, "reason": given.reason}
        session().add(Assignment(track_id=track.id, assigned_at=given.assigned_at, **whom))
    session().flush()
    opening.tell(actor, track)
