"""The door through which a feed's next round is ordered."""

from typing import Any

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.actor import PARTNER_ROLES, Actor
from portal.db import session
from portal.exports import actions_run, runs, words_runs
from portal.exports.models import Release
from portal.exports.schemas import RunForm
from portal.permissions import Permission
from portal.requests import words
from portal.requests.menu import COUNTRY
from portal.requests.models import Request
from portal.web import forms, guard

bp = Blueprint("runs", __name__, url_prefix="/requests")


def panel(actor: Actor, request_id: int) -> dict[str, Any]:
    """Return what the part of a page that speaks of a feed's rounds takes."""
    request = session().get_one(Request, request_id)
    found = runs.of_page(actor, request)
    left_out = ""
    if found is not None and found.file is not None:
        left_out = words.values(runs.menu_of(found.file), COUNTRY, runs.uncovered(request, found.file))
    return {"rounds": found, "left_out": left_out, "run_words": words_runs}


@bp.post("/<ref>/run")
@guard.needs(Permission.REQUEST_RUN)
def order(ref: str) -> ResponseReturnValue:
    """Order the delivery of the newest round; where something stands against it, the page says what."""
    actor = guard.actor()
    done = actions_run.order(actor, ref, file_ref=forms.read(RunForm()).file)
    if isinstance(done, Release):
        flash(_("Ordered. The file is being built; this page shows how far it is."), "success")
    else:
        flash(_("Nothing was delivered. The page says what stands against it."), "error")
    if actor.has(*PARTNER_ROLES):
        return redirect(url_for("requests.tracking", ref=ref, _anchor="rounds"), 303)
    return redirect(url_for("ends.shelf"), 303)
