"""The button that takes somebody out of the team of a request that was sent."""

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import fields, validate

from portal.errors import Invalid
from portal.permissions import Permission
from portal.requests import actions_team, queries, words
from portal.requests.views import tracking_page
from portal.web import forms, guard

bp = Blueprint("team", __name__, url_prefix="/requests")


@dataclass(frozen=True)
class Leaver:
    """Who is taken out, and the state of the request that was seen."""

    person: str
    lock: int


class LeaverForm(forms.Form):
    """The button beside a name."""

    into = Leaver
    person = fields.String(required=True, validate=validate.Length(equal=32))
    lock = fields.Integer(required=True)


@bp.post("/<ref>/team/leave")
@guard.needs(Permission.REQUEST_TEAM)
def take_out(ref: str) -> ResponseReturnValue:
    """Take somebody out of the team, at once."""
    actor = guard.actor()
    try:
        given = forms.read(LeaverForm())
        actions_team.take_out(actor, ref, given.person, lock=given.lock)
    except Invalid as wrong:
        return tracking_page(queries.request(actor, ref), words.told(wrong.fields)), 400
    flash(_("Taken out. They cannot download any more."), "success")
    still = url_for("requests.tracking", ref=ref) if given.person != actor.ref else url_for("requests.shelf")
    return redirect(still, 303)
