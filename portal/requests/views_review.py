"""The deciders' pages: one inbox, one decision page for a region, one for the data protection officer."""

from collections.abc import Mapping
from secrets import token_hex
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal import ports
from portal.agreements import queries as agreements
from portal.agreements import words as agreement_words
from portal.disclosure.missing import SUPPRESSED
from portal.errors import Invalid
from portal.permissions import Permission
from portal.requests import (
    actions_decide,
    actions_officer,
    actions_settle,
    actions_silence,
    guards,
    precedents,
    queries,
    queries_extension,
    queries_inbox,
    queries_publications,
    routing,
    views_papers,
    views_talk,
    words,
)
from portal.requests import tracking as tracks
from portal.requests.menu import COUNTRY, Menu
from portal.requests.models import Request, Track
from portal.requests.queries_inbox import Line
from portal.requests.schemas import verdict_form
from portal.requests.scope import Scope
from portal.requests.workflow import PENDING
from portal.web import forms, guard, lists

bp = Blueprint("reviews", __name__)
HEADS = (
    *("request", "region", "dataset", "organisation", "rows_rounded", "most_sensitive", "open_since_utc", "mine"),
    *("working_days", "reminded_utc", "with_coordinator_utc", "status"),
)


@bp.get("/inbox")
@guard.needs(Permission.TRACK_READ, event="track.listed")
def inbox() -> ResponseReturnValue:
    """List what waits for a decision: mine first, the oldest first."""
    actor = guard.actor()
    show = request.args.get("show", "")
    show = show if show in queries_inbox.SHOWS else ""
    waiting = lists.listing(
        queries_inbox.entries(actor, show),
        {
            "region": lambda one: agreement_words.region(one.region),
            "organisation": lambda one: one.organisation.casefold(),
            "rows": lambda one: one.rows,
            "risk": lambda one: one.risk,
            "since": lambda one: one.opened_at,
            "decided": lambda one: one.decided_at,
        },
    )
    rows = queries_inbox.lines(actor, waiting.rows)
    if lists.wants_csv():
        return lists.as_csv("inbox", HEADS, map(_line, rows))
    return render_template(
        "inbox/inbox.html",
        listing=waiting,
        show=show,
        rows=rows,
        mine=[row for row in rows if row.mine],
        others=[row for row in rows if not row.mine],
        duties=queries_inbox.waiting_obligations(actor) if not show else [],
        officer=queries.officer_requests(actor) if not show else [],
        texts=queries_publications.to_answer(actor) if not show else [],
        askings=queries_extension.for_inbox(actor) if not show else [],
        sections=ports.house.waiting(actor) if not show else [],
        words=words,
        region_name=agreement_words.region,
    )


def _line(row: Line) -> tuple[object, ...]:
    track, asked = row.track, row.track.request
    moments = [one.isoformat() if one else "" for one in (track.opened_at, track.reminded_at, track.escalated_at)]
    rows = words.count(track.profile.get("rows") or 0)
    mine = "yes" if row.mine else "no"
    office = agreement_words.region(track.region) if track.owner_id else track.region
    told = (asked.number, office, asked.dataset.code, asked.organisation.name, rows, row.risk, moments[0], mine)
    return (*told, row.days, *moments[1:], track.status)


@bp.get("/tracks/<ref>")
@guard.needs(Permission.TRACK_READ, event="track.viewed")
def track(ref: str) -> ResponseReturnValue:
    """Show one region's part of a request, and the form that decides it."""
    return _track_page(queries.track(guard.actor(), ref), {}, {})


@bp.post("/tracks/<ref>/decide")
@guard.needs(Permission.TRACK_DECIDE)
def decide(ref: str) -> ResponseReturnValue:
    """Decide one region's part; the form comes back with what was typed if some of it cannot be taken."""
    actor = guard.actor()
    found = queries.track(actor, ref)
    try:
        verdict = forms.read(verdict_form(_columns(found)))
        actions_decide.decide(actor, ref, verdict)
    except Invalid as wrong:
        return _track_page(queries.track(actor, ref), words.told(wrong.fields), request.form.to_dict()), 400
    flash(_("Your decision is recorded."), "success")
    return redirect(url_for("reviews.track", ref=ref), 303)


@bp.get("/requests/<ref>/officer")
@guard.needs(Permission.REQUEST_OFFICER_DECIDE, event="request.viewed")
def officer(ref: str) -> ResponseReturnValue:
    """Show the reduced scope to the data protection officer, and the form that decides it."""
    return _officer_page(queries.request(guard.actor(), ref, Permission.REQUEST_OFFICER_DECIDE), {}, {})


@bp.post("/requests/<ref>/officer")
@guard.needs(Permission.REQUEST_OFFICER_DECIDE)
def officer_decide(ref: str) -> ResponseReturnValue:
    """Take the officer's decision."""
    actor = guard.actor()
    found = queries.request(actor, ref, Permission.REQUEST_OFFICER_DECIDE)
    columns = sorted({column for part in queries.scope_of(found.scope).parts for column in part.filters})
    try:
        actions_officer.decide(actor, ref, forms.read(verdict_form(tuple(columns))))
    except Invalid as wrong:
        return _officer_page(queries.request(actor, ref), words.told(wrong.fields), request.form.to_dict()), 400
    flash(_("Your decision is recorded."), "success")
    return redirect(url_for("requests.tracking", ref=ref), 303)


def _columns(found: Track) -> tuple[str, ...]:
    """Return the keys whose values may be refused on a track: a co-owner has no rows, and refuses variables only."""
    if found.owner_id is not None:
        return ()
    return tuple(queries.part_of(found).parts[0].filters)


def _track_page(found: Track, errors: Mapping[str, list[str]], typed: Mapping[str, str]) -> str:
    actor, asked = guard.actor(), found.request
    scope = queries.part_of(found)
    menu = tracks.menu_if_any(asked)
    others = [one for one in asked.tracks if one.id != found.id]
    may_decide = found.status == "open" and queries.may(actor, Permission.TRACK_DECIDE, found)
    return render_template(
        "inbox/track.html",
        track=found,
        request_row=asked,
        may_decide=may_decide,
        seat=actions_decide.seat_of(actor, found) if may_decide else None,
        before=precedents.approved_before(actor, found, menu) if may_decide else None,
        may_reassign=found.status in PENDING and queries.may(actor, Permission.TRACK_REASSIGN, found),
        days=actions_silence.age(found) if found.status in PENDING else 0,
        conflicted=asked.organisation_id == actor.organisation_id,
        sha256=found.slice_sha256,
        profile=_profile(found, menu),
        others=[(agreement_words.region(one.region), one.status) for one in others],
        asked_by_officer=[one for one in found.decisions if one.by_officer],
        own=[one for one in found.decisions if not one.by_officer],
        action=url_for("reviews.decide", ref=found.ref),
        talk=views_talk.on_track(actor, found.ref),
        **_common(asked, scope, menu, errors, typed) | ({"columns": []} if found.owner_id is not None else {}),
    )


def _officer_page(found: Request, errors: Mapping[str, list[str]], typed: Mapping[str, str]) -> str:
    scope = queries.scope_of(found.scope)
    menu = tracks.menu_if_any(found)
    approved = [one for one in found.tracks if one.status in actions_settle.APPROVED]
    return render_template(
        "inbox/officer.html",
        request_row=found,
        may_decide=found.state == "in_review:dpo",
        conflicted=False,
        sha256=scope.sha256(),
        tracks=[tracks.track_line(one) for one in found.tracks],
        said=tracks.said(found),
        left_out=tracks.left_out(found, menu) if menu else [],
        reasons=guards.triggers_of(found, scope, menu) if menu else (),
        askable=[(one.region, agreement_words.region(one.region)) for one in approved],
        action=url_for("reviews.officer_decide", ref=found.ref),
        **_common(found, scope, menu, errors, typed),
    )


def _common(
    asked: Request, scope: Scope, menu: Menu | None, errors: Mapping[str, list[str]], typed: Mapping[str, str]
) -> dict[str, Any]:
    actor = guard.actor()
    columns = [column for column in (COUNTRY, menu.year if menu else "") if scope.values(column)] if menu else []
    repeated = {f"refuse-{name}": request.form.getlist(f"refuse-{name}") for name in (*columns, "variables")}
    ask = guards.ask_of(asked, scope, menu) if menu else None
    known = menu.by_name if menu else {}
    return {
        "menu": menu,
        "scope": scope,
        "columns": columns,
        "variables": [known[name] for name in scope.variables if name in known],
        "red": menu is not None and menu.most_sensitive(scope.variables) >= routing.RED,
        "findings": agreements.check(asked.agreement, ask) if ask else (),
        "report": ports.house.tier_report(asked.version_id, asked.tier),
        "earlier": list(ports.house.earlier_releases(actor, asked.organisation_id)),
        "errors": dict(errors),
        "typed": typed,
        "refused": repeated,
        "papers": views_papers.panel(actor, asked),
        "key": typed.get("key") or token_hex(16),
        "words": words,
        "purpose_words": agreement_words.PURPOSE,
        "finding_words": agreement_words.sentence,
        "region_name": agreement_words.region,
    }


def _profile(found: Track, menu: Menu | None) -> list[tuple[str, str, str]]:
    cells = sorted(found.profile.get("cells", []), key=lambda cell: [(code == SUPPRESSED, code) for code in cell[:2]])
    return [
        (
            words.values(menu, COUNTRY, [country]) if menu and country else "–",
            words.values(menu, menu.year, [year]) if menu and year else "–",
            words.count(int(rows)),
        )
        for country, year, rows in cells
    ]
