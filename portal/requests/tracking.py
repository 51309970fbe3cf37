"""What a request's page says of it, gathered from its tracks, decisions and scopes. The log is the officer's alone."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from portal import ports
from portal.actor import Role
from portal.agreements.words import region as region_name
from portal.requests import guards, people, queries, words, workflow
from portal.requests import menu as menus
from portal.requests.differences import diff
from portal.requests.models import Decision, Request, Track
from portal.requests.scope import Scope

SPOKEN = frozenset({"decline", "ask", "approve_in_part"})


def menu_if_any(request: Request) -> menus.Menu | None:
    """Return the menu of the request's protected file while one is signed off."""
    raw = ports.house.protected_menu(request.version_id, request.tier)
    return None if raw is None else menus.read(raw)


def track_line(track: Track) -> dict[str, Any]:
    """Return one region's bar: whom it waits on since when, or how it was decided."""
    request = track.request
    waits = track.status in workflow.PENDING and request.status in {"in_review", "returned"}
    whom = [words.standing_in(one) for one in people.of_track(track)] if waits else []
    return {
        "region": region_name(track.region),
        "status": track.status,
        "who": ", ".join(whom),
        "since": track.opened_at if waits else None,
        "decided": None if waits else track.decided_at or request.moved_at,
        "note": words.rows(int(track.profile.get("rows", 0))),
        "reminded": track.reminded_at if waits else None,
        "escalated": track.escalated_at if waits else None,
    }


TAKEN = {"approve": "approved", "approve_in_part": "approved_in_part", "decline": "declined"}


def officer_lines(request: Request, menu: menus.Menu | None) -> list[dict[str, Any]]:
    """Return the data protection officer's bar after the regions': decided, open or to come; none if not asked."""
    taken = [one for one in request.decisions if one.by_officer and one.verdict in TAKEN]
    line: dict[str, Any] = {"region": _("Data protection officer"), "who": "", "since": None, "decided": None}
    if request.state == "in_review:dpo":
        whom = people.holders(Role.DPO, request.organisation_id)
        who_decides = ", ".join(person.name for person in whom)
        return [line | {"status": "open", "who": who_decides, "since": request.moved_at}]
    if taken:
        return [line | {"status": TAKEN[taken[-1].verdict], "decided": taken[-1].decided_at}]
    return [line | {"status": "waiting"}] if _will_be_asked(request, menu) else []


def _will_be_asked(request: Request, menu: menus.Menu | None) -> bool:
    scope = scope_now(request)
    if request.status != "in_review" or menu is None or scope is None:
        return False
    return bool(guards.triggers_of(request, scope, menu))


@dataclass(frozen=True)
class Said:
    """One decision as the requester reads it."""

    who: str
    verdict: str
    text: str
    conditions: str
    when: dt.datetime


def said(request: Request) -> list[Said]:
    """Return every decision, the newest first: reasons for what was refused or asked, conditions always."""
    return [
        Said(
            who=who(decision),
            verdict=decision.verdict,
            text=decision.rationale if decision.verdict in SPOKEN else "",
            conditions=decision.conditions,
            when=decision.decided_at,
        )
        for decision in reversed(request.decisions)
        if not _to_region(decision)
    ]


def _to_region(decision: Decision) -> bool:
    return decision.verdict == "ask" and decision.by_officer


def who(decision: Decision) -> str:
    """Return who decided, by office."""
    if decision.by_officer or decision.track is None:
        return str(_("Data protection officer"))
    return region_name(decision.track.region)


def questions(request: Request) -> list[Said]:
    """Return the questions that are still open, as one list."""
    asking = [track for track in request.tracks if track.status == "changes_requested"]
    last = {track.decisions[-1].id for track in asking if track.decisions}
    return [
        Said(who(one), one.verdict, one.rationale, one.conditions, one.decided_at)
        for one in request.decisions
        if one.id in last
    ]


def scope_now(request: Request) -> Scope | None:
    """Return the scope as it stands, None before it was sent."""
    return None if request.scope is None else queries.scope_of(request.scope)


def left_out(request: Request, menu: menus.Menu) -> list[tuple[str, str]]:
    """Return what was asked for and is no longer in, as (whose, what)."""
    now = scope_now(request)
    if now is None:
        return []
    changes = diff(queries.scope_of(queries.asked(request)), now)
    lines = []
    for one in changes:
        gone = [value for value in one.before if value not in one.after]
        if one.region and gone:
            labels = words.names(menu, gone) if one.name == "variables" else words.values(menu, one.name, gone)
            lines.append((f"{region_name(one.region)}, {words.field(one.name, menu).lower()}", labels))
    return lines


def history(request: Request) -> list[dict[str, Any]]:
    """Return what happened, the newest first."""
    asker = request.requester.name
    steps: list[tuple[dt.datetime | None, str, str, str]] = [
        (request.created_at, request.entered_by.name if request.entered_by else asker, _("Draft begun"), ""),
        (request.handed_at, request.entered_by.name if request.entered_by else "", _("Draft handed over"), asker),
        (request.submitted_at, asker, _("Request sent"), ""),
        (request.accepted_at, asker, _("Offer accepted"), ""),
    ]
    steps += [
        (one.decided_at, who(one), str(words.VERDICT.get(one.verdict, one.verdict)), one.conditions)
        for one in request.decisions
    ]
    steps += [
        (one.created_at, asker, _("Purpose confirmed under the renewed agreement"), "")
        for one in queries.scopes(request)
        if one.kind == "renewed"
    ]
    if request.state == workflow.WAITS:
        steps.append((request.moved_at, "", _("The agreement was renewed: waits for the purpose to be confirmed"), ""))
    if request.status == "ended":
        steps.append((request.moved_at, "", _("The request ended"), ""))
    told = [{"when": at, "actor": by, "deed": deed, "detail": note} for at, by, deed, note in steps if at is not None]
    return sorted(told, key=lambda event: event["when"], reverse=True)
