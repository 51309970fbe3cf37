"""Sending a request, and sending it again after a question: the scope is frozen and the regions are asked."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from portal import clock, ports
from portal.actor import Actor
from portal.agreements import actions_accept
from portal.agreements.terms import PURPOSES
from portal.audit.recorder import record
from portal.auth.models import Person
from portal.db import session
from portal.errors import Invalid, Stale, TermsForbid
from portal.permissions import Permission
from portal.requests import actions_open as opening
from portal.requests import actions_settle as settling
from portal.requests import (
    coowners,
    drafts,
    guards,
    letters,
    people,
    queries,
    queries_papers,
    rounds,
    verdicts,
    workflow,
)
from portal.requests.models import Recipient, Request, Scope, Track
from portal.requests.repeats import Late
from portal.requests.routing import Route
from portal.requests.scope import Scope as ScopeValue


@dataclass(frozen=True)
class Frozen:
    """What is about to be sent: the scope, who decides about it (regions and co-owners), and who is named in it."""

    scope: ScopeValue
    routes: tuple[Route, ...]
    team: tuple[Person, ...]
    draft: drafts.Draft


def submit(actor: Actor, ref: str, *, lock: int, late: Late | None = None) -> Request:
    """Send a draft: freeze its scope and open a track for each region and co-owner, all at once.

    The same form sent twice sends it once. ``late`` is what a repeated request still asks for on its last page.
    Raises NotFound, IllegalStep, Stale, Invalid (something is missing, or no row matches) or TermsForbid.
    """
    request = _seen(actor, ref, lock)
    if _sent_by(request, lock):
        return request
    step = workflow.REQUEST.find(request.state, "submit")
    if blocks := tuple(ports.house.blocks(request.organisation_id)):
        raise TermsForbid(blocks)
    content = late.onto(request.draft) if late else request.draft
    draft = drafts.read(content)
    _accept(actor, request, draft)
    frozen = freeze(actor, request, draft)
    row = settling.keep(request, frozen.scope, "asked")
    request.take(step, scope_id=row.id, submitted_at=clock.now(), draft=content, **_words(request, frozen))
    _name(request, frozen.team)
    record(
        actor,
        step.event,
        target=_target(request, row),
        purpose=request.logged_purpose,
        private=_private(actor, request),
    )
    for route in frozen.routes:
        opening.open_track(actor, request, row, route)
    letters.to_requester(request, "request_submitted")
    return request


def answer(actor: Actor, ref: str, *, lock: int, reply: str) -> Request:
    """Send a returned request again. Only tracks that asked, or whose part changed, open again.

    Raises as :func:`submit`.
    """
    request = _seen(actor, ref, lock)
    if _sent_by(request, lock):
        return request
    step = workflow.REQUEST.find(request.state, "answer")
    _accept(actor, request, drafts.read(request.draft))
    frozen = freeze(actor, request)
    row = settling.keep(request, frozen.scope, "asked")
    request.take(step, scope_id=row.id, reply=reply, **_words(request, frozen))
    _name(request, frozen.team)
    private = _private(actor, request) | ({actor.ref: reply} if reply else {})
    record(actor, step.event, target=_target(request, row), purpose=request.logged_purpose, private=private)
    _renew(actor, request, row, frozen)
    settling.settle(request)
    return request


def freeze(actor: Actor, request: Request, draft: drafts.Draft | None = None) -> Frozen:
    """Return the scope a draft amounts to today, by default the one that is kept, if the actor sends it.

    Nothing is written. Raises Invalid with the problems by field, or TermsForbid.
    """
    menu = guards.menu_of(request)
    draft = draft or drafts.read(request.draft)
    _complete(request, draft)
    team = tuple(people.named(request.organisation_id, draft.team))
    if {person.ref for person in team} != set(draft.team):
        raise Invalid({"team": ["off_menu"]})
    routes = queries.routes(request, menu, draft.filters, draft.variables)
    if not routes:
        raise Invalid({"rows": ["no_rows"]})
    later = rounds.later_than(draft, menu)
    held = coowners.shares(request.dataset_id, menu, draft.variables)
    scope = ScopeValue(
        request=request.ref,
        dataset=request.dataset.code,
        version=request.version.ref,
        file=menu.file,
        rule_set=menu.rule_set,
        rule_set_version=menu.rule_set_version,
        tier=request.tier,
        families=draft.families,
        parts=rounds.opened((route.part for route in routes), menu, later),
        recipients=tuple(person.ref for person in team),
        agreement=request.agreement.ref,
        agreement_revision=request.agreement.revision,
        purpose=draft.purpose,
        why=draft.why_sha256(),
        ends_on=draft.end or clock.today(),
        outputs=draft.output_kinds,
        onward=draft.onward,
        matching=draft.matched_with.strip(),
        repeats=rounds.ROUNDS if draft.repeats == rounds.ROUNDS else "",
        later_than=later,
        owners=held,
        extras=draft.beyond,
    )
    guards.require(request, scope, menu, "submit", actor)
    return Frozen(scope, (*routes, *coowners.routes(routes, held, menu)), team, draft)


def _accept(actor: Actor, request: Request, draft: drafts.Draft) -> None:
    """Take the tick below the terms for what it is; it holds for the text that was shown beside it only."""
    if draft.accepted:
        actions_accept.accept_seen(actor, request.agreement, draft.terms)


def _complete(request: Request, draft: drafts.Draft) -> None:
    wrong = drafts.all_problems(
        draft,
        guards.menu_of(request),
        purposes=frozenset(PURPOSES),  # whether the agreement covers it, the agreement says, in words
        today=clock.today(request.agreement.time_zone),
    )
    if queries_papers.missing(request):
        wrong["review"] = {"papers": "ethics_needed"}
    if wrong:
        raise Invalid({name: [code] for problems in wrong.values() for name, code in problems.items()})


def _seen(actor: Actor, ref: str, lock: int) -> Request:
    request = queries.request(actor, ref, Permission.REQUEST_EDIT)
    verdicts.take_turns(request)
    if request.lock != lock and not _sent_by(request, lock):
        raise Stale("request: changed since you looked at it")
    return request


def _sent_by(request: Request, lock: int) -> bool:
    """Whether this very form has sent it already: two clicks are one deed."""
    return request.state == workflow.REVIEW and request.lock == lock + 1


def _words(request: Request, frozen: Frozen) -> dict[str, object]:
    draft = frozen.draft
    return {
        "kind": rounds.kind(request.kind, draft),
        "purpose": draft.purpose,
        "purpose_text": draft.purpose_text,
        "outputs": draft.outputs,
        "exception": draft.exception_text if draft.exception else "",
        "reasons": {name: draft.reasons[name] for name in draft.reasons if name in draft.variables},
        "ends_on": draft.end,
        "language": draft.language,
    }


def _name(request: Request, team: Iterable[Person]) -> None:
    wanted = {person.id for person in team}
    known = {
        one.person_id: one for one in session().scalars(select(Recipient).where(Recipient.request_id == request.id))
    }
    for person_id, one in known.items():
        if person_id not in wanted:
            session().delete(one)
    session().add_all(Recipient(request_id=request.id, person_id=person_id) for person_id in wanted - known.keys())
    session().flush()
    session().expire(request, ["recipients"])


def _renew(actor: Actor, request: Request, row: Scope, frozen: Frozen) -> None:
    known = {track.region: track for track in request.tracks}
    for route in frozen.routes:
        track = known.pop(route.region, None)
        if track is None:
            opening.open_track(actor, request, row, route)
        else:
            _look_again(actor, track, row, route)
    for track in known.values():
        settling.close(track)


def _look_again(actor: Actor, track: Track, row: Scope, route: Route) -> None:
    fresh = queries.scope_of(row).slice_sha256(route.region)
    if track.slice_sha256 == fresh and track.status not in {"changes_requested", "closed"}:
        return
    seen = {"scope_id": row.id, "slice_sha256": fresh, "profile": route.profile(), "opened_at": clock.now()}
    seen |= settling.NOT_SILENT
    if track.status in workflow.PENDING:
        settling.refresh(track, **seen)
    else:
        track.take(workflow.TRACK.find(track.status, "reopen"), decided_at=None, **seen)
    opening.tell(actor, track)


def _target(request: Request, row: Scope) -> tuple[str, str, int]:
    return ("request", request.ref, row.number)


def _private(actor: Actor, request: Request) -> dict[str, str | dict[str, str]]:
    matched = drafts.read(request.draft).matched_with
    said = {"purpose": request.purpose_text, "outputs": request.outputs, "matching": matched}
    said["exception"] = request.exception
    return {actor.ref: {name: text for name, text in said.items() if text}}
