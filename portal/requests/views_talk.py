"""Where something is said about a request. The form stands on the pages of request and track."""

from secrets import token_hex
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.actor import Actor
from portal.agreements.words import region as region_name
from portal.errors import Invalid
from portal.permissions import Permission
from portal.requests import actions_talk, queries, queries_talk, words
from portal.requests.models import Request
from portal.requests.schemas_talk import NoteForm
from portal.web import forms, guard

bp = Blueprint("talk", __name__)


@bp.post("/requests/<ref>/notes")
@guard.needs(Permission.REQUEST_TALK)
def say(ref: str) -> ResponseReturnValue:
    """Keep a note and go back to where it was written; what cannot be taken comes back as it was typed."""
    actor = guard.actor()
    try:
        note = forms.read(NoteForm())
        actions_talk.say(actor, ref, text=note.text, staff_only=note.staff_only, key=note.key)
    except Invalid as wrong:
        found = queries_talk.request(actor, ref)
        part = panel(actor, found, request.form.get("track", ""), request.form.to_dict(), words.told(wrong.fields))
        return render_template("requests/talk.html", request_row=found, talk=part), 400
    flash(_("Your message is there."), "success")
    if note.track:
        return redirect(url_for("reviews.track", ref=note.track, _anchor="talk"), 303)
    return redirect(url_for("requests.tracking", ref=ref, _anchor="talk"), 303)


def panel(
    actor: Actor,
    found: Request,
    track: str = "",
    typed: dict[str, str] | None = None,
    errors: dict[str, list[str]] | None = None,
) -> dict[str, Any]:
    """Return what the part of a page needs that shows what was said and takes what is said next."""
    sides = {found.organisation_id: found.organisation.name}
    return {
        "notes": [
            (one, sides.get(one.person.organisation_id, one.person.organisation.name))
            for one in queries_talk.notes(actor, found)
        ],
        "may": queries_talk.may_talk(actor, found),
        "decides": queries_talk.decides(actor, found),
        "deciders": sorted(region_name(one.region) for one in found.tracks),
        "track": track,
        "typed": typed or {},
        "errors": errors or {},
        "key": (typed or {}).get("key") or token_hex(16),
    }


def on_track(actor: Actor, ref: str) -> dict[str, Any]:
    """Return the same for the page of a track."""
    track = queries.track(actor, ref)
    return panel(actor, track.request, track.ref)
