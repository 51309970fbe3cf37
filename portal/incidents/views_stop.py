"""The doors of Stop: what is frozen, what a freeze would touch, freezing, and letting go again."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from portal import freezes, policy
from portal.auth import queries as people
from portal.catalogue.schemas import LockForm
from portal.errors import Invalid
from portal.freezes import Freeze
from portal.incidents import actions_freeze, affected, probes, queries, targets, words
from portal.incidents.schemas import BecauseForm, CodedForm, FreezeForm, NewFreeze, WantedForm, again
from portal.permissions import Permission
from portal.web import forms, guard, lists, pages

bp = Blueprint("stop", __name__, url_prefix="/stop")
HEADS = ("number", "kind", "what", "status", "set_utc", "closed_utc", "lifted_utc")


def offer() -> None:
    """Put freezes and incidents into the navigation of both offices."""
    pages.add_navigation("stop.shelf", lazy_gettext("Stop"), Permission.FREEZE_READ)
    pages.add_navigation("incidents.shelf", lazy_gettext("Incidents"), Permission.FREEZE_READ)


@bp.get("")
@guard.needs(Permission.FREEZE_READ, event="freeze.listed")
def shelf() -> ResponseReturnValue:
    """List what is frozen and what was, and offer to freeze something."""
    rows = [(one, words.what(one)) for one in queries.all_freezes(guard.actor())]
    found = lists.listing(
        rows,
        {
            "number": lambda row: row[0].number,
            "kind": lambda row: row[0].kind,
            "what": lambda row: row[1],
            "status": lambda row: row[0].status,
            "set": lambda row: row[0].set_at,
        },
    )
    if lists.wants_csv():
        return lists.as_csv("freezes", HEADS, [_line(*row) for row in found.rows])
    return render_template("incidents/stop.html", listing=found, words=words, kinds=list(words.KIND.items()))


def _line(freeze: Freeze, what: str) -> tuple[object, ...]:
    moments = (freeze.set_at, freeze.closed_at, freeze.lifted_at)
    return freeze.number, freeze.kind, what, freeze.status, *(at.isoformat() if at else "" for at in moments)


@bp.get("/new")
@guard.needs(Permission.FREEZE_SET, event="freeze.previewed")
def new() -> ResponseReturnValue:
    """Choose what to freeze; once it is chosen, show everything that it would stop."""
    return _new_page(forms.read_query(WantedForm()), {}, {})


@bp.post("/new")
@guard.needs(Permission.FREEZE_SET)
def freeze() -> ResponseReturnValue:
    """Freeze it; the form comes back with what was typed if some of it cannot be taken."""
    try:
        made = actions_freeze.freeze(guard.actor(), forms.read(FreezeForm()))
    except Invalid as wrong:
        named = {name: request.form.get(name, "") for name in ("kind", "target", "incident")}
        asked = again(named, request.form.getlist("codes"))
        return _new_page(asked, wrong.fields, request.form.to_dict()), 400
    flash(_("It is stopped. The page shows which paths are found closed."), "success")
    return redirect(url_for("stop.show", ref=made.ref), 303)


def _new_page(asked: NewFreeze, errors: Mapping[str, list[str]], typed: Mapping[str, str]) -> str:
    actor, wanted = guard.actor(), asked.wanted
    chosen = bool(wanted.kind and (wanted.target or wanted.codes))
    target, wrong = None, dict(errors)
    if chosen and not {"target", "codes"} & set(errors):
        try:
            target = targets.of(actor, wanted)
        except Invalid as fault:
            wrong |= fault.fields
    found = affected.content(affected.of(target)) if target else None
    shown = Freeze(kind=target.kind, target=target.ref, codes=list(target.codes)) if target else None
    return render_template(
        "incidents/freeze_new.html",
        asked=asked,
        wanted=wanted,
        what=words.what(shown) if shown else "",
        found=found,
        names=_names(found) if found else {},
        options=queries.choices(wanted.kind, actor),
        places=words.places() if wanted.kind == freezes.PLACE else [],
        subregions=words.subregions() if wanted.kind == freezes.NATIONALITY else [],
        incidents=[(one.ref, one.number) for one in queries.incidents(actor) if one.status != "closed"],
        errors=wrong,
        typed=typed,
        words=words,
    )


def _names(content: Mapping[str, Any]) -> dict[str, str]:
    references = [one["ref"] for one in content["people"]]
    references += [one["organisation"] for one in (*content["requests"], *content["releases"])]
    references += [holder["ref"] for one in content["releases"] for holder in one["holders"]]
    return people.names(references)


@bp.get("/<ref>")
@guard.needs(Permission.FREEZE_READ, event="freeze.viewed")
def show(ref: str) -> ResponseReturnValue:
    """Show one freeze: what it stops, which paths are closed since when, what it touched."""
    return _freeze_page(ref, {}, {})


def _freeze_page(ref: str, errors: Mapping[str, list[str]], typed: Mapping[str, str]) -> str:
    actor = guard.actor()
    row = queries.freeze(actor, ref)
    linked = [one for one in queries.incidents(actor) if one.ref == row.incident]
    return render_template(
        "incidents/freeze.html",
        freeze=row,
        what=words.what(row),
        probes=probes.of(row),
        found=row.affected,
        names=_names(row.affected) | queries.by_id([row.set_by, row.proposed_by, row.lifted_by]),
        incident=linked[0] if linked else None,
        may_lift=policy.may(actor, Permission.FREEZE_LIFT, row),
        errors=errors,
        typed=typed,
        words=words,
    )


@bp.post("/<ref>/propose")
@guard.needs(Permission.FREEZE_SET)
def propose(ref: str) -> ResponseReturnValue:
    """Propose to lift it."""
    try:
        said = forms.read(BecauseForm())
        actions_freeze.propose_lift(guard.actor(), ref, lock=said.lock, reason=said.reason, code=said.code)
    except Invalid as wrong:
        return _freeze_page(ref, wrong.fields, request.form.to_dict()), 400
    flash(_("Proposed. It holds until somebody of the other office agrees."), "success")
    return redirect(url_for("stop.show", ref=ref), 303)


@bp.post("/<ref>/keep")
@guard.needs(Permission.FREEZE_SET)
def keep(ref: str) -> ResponseReturnValue:
    """Keep it after all."""
    actions_freeze.keep(guard.actor(), ref, lock=forms.read(LockForm()).lock)
    flash(_("The freeze stays."), "success")
    return redirect(url_for("stop.show", ref=ref), 303)


@bp.post("/<ref>/lift")
@guard.needs(Permission.FREEZE_LIFT)
def lift(ref: str) -> ResponseReturnValue:
    """Lift it, as the second of two."""
    try:
        said = forms.read(CodedForm())
        actions_freeze.lift(guard.actor(), ref, lock=said.lock, code=said.code)
    except Invalid as wrong:
        return _freeze_page(ref, wrong.fields, request.form.to_dict()), 400
    flash(_("Lifted. Held builds can be ordered again; everybody signs in anew."), "success")
    return redirect(url_for("stop.show", ref=ref), 303)
