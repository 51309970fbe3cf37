"""The doors through which a release is watched, built again and handed over."""

import errno
import time
from collections.abc import Iterator

from flask import Blueprint, Response, flash, redirect, render_template, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal import policy
from portal.actor import STAFF_ROLES, Actor
from portal.agreements import queries as agreements
from portal.catalogue.schemas import LockForm
from portal.catalogue.views import STAGES, stage_items
from portal.db import transaction
from portal.exports import (
    actions,
    actions_held,
    assessment,
    guarding,
    queries,
    views_ends,
    views_runs,
    words,
    words_ends,
)
from portal.exports.filename import attachment
from portal.exports.models import Release
from portal.exports.moves import KIND
from portal.exports.schemas import Empty
from portal.jobs import bell
from portal.permissions import Permission
from portal.requests import guards
from portal.requests.scope import from_content
from portal.requests.workflow import WAITS
from portal.web import forms, guard

bp = Blueprint("releases", __name__)
ASK_SECONDS = 1.0
FOR_ALL = ("ledger", "referred")
"""As what an exception is held where its own reason is shown to who asked as well: it never says how close it came."""


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
    return stage_items(bell.progress(KIND, release.ref), STAGES)


@bp.post("/releases/<ref>/download")
@guard.needs(Permission.RELEASE_DOWNLOAD, alone=True)
def download(ref: str) -> ResponseReturnValue:
    """Hand a release over: granted and logged before the first byte, completed and logged after the last."""
    forms.read(Empty())
    actor = guard.actor()
    with transaction():
        handover = actions.hand_over(actor, ref, guard.origin())
    response = Response(stream_with_context(_sent(actor, handover)), mimetype="application/zip")
    response.headers["Content-Disposition"] = attachment(handover.name)
    response.headers["Content-Length"] = str(handover.size)
    return response


def _sent(actor: Actor, handover: actions.Handover) -> Iterator[bytes]:
    """Give the bytes as long as the rule holds, which is asked again every second; then break the connection off.

    The length was promised at the beginning: only a broken connection tells the reader that the rest will not come.
    """
    sent, cut, asked = 0, "", time.monotonic()
    try:
        for chunk in handover.chunks:
            if time.monotonic() - asked >= ASK_SECONDS:
                asked, cut = time.monotonic(), _against(actor, handover)
            if cut:
                raise ConnectionResetError(errno.ECONNRESET, "download: no longer allowed")
            yield chunk
            sent += len(chunk)
    finally:
        actions.complete(actor, handover.ref, sent, cut)


def _against(actor: Actor, handover: actions.Handover) -> str:
    with transaction():
        return guarding.still_allowed(actor.id, handover.release_id, actor)


def _paused(release: Release) -> bool:
    file = release.protected_file
    against = file.status != "signed" or not assessment.holds(file.review_by)
    return against or guards.frozen(release.request, from_content(release.scope.content))


def release_panel(actor: Actor, request_id: int) -> str:
    """Render the part of a request's page that speaks of its releases (the requests room asks through its port)."""
    releases = [
        {
            "release": one,
            "stages": _stages(one),
            "may_download": queries.may_download(actor, one),
            "paused": _paused(one),
            "waits": one.request.state == WAITS,
            "remaining": queries.remaining(actor, one),
            "to_accept": agreements.must_accept(actor, one.request.agreement),
            "reason": words.held(one) if one.held_as in FOR_ALL or not actor.roles.isdisjoint(STAFF_ROLES) else "",
            "may_again": policy.may(actor, Permission.RELEASE_REBUILD, one),
            "may_check": policy.may(actor, Permission.RELEASE_CHECK, one),
            "may_let": policy.may(actor, Permission.RELEASE_LET, one),
            **views_ends.told(actor, one),
        }
        for one in queries.releases_of(actor, request_id)
    ]
    rounds = views_runs.panel(actor, request_id)
    return render_template("exports/_releases.html", releases=releases, end_words=words_ends, **rounds).strip()
