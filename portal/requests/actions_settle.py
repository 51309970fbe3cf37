"""What follows by itself once the regions have spoken: return, officer, offer or rejection.

Nobody is asked to move a request along; the last decision does it, in its own transaction.
"""

import datetime as dt
from dataclasses import dataclass, replace

from portal import clock
from portal.actor import system
from portal.audit.recorder import record
from portal.db import move, session
from portal.errors import IllegalStep
from portal.requests import guards, letters, queries, workflow
from portal.requests.models import Decision, Request, Scope, Track
from portal.requests.narrowing import is_narrowing, narrow, without, without_variables
from portal.requests.scope import EVERYWHERE, Refusal
from portal.requests.scope import Scope as ScopeValue
from portal.requests.verdicts import APPROVING

PORTAL = system("workflow")
NOT_SILENT = {"reminded_at": None, "escalated_at": None}  # of a track that is asked anew
APPROVED = frozenset({"approved", "approved_in_part"})


@dataclass(frozen=True)
class Standing:
    """Where the tracks of the scope that was asked for stand."""

    asked: Scope
    tracks: tuple[Track, ...]

    def any(self, *statuses: str) -> bool:
        """Whether a track has one of these statuses."""
        return any(track.status in statuses for track in self.tracks)

    @property
    def complete(self) -> bool:
        """Whether everybody who has a say was asked: nobody who was not is taken to agree."""
        return queries.scope_of(self.asked).offices == {track.region for track in self.tracks}

    @property
    def regions(self) -> tuple[Track, ...]:
        """The tracks of regions: a co-owner alone gives nothing, for it has no rows."""
        return tuple(track for track in self.tracks if track.owner_id is None)

    @property
    def owners(self) -> tuple[Track, ...]:
        """The tracks of co-owners."""
        return tuple(track for track in self.tracks if track.owner_id is not None)

    @property
    def some_approved(self) -> bool:
        """Whether a region gives something."""
        return any(track.status in APPROVED for track in self.regions)


def standing(request: Request) -> Standing:
    """Return the tracks that count: those of regions and co-owners in the newest scope."""
    asked = queries.asked(request)
    offices = queries.scope_of(asked).offices
    session().expire(request, ["tracks"])
    return Standing(asked, tuple(track for track in request.tracks if track.region in offices))


def settle(request: Request) -> None:
    """Move a request along if its tracks allow it; nothing while one is open."""
    if request.state != "in_review:regions":
        return
    stand = standing(request)
    if stand.any("changes_requested"):
        _step(request, "return")
        letters.to_requester(request, "request_returned")
    elif stand.complete and not stand.any(*workflow.PENDING):
        _settled(request, stand)


def _settled(request: Request, stand: Standing) -> None:
    value = reduced(stand) if stand.some_approved else None
    if value is None or not value.parts:
        _step(request, "reject")
        letters.to_requester(request, "request_ended", how="rejected")
        return
    menu = guards.menu_of(request)
    if reasons := guards.triggers_of(request, value, menu):
        value = replace(value, unassessed="yes") if "recurring" in reasons else value
        _step(request, "forward", scope_id=keep(request, value, "reduced").id)
        letters.to_officers(request)
        letters.to_requester(request, "request_forwarded")
    else:
        _step(request, "offer", scope_id=keep(request, value, "offered").id)
        letters.to_requester(request, "request_offered", days=workflow.OFFER_DAYS)


def reduced(stand: Standing) -> ScopeValue:
    """Return what was asked, less what the regions refused of their rows and the co-owners of every row."""
    value = queries.scope_of(stand.asked)
    for track in stand.regions:
        last = _last(track)
        if track.status == "declined":
            value = without(value, track.region)
        elif last is not None and track.status == "approved_in_part":
            value = narrow(value, refusal(last, track.region))
    for track in stand.owners:
        value = without_variables(value, _kept_back(stand.asked, track))
    return value


def _kept_back(asked: Scope, track: Track) -> tuple[str, ...]:
    """Return the variables that a co-owner refuses: all of its own, or those it named."""
    if track.status == "declined":
        return queries.scope_of(asked).slice(track.region).variables
    last = _last(track)
    named = refusal(last).variables if last is not None and track.status == "approved_in_part" else ()
    return tuple(named)


def refusal(decision: Decision, region: str = EVERYWHERE) -> Refusal:
    """Return what a decision refused."""
    rows = {name: tuple(values) for name, values in decision.refused.items() if name != "variables"}
    return Refusal(region=region, rows=rows, variables=tuple(decision.refused.get("variables", ())))


def _last(track: Track) -> Decision | None:
    session().expire(track, ["decisions"])
    own = [decision for decision in track.decisions if not decision.by_officer]
    return own[-1] if own else None


def decisions(request: Request) -> list[Decision]:
    """Return those that count: the last one of each region that approved, and the officer's last if it approved."""
    approved = [_last(track) for track in standing(request).tracks if track.status in APPROVED]
    officers = [one for one in request.decisions if one.by_officer]
    return [*filter(None, approved), *(one for one in officers[-1:] if one.verdict in APPROVING)]


def keep(request: Request, value: ScopeValue, kind: str) -> Scope:
    """Keep a scope as the request's next version.

    Raises IllegalStep if what is to be offered goes beyond what was asked: no decision widens.
    """
    if kind != "asked" and not is_narrowing(queries.scope_of(queries.asked(request)), value):
        raise IllegalStep("scope: wider than what was asked for")
    return keep_beyond(request, value, kind)


def keep_beyond(request: Request, value: ScopeValue, kind: str) -> Scope:
    """Keep a scope as the next version although it may go beyond what was asked: an extension, a renewal."""
    number = len(queries.scopes(request)) + 1
    row = Scope(request_id=request.id, number=number, kind=kind, content=value.content(), sha256=value.sha256())
    session().add(row)
    session().flush()
    return row


def run_longer(request: Request, scope: Scope, ends_on: dt.date) -> None:
    """Let a running request end later, under a scope that every part has agreed to."""
    move(request, scope_id=scope.id, ends_on=ends_on)


def _step(request: Request, verb: str, **more: object) -> None:
    step = workflow.REQUEST.find(request.state, verb)
    was = request.state
    request.take(step, **more)
    change = {"state": (was, step.target)}
    record(PORTAL, step.event, target=("request", request.ref), purpose={"request": request.ref}, change=change)


def refresh(track: Track, **values: object) -> None:
    """Show an open track another scope; whoever looks at the old one finds it stale."""
    move(track, **values)


def reopen(track: Track) -> None:
    """Ask a settled region again about the same part."""
    step = workflow.TRACK.find(track.status, "reopen")
    change = {"status": (step.source, step.target)}
    track.take(step, decided_at=None, opened_at=clock.now(), **NOT_SILENT)
    purpose = {"request": track.request.ref}
    record(PORTAL, step.event, target=("track", track.ref), purpose=purpose, change=change)
    letters.to_deciders(track)


def close(track: Track) -> None:
    """Close a track on which nothing is left to decide; a decided one stays as it is."""
    if not workflow.TRACK.allows(track.status, "close"):
        return
    step = workflow.TRACK.find(track.status, "close")
    was = track.status
    track.take(step, decided_at=clock.now())
    purpose = {"request": track.request.ref}
    record(PORTAL, step.event, target=("track", track.ref), purpose=purpose, change={"status": (was, step.target)})


def close_all(request: Request) -> None:
    """Close whatever tracks a request still has open."""
    for track in request.tracks:
        close(track)
