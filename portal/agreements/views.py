"""The pages of agreements, and what a reader is told whenever one forbids something, wherever that happens."""

from zoneinfo import available_timezones

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal import clock, i18n, ports
from portal.agreements import actions, queries, terms, words
from portal.agreements.schemas import STATUSES, AgreementForm, Empty, LookForm
from portal.catalogue.geography import reference
from portal.errors import Invalid, TermsForbid
from portal.permissions import Permission
from portal.web import errors as web_errors
from portal.web import forms, guard

bp = Blueprint("agreements", __name__, url_prefix="/agreements")


@bp.get("")
@guard.needs(Permission.AGREEMENT_READ, event="agreement.listed")
def shelf() -> ResponseReturnValue:
    """List the agreements the reader may see."""
    look = forms.read_query(LookForm())
    found = queries.agreements(guard.actor(), look)
    return render_template("agreements/list.html", found=found, look=look, statuses=STATUSES, words=words)


@bp.get("/<ref>")
@guard.needs(Permission.AGREEMENT_READ, event="agreement.viewed")
def agreement(ref: str) -> ResponseReturnValue:
    """Show one agreement: what it covers, until when."""
    actor = guard.actor()
    found = queries.agreement(actor, ref)
    return render_template(
        "agreements/agreement.html",
        agreement=found,
        days_left=queries.days_left(found),
        may_write=queries.may_write(actor, found),
        requests=list(ports.house.requests_under(actor, found.id)),
        purposes=", ".join(str(words.PURPOSE.get(code, code)) for code in found.purposes),
        regions=", ".join(words.region(code) for code in found.regions),
        words=words,
    )


@bp.get("/new")
@guard.needs(Permission.AGREEMENT_WRITE, event="agreement.listed")
def new() -> ResponseReturnValue:
    """Show the form that drafts an agreement."""
    start = {"tier": "partner", "most_sensitive": "3", "download_limit": "5", "release_days": "30"}
    today = clock.today(i18n.zone()).isoformat()
    return _form_page({}, start | {"time_zone": i18n.zone(), "starts_on": today}, {})


@bp.post("/new")
@guard.needs(Permission.AGREEMENT_WRITE)
def create() -> ResponseReturnValue:
    """Draft an agreement; the form comes back with what was typed if some of it cannot be taken."""
    try:
        made = actions.create(guard.actor(), forms.read(AgreementForm()))
    except Invalid as wrong:
        lists = {name: request.form.getlist(name) for name in ("purposes", "datasets", "regions")}
        return _form_page(wrong.fields, request.form.to_dict(), lists), 400
    flash(_("The agreement is drafted. Read it once more, then activate it."), "success")
    return redirect(url_for("agreements.agreement", ref=made.ref), 303)


@bp.post("/<ref>/activate")
@guard.needs(Permission.AGREEMENT_WRITE)
def activate(ref: str) -> ResponseReturnValue:
    """Let a drafted agreement run."""
    forms.read(Empty())
    actions.activate(guard.actor(), ref)
    flash(_("The agreement is active."), "success")
    return redirect(url_for("agreements.agreement", ref=ref), 303)


@bp.app_errorhandler(TermsForbid)
def forbidden(error: TermsForbid) -> ResponseReturnValue:
    """Say which clauses stand against what was tried; the denial is in the log."""
    web_errors.deny("TermsForbid")
    told = web_errors.TOLD[TermsForbid]
    sentences = [words.clause(name) for name in error.clauses]
    return render_template("agreements/forbidden.html", told=told, status=told.status, sentences=sentences), told.status


def _form_page(errors: dict[str, list[str]], values: dict[str, str], lists: dict[str, list[str]]) -> str:
    today = clock.today(i18n.zone())
    regions = [one.code for one in reference().regions.values() if one.until is None or one.until >= today]
    return render_template(
        "agreements/new.html",
        errors=errors,
        values=values,
        lists=lists,
        partners=[(one.ref, one.name) for one in queries.partners()],
        datasets=[(one.code, i18n.label(one, "title")) for one in queries.datasets()],
        regions=[(code, words.region(code)) for code in (*sorted(regions), actions.UNASSIGNED)],
        purposes=[(code, words.PURPOSE[code]) for code in terms.PURPOSES],
        tiers=[(code, words.TIER[code]) for code in terms.TIERS],
        classes=[(code, words.SENSITIVITY[code]) for code in terms.SENSITIVITIES],
        zones=sorted(available_timezones()),
    )
