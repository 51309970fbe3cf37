"""The pages of agreements, and what a reader is told whenever one forbids something, wherever that happens."""

from collections.abc import Sequence
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal import clock, i18n, policy, ports
from portal.actor import Actor
from portal.agreements import actions, outlook, people, queries, terms, words, words_clauses, words_signing
from portal.agreements.models import Agreement
from portal.agreements.schemas import KINDS, STATUSES, AgreementForm, LookForm
from portal.catalogue.geography import reference
from portal.errors import Invalid, TermsForbid
from portal.permissions import Permission
from portal.web import errors as web_errors
from portal.web import forms, guard
from portal.web.pages import is_local

CLAUSES_START = {
    "onward_sharing": "none",
    "matching": "forbidden",
    "retention_days": "30",
    "publication_review_days": "30",
    "factors": "pwd otp",
}
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
    return agreement_page(queries.agreement(guard.actor(), ref))


def agreement_page(found: Agreement, errors: dict[str, list[str]] | None = None, form: str = "") -> str:
    """Render an agreement's page; ``errors`` and what was typed belong to the named one of its forms."""
    actor = guard.actor()
    return render_template(
        "agreements/agreement.html",
        agreement=found,
        days_left=queries.days_left(found),
        requests=list(ports.house.requests_under(actor, found.id)),
        continuing=_continuing(actor, found),
        purposes=", ".join(str(words.PURPOSE.get(code, code)) for code in found.purposes),
        to_accept=queries.must_accept(actor, found),
        clause_words=words_clauses,
        datasets="; ".join(queries.titles(found.datasets)),
        regions=", ".join(words.region(code) for code in found.regions),
        words=words,
        steps=words_signing,
        errors=errors or {},
        failed=form,
        typed=request.form.to_dict() if errors else {},
        **outlook.page(actor, found),
    )


def _continuing(actor: Actor, found: Agreement) -> Sequence[tuple[str, str, Sequence[str]]]:
    """Return what runs under the versions before one that has not begun."""
    if found.revision == 1 or found.status not in {"draft", "signing"}:
        return ()
    return ports.house.under_renewal(actor, found.id) if policy.holds(actor, Permission.REQUEST_READ) else ()


@bp.get("/new")
@guard.needs(Permission.AGREEMENT_WRITE, event="agreement.listed")
def new() -> ResponseReturnValue:
    """Show the form that drafts an agreement."""
    start = {"tier": "partner", "most_sensitive": "3", "download_limit": "5", "release_days": "30"} | CLAUSES_START
    today = clock.today(i18n.zone()).isoformat()
    return form_page({}, start | {"time_zone": i18n.zone(), "starts_on": today, "kind": "mou"}, {})


@bp.post("/new")
@guard.needs(Permission.AGREEMENT_WRITE)
def create() -> ResponseReturnValue:
    """Draft an agreement; the form comes back with what was typed if some of it cannot be taken."""
    try:
        made = actions.create(guard.actor(), forms.read(AgreementForm()))
    except Invalid as wrong:
        lists = {name: request.form.getlist(name) for name in ("purposes", "datasets", "regions", "outputs")}
        return form_page(wrong.fields, request.form.to_dict(), lists), 400
    flash(_("The agreement is drafted. Read it once more, then share it with the partner."), "success")
    return redirect(url_for("agreements.agreement", ref=made.ref), 303)


@bp.app_errorhandler(TermsForbid)
def forbidden(error: TermsForbid) -> ResponseReturnValue:
    """Say which clauses stand against what was tried; the denial is in the log."""
    web_errors.deny("TermsForbid", error.clauses)
    told = web_errors.TOLD[TermsForbid]
    back = came_from()
    to_accept = "acceptance" in error.clauses and error.agreement
    page = render_template(
        "agreements/forbidden.html",
        told=told,
        status=told.status,
        sentences=[words.clause(name, error.params.get(name)) for name in error.clauses],
        steps=words_clauses.next_steps(error.clauses),
        accept_url=url_for("acceptance.terms", ref=error.agreement, next=back) if to_accept else "",
        back_url=back,
        clauses=error.clauses,
    )
    return page, told.status


def came_from() -> str:
    """Return the page of the portal on which somebody was before; "" if that is not known."""
    said = urlsplit(request.referrer or "")
    return said.path if said.netloc == request.host and said.path != request.path and is_local(said.path) else ""


def form_page(
    errors: dict[str, list[str]],
    values: dict[str, str],
    lists: dict[str, list[str]],
    edited: Agreement | None = None,
) -> str:
    """Render the form that drafts an agreement, or that edits a draft."""
    today = clock.today(i18n.zone())
    regions = [one.code for one in reference().regions.values() if one.until is None or one.until >= today]
    return render_template(
        "agreements/new.html",
        errors=errors,
        values=values,
        lists=lists,
        edited=edited,
        kinds=[(code, words_signing.KIND[code]) for code in KINDS],
        ours=[(one.ref, one.name) for one in people.mmc_signatories()],
        theirs=[(one.ref, f"{one.name} ({one.organisation.name})") for one in people.partner_signatories()],
        partners=[(one.ref, one.name) for one in queries.partners()],
        datasets=[(one.code, i18n.label(one, "title")) for one in queries.datasets()],
        regions=[(code, words.region(code)) for code in (*sorted(regions), actions.UNASSIGNED)],
        purposes=[(code, words.PURPOSE[code]) for code in terms.PURPOSES],
        tiers=[(code, words.TIER[code]) for code in terms.TIERS],
        classes=[(code, words.SENSITIVITY[code]) for code in terms.SENSITIVITIES],
        zones=sorted(available_timezones()),
        clause_words=words_clauses,
    )
