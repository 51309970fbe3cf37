"""The doors of a draft: editing, both sides' turns, comments, renewals, and what changed."""

from dataclasses import fields

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from portal import ports
from portal.agreements import actions, actions_draft, actions_stop, outlook, queries
from portal.agreements import queries_signing as reads
from portal.agreements.content import PEOPLE, columns
from portal.agreements.models import Agreement
from portal.agreements.schemas import NewAgreement
from portal.agreements.schemas_signing import AnswerForm, BetweenForm, CommentForm, EditForm, RenewForm, TurnForm
from portal.agreements.views import agreement_page, form_page
from portal.errors import IllegalStep, Invalid
from portal.permissions import Permission
from portal.web import forms, guard

bp = Blueprint("drafting", __name__, url_prefix="/agreements")
SAID = {
    "share": lazy_gettext("Shared. The partner's focal points got a letter."),
    "recall": lazy_gettext("The draft is with MMC again."),
    "drop": lazy_gettext("The draft is dropped."),
    "reopen": lazy_gettext("The text is open again. What was signed and recorded counts no more."),
    "hand_back": lazy_gettext("Handed back. MMC got a letter."),
    "accept": lazy_gettext("Accepted. The text is frozen; the data protection officer is asked."),
    "notice": lazy_gettext("Notice is given. Both sides got a letter."),
}


@bp.get("/<ref>/edit")
@guard.needs(Permission.AGREEMENT_WRITE, event="agreement.viewed")
def edit(ref: str) -> ResponseReturnValue:
    """Show the form that edits a draft."""
    found = queries.to_edit(guard.actor(), ref)
    if found.state != "draft":
        raise IllegalStep("agreement: only a draft that lies with MMC is edited")
    values, lists = _as_typed(found)
    return form_page({}, values, lists, found)


@bp.post("/<ref>/edit")
@guard.needs(Permission.AGREEMENT_WRITE)
def save(ref: str) -> ResponseReturnValue:
    """Save a draft; the form comes back with what was typed if some of it cannot be taken."""
    actor = guard.actor()
    found = queries.to_edit(actor, ref)
    try:
        form = forms.read(EditForm())
        actions.save(actor, ref, form.wanted, lock=form.lock)
    except Invalid as wrong:
        lists = {name: request.form.getlist(name) for name in request.form}
        return form_page(wrong.fields, request.form.to_dict(), lists, found), 400
    flash(_("The draft is kept."), "success")
    return redirect(url_for("agreements.agreement", ref=ref), 303)


def _as_typed(found: Agreement) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Return a draft as the form would send it: whatever a clause holds, by the name of its field."""
    values: dict[str, str] = {"organisation": found.organisation.ref, "lock": str(found.lock)}
    lists: dict[str, list[str]] = {}
    for side in ("mmc_signatory", "partner_signatory"):
        person = getattr(found, side)
        values[side] = person.ref if person else ""
    known = {one.name for one in fields(NewAgreement)}
    for name in known.intersection(columns()) - PEOPLE:
        value = getattr(found, name)
        if isinstance(value, list):
            lists[name] = [str(one) for one in value]
            values[name] = (" " if name == "factors" else "\n").join(lists[name])  # one choice, or one a line
        else:
            values[name] = {True: "yes", False: "", None: ""}.get(value, str(value)) if _flag(value) else str(value)
    return values, lists


def _flag(value: object) -> bool:
    return value is None or isinstance(value, bool)


@bp.post("/<ref>/turn")
@guard.needs(Permission.AGREEMENT_WRITE)
def turn(ref: str) -> ResponseReturnValue:
    """Take MMC's step with a draft."""
    actor = guard.actor()
    try:
        form = forms.read(TurnForm())
        actions_draft.turn(actor, ref, form.verb, lock=form.lock, reason=form.reason)
    except Invalid as wrong:
        return agreement_page(queries.agreement(actor, ref), wrong.fields, "turn"), 400
    flash(str(SAID[form.verb]), "success")
    return redirect(url_for("agreements.agreement", ref=ref), 303)


@bp.post("/<ref>/answer")
@guard.needs(Permission.AGREEMENT_ANSWER)
def answer(ref: str) -> ResponseReturnValue:
    """Take the partner's step: accept, hand back, open again, give notice."""
    actor = guard.actor()
    try:
        form = forms.read(AnswerForm())
        if form.verb == "accept":
            actions_draft.accept(actor, ref, lock=form.lock, sha256=form.sha256, code=form.code)
        elif form.verb == "notice":
            given = {"reason": form.reason, "last_day": form.last_day, "code": form.code}
            actions_stop.notice(actor, ref, lock=form.lock, **given)
        else:
            actions_draft.answer(actor, ref, form.verb, lock=form.lock, reason=form.reason)
    except Invalid as wrong:
        return agreement_page(queries.agreement(actor, ref), wrong.fields, "answer"), 400
    flash(str(SAID[form.verb]), "success")
    return redirect(url_for("agreements.agreement", ref=ref), 303)


@bp.post("/<ref>/comment")
@guard.needs(Permission.AGREEMENT_COMMENT)
def comment(ref: str) -> ResponseReturnValue:
    """Keep a comment."""
    actor = guard.actor()
    try:
        actions_draft.comment(actor, ref, forms.read(CommentForm())["text"])
    except Invalid as wrong:
        return agreement_page(queries.agreement(actor, ref), wrong.fields, "comment"), 400
    return redirect(url_for("agreements.agreement", ref=ref, _anchor="comments"), 303)


@bp.post("/<ref>/renew")
@guard.needs(Permission.AGREEMENT_WRITE)
def renew(ref: str) -> ResponseReturnValue:
    """Draft the next version; its form opens with everything filled in."""
    actor = guard.actor()
    try:
        forms.read(RenewForm())
        made = actions_draft.renew(actor, ref)
    except Invalid as wrong:
        return agreement_page(queries.agreement(actor, ref), wrong.fields, "turn"), 400
    flash(_("The next version is drafted, filled in as the last one. Look at the days, then share it."), "success")
    return redirect(url_for("agreements.agreement", ref=made.ref), 303)


@bp.get("/<ref>/changes")
@guard.needs(Permission.AGREEMENT_READ, event="agreement.compared")
def changes(ref: str) -> ResponseReturnValue:
    """Show what changed between two saved texts, or since the version before."""
    found = queries.agreement(guard.actor(), ref)
    asked = forms.read_query(BetweenForm())
    was, now = reads.between(found, asked["was"], asked["now"])
    sides = ("organisation", "mmc_signatory", "partner_signatory")
    names = ports.house.names({str(text[side]) for text in (was, now) for side in sides if text.get(side)})
    rows = outlook.changed(was, now, names)
    return render_template("agreements/changes.html", agreement=found, rows=rows, asked=asked)
