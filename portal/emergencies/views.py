"""The doors of emergencies: one page to ask, the list, and one page of each, on which the offices answer."""

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from portal import i18n, policy
from portal.catalogue.schemas import LockForm
from portal.emergencies import actions, people, queries, words
from portal.emergencies.models import Emergency
from portal.emergencies.schemas import AnswerForm, AskForm, ReviewForm
from portal.errors import Invalid
from portal.permissions import Permission
from portal.web import forms, guard, lists, pages

bp = Blueprint("emergencies", __name__, url_prefix="/emergencies")
HEADS = ("number", "dataset", "organisation", "countries", "status", "asked_utc", "granted_utc", "ends_utc")
LATEST_YEARS = 2
Errors = Mapping[str, list[str]]


def offer() -> None:
    """Put the page into the navigation."""
    pages.add_navigation("emergencies.shelf", lazy_gettext("Emergencies"), Permission.EMERGENCY_READ)


@bp.get("")
@guard.needs(Permission.EMERGENCY_READ, event="emergency.listed")
def shelf() -> ResponseReturnValue:
    """List the emergencies the reader may see."""
    status = request.args.get("status", "")
    found = lists.listing(
        queries.emergencies(guard.actor(), status),
        {
            "number": lambda one: one.number,
            "organisation": lambda one: one.organisation.name.casefold(),
            "status": lambda one: one.state,
            "asked": lambda one: one.asked_at,
        },
    )
    if lists.wants_csv():
        return lists.as_csv("emergencies", HEADS, map(_line, found.rows))
    return render_template("emergencies/list.html", listing=found, status=status, words=words)


def _line(one: Emergency) -> tuple[object, ...]:
    moments = [at.isoformat() if at else "" for at in (one.asked_at, one.granted_at, one.ends_at)]
    return (one.number, one.dataset.code, one.organisation.name, " ".join(one.countries), one.state, *moments)


@bp.get("/new")
@guard.needs(Permission.EMERGENCY_ASK, event="emergency.listed")
def new() -> ResponseReturnValue:
    """Ask what is needed, and why; where no agreement runs, say so and what to do."""
    return _ask_page(request.args.get("dataset", ""), {}, {}, None)


@bp.post("/new")
@guard.needs(Permission.EMERGENCY_ASK)
def ask() -> ResponseReturnValue:
    """Take what is asked for; the form comes back with what was typed if some of it cannot be taken."""
    try:
        made = actions.ask(guard.actor(), forms.read(AskForm()))
    except Invalid as wrong:
        chosen = {name: request.form.getlist(name) for name in ("countries", "years")}
        typed = request.form.to_dict()
        return _ask_page(typed.get("dataset", ""), words.told(wrong.fields), typed, chosen), 400
    flash(_("Asked for. Everybody who has to answer gets a letter at this moment."), "success")
    return redirect(url_for("emergencies.show", ref=made.ref), 303)


def _ask_page(ref: str, errors: Errors, typed: Mapping[str, str], chosen: Mapping[str, list[str]] | None) -> str:
    actor = guard.actor()
    agreement, against = queries.basis(actor)
    menus = queries.menus(actor) if agreement else []
    menu = next((one for one in menus if one.dataset.ref == ref), menus[0] if len(menus) == 1 else None)
    years = [str(one["code"]) for one in menu.years] if menu else []
    return render_template(
        "emergencies/new.html",
        agreement=agreement,
        against=words.against(against),
        menus=[(one.dataset.ref, i18n.label(one.dataset, "title")) for one in menus],
        menu=menu,
        countries=[(one["code"], i18n.label(one)) for one in menu.countries] if menu else [],
        years=[(one["code"], i18n.label(one)) for one in menu.years] if menu else [],
        chosen=chosen or {"countries": [], "years": sorted(years)[-LATEST_YEARS:]},
        errors=errors,
        typed=typed,
    )


@bp.get("/<ref>")
@guard.needs(Permission.EMERGENCY_READ, event="emergency.viewed")
def show(ref: str) -> ResponseReturnValue:
    """Show one emergency: what is asked, who is waited for, what was answered when, and what the reader may do."""
    return _page(ref, {}, {})


def _page(ref: str, errors: Errors, typed: Mapping[str, str]) -> str:
    actor = guard.actor()
    row = queries.emergency(actor, ref)
    mine = queries.to_answer(actor, row)
    waited = {one.id for one in row.open_parts} if row.state == "asked" else set()
    return render_template(
        "emergencies/emergency.html",
        emergency=row,
        parts=[(one, people.waits_on(one) if one.id in waited else []) for one in row.parts],
        mine=mine,
        may_withdraw=row.state == "asked" and policy.may(actor, Permission.EMERGENCY_WITHDRAW, row),
        may_review=policy.may(actor, Permission.EMERGENCY_REVIEW, row),
        is_own=row.requester_id == actor.id,
        errors=errors,
        typed=typed,
        words=words,
    )


@bp.post("/<ref>/answer")
@guard.needs(Permission.EMERGENCY_DECIDE)
def answer(ref: str) -> ResponseReturnValue:
    """Take a region's or the head's answer."""
    actor = guard.actor()
    queries.emergency(actor, ref)
    try:
        actions.answer(actor, ref, forms.read(AnswerForm()))
    except Invalid as wrong:
        return _page(ref, words.told(wrong.fields), request.form.to_dict()), 400
    flash(_("Your answer is recorded."), "success")
    return redirect(url_for("emergencies.show", ref=ref), 303)


@bp.post("/<ref>/withdraw")
@guard.needs(Permission.EMERGENCY_WITHDRAW)
def withdraw(ref: str) -> ResponseReturnValue:
    """Take back what was asked for."""
    actions.withdraw(guard.actor(), ref, lock=forms.read(LockForm()).lock)
    flash(_("Taken back. Nobody has to answer any more."), "success")
    return redirect(url_for("emergencies.show", ref=ref), 303)


@bp.post("/<ref>/review")
@guard.needs(Permission.EMERGENCY_REVIEW)
def review(ref: str) -> ResponseReturnValue:
    """Take the data protection officer's review; a stop ends access with this transaction."""
    actor = guard.actor()
    policy.require(actor, Permission.EMERGENCY_REVIEW, queries.emergency(actor, ref))
    try:
        actions.review(actor, ref, forms.read(ReviewForm()))
    except Invalid as wrong:
        return _page(ref, words.told(wrong.fields), request.form.to_dict()), 400
    flash(_("Your review is recorded."), "success")
    return redirect(url_for("emergencies.show", ref=ref), 303)
