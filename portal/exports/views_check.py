"""The page on which a second person looks at an exception before anybody can fetch it."""

from collections.abc import Callable, Mapping, Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal import i18n, policy
from portal.actor import Actor
from portal.errors import Invalid
from portal.exports import actions_check, building_exception, queries, words
from portal.exports.models import Release
from portal.exports.schemas_check import Checked, CheckForm, LetForm
from portal.exports.selection import rounded
from portal.permissions import Permission
from portal.requests import tracking
from portal.requests import words as request_words
from portal.requests.scope import from_content
from portal.web import forms, guard

bp = Blueprint("checks", __name__)


@bp.get("/releases/<ref>/check")
@guard.needs(Permission.RELEASE_OVERSEE, event="release.viewed")
def page(ref: str) -> ResponseReturnValue:
    """Show what was asked beyond the file, who signed it and why, and what became of it."""
    release = queries.release(guard.actor(), ref)
    policy.require(guard.actor(), Permission.RELEASE_OVERSEE, release)
    return _page(release, {})


@bp.post("/releases/<ref>/check")
@guard.needs(Permission.RELEASE_CHECK)
def check(ref: str) -> ResponseReturnValue:
    """Hand the exception out, or keep it back."""
    return _done(ref, CheckForm(), actions_check.check)


@bp.post("/releases/<ref>/judge")
@guard.needs(Permission.RELEASE_LET)
def let_judge(ref: str) -> ResponseReturnValue:
    """Let the exception be judged although its organisation was refused often."""
    return _done(ref, LetForm(), actions_check.let_judge)


def _done(ref: str, form: LetForm, deed: Callable[[Actor, str, Checked], Release]) -> ResponseReturnValue:
    actor = guard.actor()
    try:
        deed(actor, ref, forms.read(form))
    except Invalid as wrong:
        return _page(queries.release(actor, ref), wrong.fields), 400
    flash(_("Done, and written down with your reason."), "success")
    return redirect(url_for("checks.page", ref=ref), 303)


def _page(release: Release, errors: Mapping[str, Sequence[str]]) -> str:
    actor, asked = guard.actor(), release.request
    scope, menu = from_content(release.scope.content), tracking.menu_if_any(asked)
    signed = [one for one in asked.decisions if one.by_officer]
    return render_template(
        "exports/check.html",
        release=release,
        may_check=policy.may(actor, Permission.RELEASE_CHECK, release),
        may_let=policy.may(actor, Permission.RELEASE_LET, release),
        extras=request_words.names(menu, scope.extras) if menu else ", ".join(scope.extras),
        rows=i18n.number(rounded(release.rows)),
        signed=signed[-1] if signed else None,
        attacks=[
            (words.told("attack", name), one["passed"]) for name, one in release.report.get("attacks", {}).items()
        ],
        reason=words.held(release) if release.status == "held" else "",
        refusals=building_exception.refusals(asked.organisation_id, asked.dataset_id),
        errors=dict(errors),
        typed=request.form.to_dict(),
    )
