"""The doors through which a release is watched, built again and handed over."""

from collections.abc import Iterator

from flask import Blueprint, Response, flash, redirect, render_template, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal import policy
from portal.actor import STAFF_ROLES, Actor
from portal.catalogue.schemas import LockForm
from portal.catalogue.views import STAGES, stage_items
from portal.db import transaction
from portal.exports import actions, actions_held, assessment, building, queries, words
from portal.exports.filename import attachment
from portal.exports.models import Release
from portal.exports.schemas import Empty
from portal.jobs import bell
from portal.permissions import Permission
from portal.web import forms, guard

bp = Blueprint("releases", __name__)


@bp.post("/releases/<ref>/again")
@guard.needs(Permission.RELEASE_REBUILD)
def build_again(ref: str) -> ResponseReturnValue:
    """Put a held release back into the queue."""
    release = actions_held.build_again(guard.actor(), ref, lock=forms.read(LockForm()).lock)
    flash(_("Ordered again. The page shows how far it is."), "success")
    return redirect(url_for("requests.tracking", ref=release.request.ref), 303)


@bp.get("/releases/<ref>/progress")
@guard.needs(Permission.RELEASE_READ, event="release.viewed")
def release_progress(ref: str) -> ResponseReturnValue:
    """Answer the page that watches a release being built."""
    release = queries.release(guard.actor(), ref)
    html = render_template("exports/_release_progress.html", release=release, stages=_stages(release))
    return html, 200, {} if release.status in {"queued", "building"} else {"HX-Refresh": "true"}


def _stages(release: Release) -> list[dict[str, str]]:
    return stage_items(bell.progress(building.KIND, release.ref), STAGES)


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
            "stages": _stages(one),
            "may_download": queries.may_download(actor, one),
            "paused": one.protected_file.status != "signed" or not assessment.holds(one.protected_file.review_by),
            "remaining": queries.remaining(actor, one),
            "reason": words.held(one) if not actor.roles.isdisjoint(STAFF_ROLES) else "",
            "may_again": policy.may(actor, Permission.RELEASE_REBUILD, one),
        }
        for one in queries.releases_of(actor, request_id)
    ]
    return render_template("exports/_releases.html", releases=releases)
