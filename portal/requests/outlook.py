"""What a draft would amount to if it were sent now: how many rows, who decides, what stands against it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from portal import clock
from portal.actor import Actor
from portal.agreements import content
from portal.agreements import queries as agreements
from portal.agreements.terms import Ask, Finding
from portal.catalogue import interactive
from portal.requests import coowners, drafts, guards, pace, queries, rounds, routing
from portal.requests.menu import Menu
from portal.requests.models import Request


@dataclass(frozen=True)
class Outlook:
    """Counts are in tens, 0 for anything below 30: the same for everyone who asks the same.

    ``pace`` is each region's usual working days, where it has a record; ``owners`` are the codes of co-owners.
    ``interactive`` is the address of the public dashboard where it may answer at once, else "".
    """

    rows: int
    routes: tuple[routing.Route, ...]
    triggers: tuple[str, ...]
    most_sensitive: int
    findings: tuple[Finding, ...]
    pace: Mapping[str, int]
    interactive: str
    owners: tuple[str, ...] = ()


def of(request: Request, draft: drafts.Draft, menu: Menu, sender: Actor | None = None) -> Outlook:
    """Return the outlook of a draft; with a ``sender``, what the agreement says of them too."""
    routes = queries.routes(request, menu, draft.filters, draft.variables)
    held = tuple(one.owner for one in coowners.shares(request.dataset_id, menu, draft.variables)) if routes else ()
    ask = Ask(
        moment="decide",
        organisation=request.organisation.ref,
        purpose=draft.purpose,
        dataset=request.dataset.code,
        regions=frozenset(route.region for route in routes),
        tier=request.tier,
        most_sensitive=menu.most_sensitive((*draft.variables, *draft.beyond)),
        ends_on=draft.end,
        outputs=frozenset(draft.output_kinds),
        onward=draft.onward,
        matching=draft.matching,
    )
    if sender is not None:
        seen = draft.accepted and draft.terms == content.sha256_of(request.agreement)
        theirs = agreements.of_person(ask, request.agreement, sender)
        ask = replace(theirs, moment="submit", accepted=theirs.accepted or seen)
    return Outlook(
        rows=routing.tens(sum(route.rows for route in routes)),
        routes=routes,
        triggers=guards.triggers(
            request,
            menu,
            draft.variables,
            matching=draft.matched_with,
            repeats=draft.repeats == rounds.ROUNDS,
            extras=draft.beyond,
        ),
        most_sensitive=ask.most_sensitive,
        findings=agreements.check(request.agreement, ask),
        pace=pace.usual((*(route.region for route in routes), *held)),
        interactive=interactive.URL if interactive.answers(draft.variables, ask.most_sensitive) else "",
        owners=held,
    )


def with_step(request: Request, step: str, content: dict[str, object]) -> drafts.Draft:
    """Return the kept draft with one step as it is being typed."""
    return drafts.read({**request.draft, step: content})


def problems(request: Request, draft: drafts.Draft, menu: Menu, step: str = "") -> dict[str, drafts.Problems]:
    """Return what still keeps the draft, or one step of it, from being sent."""
    purposes, today = frozenset(request.agreement.purposes), clock.today(request.agreement.time_zone)
    if step:
        return {step: drafts.problems(step, draft, menu, purposes=purposes, today=today)}
    return drafts.all_problems(draft, menu, purposes=purposes, today=today)
