"""Pages about protected files, and the one door through which a release leaves."""

from collections.abc import Iterator
from operator import itemgetter
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from portal import i18n, policy
from portal.actor import STAFF_ROLES, Actor
from portal.catalogue.schemas import LockForm
from portal.catalogue.views import STAGES, stage_items
from portal.db import transaction
from portal.exports import actions, actions_held, building, protecting, queries, words
from portal.exports.filename import attachment
from portal.exports.models import ProtectedFile, Release
from portal.exports.schemas import Empty, VerdictForm
from portal.jobs import bell
from portal.permissions import Permission
from portal.web import forms, guard, lists, pages

bp = Blueprint("exports", __name__)
ORDER = {"proposed": 0, "held": 1, "building": 2, "queued": 3, "signed": 4}  # what waits for somebody comes first
HELD_COLUMNS = ("name", "kind", "reason", "since")
bp.add_app_template_filter(words.asked_of)


def offer() -> None:
    """Put the protected files into the navigation."""
    pages.add_navigation("exports.protected_files", lazy_gettext("Protected files"), Permission.PROTECTED_READ)
    pages.add_navigation("exports.held", lazy_gettext("Held files"), Permission.PROTECTED_READ)


@bp.get("/protected")
@guard.needs(Permission.PROTECTED_READ, event="file.viewed")
def protected_files() -> ResponseReturnValue:
    """List the protected files, those waiting for a signature first."""
    version, status = request.args.get("version", ""), request.args.get("status", "")
    files = queries.protected_files(guard.actor(), version, status)
    files = sorted(files, key=lambda file: ORDER.get(file.status, len(ORDER)))
    found = lists.listing(
        files,
        {
            "dataset": lambda file: (i18n.label(file.version.dataset, "title"), file.version.number),
            "tier": lambda file: words.tier(file.tier),
            "status": lambda file: ORDER.get(file.status, len(ORDER)),
            "rows": lambda file: file.rows,
            "built": lambda file: file.built_at or file.created_at,
        },
    )
    if lists.wants_csv():
        heads = ("dataset", "version", "tier", "state", "rows", "built_utc", "sha256")
        return lists.as_csv("protected-files", heads, map(_line, found.rows))
    return render_template("exports/protected_files.html", listing=found, status=status, version=version, words=words)


def _line(file: ProtectedFile) -> tuple[object, ...]:
    built = file.built_at.isoformat() if file.built_at else ""
    return file.version.dataset.code, file.version.number, file.tier, file.status, file.rows, built, file.sha256


@bp.get("/held")
@guard.needs(Permission.PROTECTED_READ, event="file.viewed")
def held() -> ResponseReturnValue:
    """List what is held, why, and what can be done about it."""
    actor = guard.actor()
    rows = [_held(actor, release) for release in queries.held(actor, Release)]
    rows += [_held(actor, file) for file in queries.held(actor, ProtectedFile)]
    found = lists.listing(sorted(rows, key=itemgetter("since")), {name: itemgetter(name) for name in HELD_COLUMNS})
    if lists.wants_csv():
        return lists.as_csv("held", HELD_COLUMNS, ([one[name] for name in HELD_COLUMNS] for one in found.rows))
    return render_template("exports/held.html", listing=found)


def _held(actor: Actor, row: Release | ProtectedFile) -> dict[str, Any]:
    shown = {"row": row, "reason": words.held(row), "since": row.held_at or row.created_at}
    if isinstance(row, Release):
        return shown | {
            "kind": "release",
            "name": row.request.number,
            "url": url_for("requests.tracking", ref=row.request.ref),
            "again_url": url_for("exports.build_again", ref=row.ref),
            "may_again": policy.may(actor, Permission.RELEASE_REBUILD, row),
        }
    title, number = i18n.label(row.version.dataset, "title"), row.version.number
    return shown | {
        "kind": "file",
        "name": f"{title}, {_('version %(number)s', number=number)}, {words.tier(row.tier)}",
        "url": url_for("exports.protected_file", ref=row.ref),
        "again_url": url_for("exports.protect_again", ref=row.ref),
        "may_again": policy.may(actor, Permission.PROTECTED_REBUILD, row),
    }


@bp.post("/releases/<ref>/again")
@guard.needs(Permission.RELEASE_REBUILD)
def build_again(ref: str) -> ResponseReturnValue:
    """Put a held release back into the queue."""
    release = actions_held.build_again(guard.actor(), ref, lock=forms.read(LockForm()).lock)
    flash(_("Ordered again. The page shows how far it is."), "success")
    return redirect(url_for("requests.tracking", ref=release.request.ref), 303)


@bp.post("/protected/<ref>/again")
@guard.needs(Permission.PROTECTED_REBUILD)
def protect_again(ref: str) -> ResponseReturnValue:
    """Put a held protected file back into the queue."""
    actions_held.protect_again(guard.actor(), ref, lock=forms.read(LockForm()).lock)
    flash(_("Ordered again. The page shows how far it is."), "success")
    return redirect(url_for("exports.protected_file", ref=ref), 303)


@bp.get("/protected/<ref>")
@guard.needs(Permission.PROTECTED_READ, event="file.viewed")
def protected_file(ref: str) -> ResponseReturnValue:
    """Show one protected file's report, its attacks and its signatures."""
    actor = guard.actor()
    file = queries.protected_file(actor, ref)
    chart, ways = queries.ways(file)
    return render_template(
        "exports/protected_file.html",
        file=file,
        chart=chart,
        ways=ways,
        words=words,
        stages=_stages(protecting.KIND, file.ref),
        may_again=policy.may(actor, Permission.PROTECTED_REBUILD, file),
        may_sign=queries.may_sign(actor, file) and actor.id not in {one.person_id for one in file.sign_offs},
    )


def _stages(kind: str, ref: str) -> list[dict[str, str]]:
    return stage_items(bell.progress(kind, ref), STAGES)


@bp.get("/protected/<ref>/progress")
@guard.needs(Permission.PROTECTED_READ, event="file.viewed")
def protected_progress(ref: str) -> ResponseReturnValue:
    """Answer the page that watches a protected file being built."""
    file = queries.protected_file(guard.actor(), ref)
    html = render_template("exports/_protected_progress.html", file=file, stages=_stages(protecting.KIND, file.ref))
    return html, 200, {} if file.status in {"queued", "building"} else {"HX-Refresh": "true"}


@bp.post("/protected/<ref>/sign")
@guard.needs(Permission.PROTECTED_SIGN)
def sign(ref: str) -> ResponseReturnValue:
    """Sign a protected file off, or hold it."""
    form = forms.read(VerdictForm())
    actions.sign(guard.actor(), ref, verdict=form.verdict, reason=form.reason, seen_sha256=form.sha256)
    return redirect(url_for("exports.protected_file", ref=ref), 303)


@bp.get("/releases/<ref>/progress")
@guard.needs(Permission.RELEASE_READ, event="release.viewed")
def release_progress(ref: str) -> ResponseReturnValue:
    """Answer the page that watches a release being built."""
    release = queries.release(guard.actor(), ref)
    html = render_template(
        "exports/_release_progress.html", release=release, stages=_stages(building.KIND, release.ref)
    )
    return html, 200, {} if release.status in {"queued", "building"} else {"HX-Refresh": "true"}


@bp.post("/releases/<ref>/download")
@guard.needs(Permission.RELEASE_DOWNLOAD, alone=True)
def download(ref: str) -> ResponseReturnValue:
    """Hand a release over: granted and logged before the first byte, completed and logged after the last."""
    forms.read(Empty())
    actor = guard.actor()
    with transaction():
        handover = actions.hand_over(actor, ref)
    response = Response(stream_with_context(_sent(actor, handover)), mimetype="application/zip")
    response.headers["Content-Disposition"] = attachment(handover.name)
    response.headers["Content-Length"] = str(handover.size)
    return response


def _sent(actor: Actor, handover: actions.Handover) -> Iterator[bytes]:
    sent = 0
    try:
        for chunk in handover.chunks:
            yield chunk
            sent += len(chunk)
    finally:
        actions.complete(actor, handover.ref, sent)


def release_panel(actor: Actor, request_id: int) -> str:
    """Render the part of a request's page that speaks of its releases (the requests room asks through its port)."""
    releases = [
        {
            "release": one,
            "stages": _stages(building.KIND, one.ref),
            "may_download": queries.may_download(actor, one),
            "remaining": queries.remaining(actor, one),
            "reason": words.held(one) if not actor.roles.isdisjoint(STAFF_ROLES) else "",
            "may_again": policy.may(actor, Permission.RELEASE_REBUILD, one),
        }
        for one in queries.releases_of(actor, request_id)
    ]
    return render_template("exports/_releases.html", releases=releases)
