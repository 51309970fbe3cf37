"""The data protection officer's pages: the log, one event with its proof, the timeline of anything.

Reading the log is an event in it, recorded in the transaction that read.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from flask import Blueprint, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext

from portal import i18n, ports
from portal.audit import codes, queries, schemas, status, words
from portal.audit.event_types import Outcome
from portal.audit.events import REGISTRY
from portal.audit.queries import Entry
from portal.db import session
from portal.permissions import Permission
from portal.web import guard, lists, pages

bp = Blueprint("audit", __name__, url_prefix="/log")
MOST_ROWS = 20_000
LINKED = frozenset({"request", "agreement", "release", "track", "person", "version", "file", "dataset"})
COLUMNS = (
    ("time", lazy_gettext("When")),
    ("type", lazy_gettext("What")),
    ("actor", lazy_gettext("Who")),
    ("", lazy_gettext("About")),
    ("outcome", lazy_gettext("How it ended")),
)


def offer() -> None:
    """Offer the log in the navigation."""
    pages.add_navigation("audit.events", lazy_gettext("Log"), Permission.LOG_READ, start=True)


@bp.get("")
@guard.needs(Permission.LOG_READ, event="audit.viewed")
def events() -> ResponseReturnValue:
    """Show a page of the log."""
    actor = guard.actor()
    filters = schemas.filters(request.args)
    found = queries.search(actor, filters, words.matching(filters.text))
    names = _names(found.entries)
    return render_template(
        "audit/events.html",
        filters=filters,
        found=found,
        rows=[_shown(entry, names) for entry in found.entries],
        columns=[_column(name, label, filters.sort) for name, label in COLUMNS],
        types=sorted(((name, words.deed(name)) for name in REGISTRY), key=lambda pair: pair[1].casefold()),
        outcomes=[(one.value, words.OUTCOMES[one]) for one in Outcome],
        people=[(ref, words.somebody(ref, {ref: name})) for ref, name in queries.people(actor)],
        badge=_badge(),
        prev_url=_again(page=found.page - 1) if found.page > 1 else "",
        next_url=_again(page=found.page + 1) if found.page < found.pages else "",
        download_url=url_for("audit.download", **_asked()),
    )


@bp.get("/download")
@guard.needs(Permission.LOG_READ, event="audit.exported")
def download() -> ResponseReturnValue:
    """Hand out the events of a search as CSV, times in UTC; at most 20,000."""
    filters = schemas.filters(request.args)
    entries = queries.export(guard.actor(), filters, words.matching(filters.text), MOST_ROWS)
    names = _names(entries)
    heads = ("number", "time_utc", "event", "outcome", "who", "who_ref", "about", "about_ref", "request_ref", "id")
    return lists.as_csv("log", heads, (_line(entry, names) for entry in entries))


@bp.get("/events/<ref>")
@guard.needs(Permission.LOG_READ, event="audit.viewed")
def event(ref: str) -> ResponseReturnValue:
    """Show one event: what it says, of whom, and the proof that it is in the signed log."""
    entry = queries.find(guard.actor(), ref)
    names = _names([entry])
    return render_template(
        "audit/event.html",
        entry=entry,
        shown=_shown(entry, names),
        body=json.dumps(entry.body, indent=2, ensure_ascii=False, sort_keys=True),
        said=[(words.somebody(who, names), _said(parts)) for who, parts in entry.said.items()],
        proof=queries.proof(entry),
        field_words=words.FIELDS,
        badge=_badge(),
    )


@bp.get("/<kind>/<ref>")
@guard.needs(Permission.LOG_READ, event="audit.viewed")
def timeline(kind: str, ref: str) -> ResponseReturnValue:
    """Show everything that happened to a request, an agreement, a release, a person."""
    entries = queries.timeline(guard.actor(), kind, ref)
    names = _names(entries)
    return render_template(
        "audit/timeline.html",
        kind=words.thing(kind),
        name=names.get(ref, ref[:8]),
        ref=ref,
        events=[_on_timeline(entry, names) for entry in entries],
        badge=_badge(),
        download_url=url_for("audit.download", target=ref, sort="time"),
    )


@bp.get("/checkpoint")
@guard.needs(Permission.LOG_READ, event="audit.viewed")
def checkpoint() -> ResponseReturnValue:
    """Hand out the newest signed checkpoint, as others' tools read it."""
    note = queries.checkpoint_note()
    response = make_response(note)
    response.content_type = "text/plain; charset=utf-8"
    return response


def _badge() -> dict[str, Any]:
    found = status.badge(session())
    note = ""
    if found.problem:
        note = str(words.PROBLEMS.get(found.problem, found.problem))
    elif found.verified:
        note = gettext("All %(size)s events checked", size=i18n.number(found.size))
    return {"verified": found.verified, "note": note, "at": found.at, "size_now": found.size_now}


def _names(entries: Iterable[Entry]) -> dict[str, str]:
    return ports.house.names(sorted({ref for entry in entries for ref in entry.references}))


def _shown(entry: Entry, names: Mapping[str, str]) -> dict[str, Any]:
    known = dict(names)
    page = "." in entry.target_ref  # a list that was looked at names its page, not a thing
    linked = entry.target_type in LINKED and entry.target_ref and not page
    return {
        "index": entry.index,
        "id": str(entry.id),
        "when": entry.when,
        "deed": words.deed(entry.type),
        "type": entry.type,
        "outcome": entry.outcome,
        "ended": words.OUTCOMES.get(entry.outcome, entry.outcome),
        "reason": codes.reason(str(entry.body.get("reason", "")), _clauses(entry.body)),
        "who": words.somebody(entry.actor_ref, known),
        "about": words.thing(entry.target_type),
        "about_name": "" if page else known.get(entry.target_ref) or _short(entry.target_ref),
        "about_url": url_for("audit.timeline", kind=entry.target_type, ref=entry.target_ref) if linked else "",
        "request_url": url_for("audit.timeline", kind=entry.served, ref=entry.request_ref) if entry.request_ref else "",
        "served": entry.served,
        "request_name": known.get(entry.request_ref) or _short(entry.request_ref),
        "url": url_for("audit.event", ref=entry.id),
    }


def _clauses(body: Mapping[str, Any]) -> list[str]:
    """Return the clauses of an agreement that an event names as what stood against it."""
    data = body.get("data")
    named = data.get("clauses") if isinstance(data, Mapping) else None
    return [str(one) for one in named] if isinstance(named, list) else []


def _short(ref: str) -> str:
    return ref[:12] if len(ref) == 32 else ref  # an opaque reference is told by its beginning, a page's name in full


def _on_timeline(entry: Entry, names: Mapping[str, str]) -> dict[str, Any]:
    shown = _shown(entry, names)
    said = [text for parts in entry.said.values() for field, text in _said(parts) if field in _QUOTED]
    told = [gettext("“%(text)s”", text=text) for text in said]
    change = entry.body.get("change")
    moved = codes.moved(change) if isinstance(change, Mapping) else []
    return {
        "when": entry.when,
        "deed": shown["deed"],
        "actor": shown["who"],
        "seq": entry.index,
        "url": shown["url"],
        "quiet": entry.type.rpartition(".")[2] in _LOOKS,
        "outcome": {"success": "ok", "denied": "denied"}.get(entry.outcome, "failed"),
        "detail": " · ".join([*moved, *told, *filter(None, [shown["reason"]])]),
    }


_QUOTED = frozenset({"text", "reason"})
_LOOKS = frozenset({"viewed", "listed", "previewed", "searched"})


def _said(parts: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(field, text) for field, text in sorted(parts.items()) if text]


def _column(name: str, label: Any, sort: str) -> dict[str, Any]:  # noqa: ANN401 -- a lazy string
    if not name:
        return {"label": label}
    directions = {name: "ascending", f"-{name}": "descending"}
    other = f"-{name}" if sort == name or (sort != f"-{name}" and name == "time") else name
    return {"label": label, "sort_url": _again(sort=other, page=""), "direction": directions.get(sort, "")}


def _asked() -> dict[str, Any]:
    return {name: value for name, value in request.args.items() if value and name != "page"}


def _again(**changes: object) -> str:
    asked: dict[str, Any] = {**request.args, **{name: str(value) for name, value in changes.items()}}
    return url_for("audit.events", **{name: value for name, value in asked.items() if value})


def _line(entry: Entry, names: Mapping[str, str]) -> list[str]:
    shown = _shown(entry, names)
    return [
        str(entry.index),
        entry.when.isoformat(timespec="milliseconds"),
        entry.type,
        entry.outcome,
        shown["who"],
        entry.actor_ref,
        entry.target_type,
        entry.target_ref,
        entry.request_ref,
        str(entry.id),
    ]
