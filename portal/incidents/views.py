"""The doors of incidents: reporting one, the list, the record with its clock; and the clock on every officer's page."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal import clock, i18n, policy
from portal.auth import queries as people
from portal.catalogue.schemas import LockForm
from portal.db import session
from portal.errors import Invalid
from portal.incidents import actions, affected, queries, words
from portal.incidents.models import Incident
from portal.incidents.schemas import (
    KINDS,
    AssessmentForm,
    AwarenessForm,
    BecauseForm,
    NamedForm,
    NoteForm,
    ReportForm,
)
from portal.permissions import Permission
from portal.web import forms, guard, lists

bp = Blueprint("incidents", __name__, url_prefix="/incidents")
HEADS = ("number", "kind", "status", "aware_utc", "deadline_utc", "decided_utc", "notified_utc", "closed_utc")


@bp.app_context_processor
def clocks() -> dict[str, Any]:
    """Give every page of an officer the clocks that run; nothing on a page that is drawn outside a transaction."""
    actor = guard.actor()
    if not policy.holds(actor, Permission.FREEZE_READ) or not session().info.get("open"):
        return {"clocks": []}
    return {"clocks": [(one, words.time_left(one.deadline)) for one in queries.running_clocks()]}


@bp.get("")
@guard.needs(Permission.INCIDENT_READ, event="incident.listed")
def shelf() -> ResponseReturnValue:
    """List the incidents the reader may see."""
    status, kind = request.args.get("status", ""), request.args.get("kind", "")
    found = lists.listing(
        queries.incidents(guard.actor(), status, kind),
        {
            "number": lambda one: one.number,
            "kind": lambda one: one.kind,
            "status": lambda one: one.status,
            "deadline": lambda one: one.deadline,
        },
    )
    if lists.wants_csv():
        return lists.as_csv("incidents", HEADS, map(_line, found.rows))
    return render_template("incidents/list.html", listing=found, status=status, kind=kind, words=words)


def _line(one: Incident) -> tuple[object, ...]:
    moments = (one.aware_at, one.deadline, one.decided_at, one.notified_at, one.closed_at)
    return one.number, one.kind, one.status, *(at.isoformat() if at else "" for at in moments)


@bp.get("/report")
@guard.needs(Permission.INCIDENT_REPORT, event="incident.listed")
def report_form() -> ResponseReturnValue:
    """Ask what happened."""
    now = clock.now().astimezone(ZoneInfo(i18n.zone())).strftime("%Y-%m-%dT%H:%M")
    kind, release = request.args.get("kind", ""), request.args.get("release", "")  # of a page that offers to report it
    typed = {"noticed_at": now} | ({"kind": kind} if kind in KINDS else {})
    return _report_page({}, typed, [release] if release else [])


@bp.post("/report")
@guard.needs(Permission.INCIDENT_REPORT)
def report() -> ResponseReturnValue:
    """Take a report; the form comes back with what was typed if some of it cannot be taken."""
    try:
        made = actions.report(guard.actor(), forms.read(ReportForm()))
    except Invalid as wrong:
        return _report_page(wrong.fields, request.form.to_dict(), request.form.getlist("releases")), 400
    flash(_("Thank you. The data protection officer has been told, and will write to you."), "success")
    return redirect(url_for("incidents.show", ref=made.ref), 303)


def _report_page(errors: Mapping[str, list[str]], typed: Mapping[str, str], chosen: list[str]) -> str:
    releases = queries.releases_to_name(guard.actor())
    return render_template(
        "incidents/report.html",
        errors=errors,
        typed=typed,
        chosen=chosen,
        releases=[(one.ref, f"{one.request.number}, {i18n.label(one.request.dataset, 'title')}") for one in releases],
        zone=i18n.zone(),
        words=words,
    )


@bp.get("/<ref>")
@guard.needs(Permission.INCIDENT_READ, event="incident.viewed")
def show(ref: str) -> ResponseReturnValue:
    """Show one incident: its clock, its record, the releases and who holds them."""
    return _page(ref, {}, {})


def _page(ref: str, errors: Mapping[str, list[str]], typed: Mapping[str, str]) -> str:
    actor = guard.actor()
    row = queries.incident(actor, ref)
    officer = policy.holds(actor, Permission.FREEZE_READ)
    releases = [one.release for one in row.releases]
    holders = affected.holders_of(releases) if officer else {}
    return render_template(
        "incidents/incident.html",
        incident=row,
        left=words.time_left(row.deadline),
        late=clock.now() > row.deadline,
        officer=officer,
        releases=[(one, holders.get(one.id, [])) for one in releases],
        names=people.names([line["ref"] for lines in holders.values() for line in lines]),
        freezes=[(one, words.what(one)) for one in queries.freezes_of(row)] if officer else [],
        may_assess=policy.may(actor, Permission.INCIDENT_ASSESS, row),
        may_note=policy.may(actor, Permission.INCIDENT_NOTE, row),
        errors=errors,
        typed=typed,
        aware_at=row.aware_at.astimezone(ZoneInfo(i18n.zone())).strftime("%Y-%m-%dT%H:%M"),
        zone=i18n.zone(),
        words=words,
    )


@bp.post("/<ref>/notes")
@guard.needs(Permission.INCIDENT_NOTE)
def note(ref: str) -> ResponseReturnValue:
    """Add a line to the record."""
    try:
        said = forms.read(NoteForm())
        actions.note(guard.actor(), ref, kind=said.kind, text=said.text)
    except Invalid as wrong:
        return _page(ref, wrong.fields, request.form.to_dict()), 400
    flash(_("Added. A line is never changed or taken away."), "success")
    return redirect(url_for("incidents.show", ref=ref), 303)


@bp.post("/<ref>/releases")
@guard.needs(Permission.INCIDENT_ASSESS)
def link(ref: str) -> ResponseReturnValue:
    """Link the releases of a request."""
    try:
        actions.link_release(guard.actor(), ref, forms.read(NamedForm()).number)
    except Invalid as wrong:
        return _page(ref, wrong.fields, request.form.to_dict()), 400
    flash(_("Linked."), "success")
    return redirect(url_for("incidents.show", ref=ref), 303)


@bp.post("/<ref>/awareness")
@guard.needs(Permission.INCIDENT_ASSESS)
def correct(ref: str) -> ResponseReturnValue:
    """Correct since when MMC is aware."""
    try:
        actions.correct(guard.actor(), ref, forms.read(AwarenessForm()))
    except Invalid as wrong:
        return _page(ref, wrong.fields, request.form.to_dict()), 400
    flash(_("Corrected. The clock runs from there, and the record keeps both moments."), "success")
    return redirect(url_for("incidents.show", ref=ref), 303)


@bp.post("/<ref>/assess")
@guard.needs(Permission.INCIDENT_ASSESS)
def begin(ref: str) -> ResponseReturnValue:
    """Begin to assess it."""
    actions.begin(guard.actor(), ref, lock=forms.read(LockForm()).lock)
    flash(_("You are assessing it. The clock goes on until you have decided."), "success")
    return redirect(url_for("incidents.show", ref=ref), 303)


@bp.post("/<ref>/decide")
@guard.needs(Permission.INCIDENT_ASSESS)
def decide(ref: str) -> ResponseReturnValue:
    """Decide whether the authority is told."""
    try:
        actions.decide(guard.actor(), ref, forms.read(AssessmentForm()))
    except Invalid as wrong:
        return _page(ref, wrong.fields, request.form.to_dict()), 400
    flash(_("Your decision is recorded."), "success")
    return redirect(url_for("incidents.show", ref=ref), 303)


@bp.post("/<ref>/<any(reassess, close):verb>")
@guard.needs(Permission.INCIDENT_ASSESS)
def settle(ref: str, verb: str) -> ResponseReturnValue:
    """Look at it again, or close it."""
    deed = {"reassess": actions.reassess, "close": actions.close}[verb]
    try:
        said = forms.read(BecauseForm())
        deed(guard.actor(), ref, lock=said.lock, reason=said.reason, code=said.code)
    except Invalid as wrong:
        return _page(ref, wrong.fields, request.form.to_dict()), 400
    flash(_("Recorded."), "success")
    return redirect(url_for("incidents.show", ref=ref), 303)
