"""The page on which several parts that ask for the same are approved at once."""

from collections.abc import Iterable, Mapping
from secrets import token_hex
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from portal import ports
from portal.agreements import words as agreement_words
from portal.errors import Invalid
from portal.permissions import Permission
from portal.requests import actions_together, queries, together, words, words_together
from portal.requests.schemas_together import MARK, TogetherForm
from portal.requests.together import Line
from portal.web import forms, guard

bp = Blueprint("together", __name__)


@bp.get("/inbox/together")
@guard.needs(Permission.TRACK_DECIDE, event="track.listed")
def selection() -> ResponseReturnValue:
    """Show what the ticked parts have in common, or why they do not go together."""
    return _page(request.args.getlist("part"), {})


@bp.post("/inbox/together")
@guard.needs(Permission.TRACK_DECIDE)
def approve() -> ResponseReturnValue:
    """Approve them all, or none."""
    try:
        made = actions_together.approve(guard.actor(), forms.read(TogetherForm()))
    except Invalid as wrong:
        sent = [one.split(MARK)[0] for one in request.form.getlist("part")]
        return _page(sent, words.told(wrong.fields)), 400
    number = len(made)
    flash(ngettext("%(num)s part is approved.", "%(num)s parts are approved.", number), "success")
    return redirect(url_for("reviews.inbox"), 303)


def _page(refs: Iterable[str], errors: Mapping[str, list[str]]) -> str:
    actor, wanted = guard.actor(), list(dict.fromkeys(refs))[: together.MOST]
    found = together.lines(actor, [queries.track(actor, ref) for ref in wanted])
    for line in found:
        ports.house.log.read(actor, "track.viewed", line.track.ref, request.endpoint or "")
    return render_template(
        "inbox/together.html",
        lines=found,
        fits=together.fits(found),
        mark=MARK,
        key=request.form.get("key") or token_hex(16),
        errors={name: told for name, told in errors.items() if name == "code"},
        region_name=agreement_words.region,
        purpose_words=agreement_words.PURPOSE,
        words=words,
        words_together=words_together,
        **_common(found),
    )


def _common(found: list[Line]) -> dict[str, Any]:
    """Return what the template shows once for all: the first part's, which every other one has too."""
    if not found or found[0].menu is None:
        return {"menu": None}
    scope, menu = found[0].scope, found[0].menu
    (part,) = scope.parts
    return {
        "menu": menu,
        "families": scope.families,
        "filters": part.filters,
        "variables": [menu.by_name[name] for name in scope.variables if name in menu.by_name],
        "scope": scope,
        "first": found[0].track,
    }
