"""The doors through which a release is ended by hand, and the certificate once every copy is destroyed."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from markupsafe import Markup

from portal import policy, ports
from portal.actor import STAFF_ROLES, Actor
from portal.errors import Invalid
from portal.exports import actions_ends, queries, queries_ends, views_runs, words_ends, workflow
from portal.exports.models import Release
from portal.exports.schemas_ends import ReleasesForm, StopForm
from portal.permissions import Permission
from portal.web import forms, guard, lists, pages

bp = Blueprint("ends", __name__)


def offer() -> None:
    """Put the page into the navigation."""
    pages.add_navigation("ends.shelf", lazy_gettext("Releases"), Permission.RELEASE_OVERSEE)


@bp.get("/releases")
@guard.needs(Permission.RELEASE_OVERSEE, event="release.viewed")
def shelf() -> ResponseReturnValue:
    """List the releases that a member of staff oversees, with how each stands and how many have copies."""
    status = forms.read_query(ReleasesForm())["status"]
    releases = queries_ends.overseen(guard.actor(), status)
    copies = queries_ends.copies(releases)
    found = lists.listing(
        releases,
        {
            "number": lambda one: one.request.number,
            "organisation": lambda one: one.request.organisation.name,
            "status": lambda one: one.state,
            "ready": lambda one: one.available_at or one.created_at,
            "copies": lambda one: copies.get(one.id, 0),
        },
    )
    if lists.wants_csv():
        heads = ("request", "organisation", "state", "ended_because", "ready_utc", "holders", "sha256")
        return lists.as_csv("releases", heads, (_line(one, copies.get(one.id, 0)) for one in found.rows))
    return render_template("exports/releases.html", listing=found, status=status, copies=copies)


def _line(one: Release, copies: int) -> Sequence[object]:
    ready = one.available_at.isoformat() if one.available_at else ""
    return one.request.number, one.request.organisation.name, one.state, one.cause, ready, copies, one.sha256


@bp.get("/releases/<ref>/end")
@guard.needs(Permission.RELEASE_READ, event="release.viewed")
def form(ref: str) -> ResponseReturnValue:
    """Show what ending a release would touch, and the forms to do it."""
    return _page(ref)


def _page(ref: str, errors: Mapping[str, Sequence[str]] | None = None, verb: str = "") -> str:
    actor = guard.actor()
    release = queries.release(actor, ref)
    verbs = may_end(actor, release)
    if not verbs and not may_ever(actor, release):
        policy.require(actor, Permission.RELEASE_OVERSEE, release)
    return render_template(
        "exports/release_end.html",
        release=release,
        verbs=verbs,
        holders=queries_ends.holders(release),
        newer=queries_ends.newer_exists(release),
        errors=dict(errors or {}),
        typed=request.form.to_dict() if verb else {},
        verb=verb,
        days=workflow.DUTY_DAYS,
        **views_runs.panel(actor, release.request_id),
        release_html=_panel(actor, release) if release.status == "ended" else "",
    )


def _panel(actor: Actor, release: Release) -> Markup:
    rows = [{"release": release, **told(actor, release)}]
    html = render_template("exports/_releases.html", releases=rows, end_words=words_ends, rounds=None)
    return Markup(html)  # noqa: S704 -- rendered by our own template


def may_ever(actor: Actor, release: Release) -> list[str]:
    """Return by which verbs the actor may end this release, whatever state it is in."""
    return [verb for verb, needed in actions_ends.VERBS.items() if policy.may(actor, needed, release)]


def may_end(actor: Actor, release: Release) -> list[str]:
    """Return by which verbs the actor may end this release now."""
    return [verb for verb in may_ever(actor, release) if workflow.RELEASE.allows(release.state, verb)]


@bp.post("/releases/<ref>/revoke")
@guard.needs(Permission.RELEASE_REVOKE)
def revoke(ref: str) -> ResponseReturnValue:
    """Revoke a release."""
    return _stopped(ref, "revoke", _("Revoked. Nobody can download it any more."))


@bp.post("/releases/<ref>/supersede")
@guard.needs(Permission.RELEASE_SUPERSEDE)
def supersede(ref: str) -> ResponseReturnValue:
    """Say that a newer release or version stands in for this one."""
    return _stopped(ref, "supersede", _("Replaced. Whoever has it is told."))


def _stopped(ref: str, verb: str, said: str) -> ResponseReturnValue:
    try:
        sent = forms.read(StopForm())
        release = actions_ends.stop(guard.actor(), ref, verb, reason=sent.reason, code=sent.code, lock=sent.lock)
    except Invalid as wrong:
        return _page(ref, wrong.fields, verb), 400
    flash(said, "success")
    return redirect(url_for("ends.form", ref=release.ref), 303)


@bp.get("/releases/<ref>/certificate")
@guard.needs(Permission.RELEASE_READ, event="release.viewed")
def certificate(ref: str) -> ResponseReturnValue:
    """Show, to read and to print, that every copy of a release is destroyed: what, by whom, when."""
    release = queries_ends.certified(guard.actor(), ref)
    return render_template(
        "exports/certificate.html",
        release=release,
        duties=queries_ends.duties_of(release),
        probes=queries_ends.probes(release),
        citation=words_ends.citation(release),
        words=words_ends,
    )


def told(actor: Actor, release: Release) -> dict[str, Any]:
    """Return what a request's page says about a release beside its download: its citation, its end, its duties."""
    staff = not actor.roles.isdisjoint(STAFF_ROLES)
    ender = ports.house.names([release.ended_by]).get(release.ended_by, "") if release.ended_by else ""
    return {
        "citation": words_ends.citation(release),
        "may_end": may_end(actor, release),
        "probes": queries_ends.probes(release) if release.status == "ended" else [],
        "duties": queries_ends.duties_of(release) if release.status == "ended" else [],
        "ender": ender,
        "staff": staff,
    }
