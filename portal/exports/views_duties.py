"""Pages about duties of destruction: what an organisation holds, one duty, and all for who watches over them."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from portal import clock, policy
from portal.actor import Actor
from portal.catalogue.schemas import LockForm
from portal.errors import Invalid
from portal.exports import actions_duties, actions_loss, queries_ends, words_ends
from portal.exports.models_ends import DestructionDuty
from portal.exports.schemas_ends import STATUSES, AttestationForm, BackForm, LookForm, LossForm, StopForm
from portal.exports.workflow import METHODS
from portal.permissions import Permission
from portal.web import forms, guard, lists, pages

bp = Blueprint("duties", __name__)
SAMPLE = 0.2  # the share of duties that the data protection officer is asked to look at


def offer() -> None:
    """Put the pages into the navigation."""
    pages.add_navigation("duties.holdings", lazy_gettext("What we hold"), Permission.DUTY_ATTEST)
    pages.add_navigation("duties.shelf", lazy_gettext("Destruction"), Permission.DUTY_OVERSEE)


@bp.get("/holdings")
@guard.needs(Permission.DUTY_ATTEST, event="duty.listed")
def holdings() -> ResponseReturnValue:
    """Show a partner's person what they have downloaded and what is to do; the focal point, what all have."""
    actor = guard.actor()
    held = queries_ends.holdings(actor)
    asking = [one.duty for one in held if one.duty is not None and _may(actor, one.duty)["something"]]
    return render_template(
        "exports/holdings.html",
        held=held,
        asking=asking,
        blocked=bool(queries_ends.blocks(actor.organisation_id)),
        focal=policy.holds(actor, Permission.DUTY_COUNTERSIGN),
        days_left=queries_ends.days_left,
        words=words_ends,
    )


@bp.get("/duties")
@guard.needs(Permission.DUTY_OVERSEE, event="duty.listed")
def shelf() -> ResponseReturnValue:
    """List the duties of every organisation, the most pressing first."""
    look = forms.read_query(LookForm())["status"]
    rows = queries_ends.duties(guard.actor(), "" if look == "sample" else look)
    if look == "sample":
        rows = [one for one in rows if in_sample(one) and one.checked_at is None and one.attested_at is not None]
    found = lists.listing(
        rows,
        {
            "organisation": lambda one: one.organisation.name,
            "holder": lambda one: one.person.name,
            "number": lambda one: one.release.request.number,
            "status": lambda one: STATUSES.index(one.status),
            "due": lambda one: one.due_on,
        },
    )
    if lists.wants_csv():
        heads = ("organisation", "holder", "request", "ended_as", "state", "due_on", "attested_utc", "method", "sha256")
        return lists.as_csv("duties", heads, map(_line, found.rows))
    counts = {name: len(queries_ends.duties(guard.actor(), name)) for name in ("overdue", "due", "attested")}
    return render_template(
        "exports/duties.html",
        listing=found,
        look=look,
        counts=counts,
        days_left=queries_ends.days_left,
        words=words_ends,
    )


def in_sample(duty: DestructionDuty) -> bool:
    """Whether a duty is one of the fifth that is checked: drawn by its reference, so nobody chooses."""
    return hashlib.sha256(duty.ref.encode()).digest()[0] < 256 * SAMPLE


def _line(one: DestructionDuty) -> Sequence[object]:
    attested = one.attested_at.isoformat() if one.attested_at else ""
    who = one.organisation.name, one.person.name, one.release.request.number
    return *who, one.release.cause, one.status, one.due_on, attested, one.method, one.release.sha256


@bp.get("/duties/<ref>")
@guard.needs(Permission.DUTY_READ, event="duty.viewed")
def duty(ref: str) -> ResponseReturnValue:
    """Show one duty, and what its reader may do about it."""
    return _page(ref)


def _page(ref: str, errors: Mapping[str, Sequence[str]] | None = None, form: str = "") -> str:
    actor = guard.actor()
    found = queries_ends.duty(actor, ref)
    return render_template(
        "exports/duty.html",
        duty=found,
        may_do=_may(actor, found),
        left=queries_ends.days_left(found),
        holder=next((one for one in queries_ends.holders(found.release) if one.person.id == found.person_id), None),
        methods=[(name, *words_ends.METHOD[name]) for name in METHODS],
        today=clock.today(found.release.request.agreement.time_zone),
        mine=found.person_id == actor.id,
        sample=in_sample(found),
        errors=dict(errors or {}),
        form=form,
        typed=request.form.to_dict() if form else {},
        words=words_ends,
    )


def _may(actor: Actor, found: DestructionDuty) -> dict[str, bool]:
    officer = policy.may(actor, Permission.DUTY_OVERSEE, found)
    signer = found.status == "attested" and policy.may(actor, Permission.DUTY_COUNTERSIGN, found)
    open_ = found.status in {"due", "overdue"}
    attest = open_ and policy.may(actor, Permission.DUTY_ATTEST, found)
    return {
        "attest": attest,
        "countersign": signer,
        "send_back": found.status == "attested" and (signer or officer),
        "waive": officer and (open_ or found.status == "attested"),
        "check": officer and found.attested_at is not None and found.checked_at is None,
        "something": attest or signer,
    }


def _done(ref: str, form: str, deed: Callable[[], object], said: str) -> ResponseReturnValue:
    """Do a deed; the form comes back with what was typed if some of it cannot be taken."""
    try:
        deed()
    except Invalid as wrong:
        return _page(ref, wrong.fields, form), 400
    flash(said, "success")
    return redirect(url_for("duties.duty", ref=ref), 303)


@bp.post("/duties/<ref>/attest")
@guard.needs(Permission.DUTY_ATTEST)
def attest(ref: str) -> ResponseReturnValue:
    """Attest that every copy is destroyed."""

    def deed() -> Any:  # noqa: ANN401 -- what an action returns
        return actions_duties.attest(guard.actor(), ref, forms.read(AttestationForm()))

    return _done(ref, "attest", deed, _("Attested. The focal point of your organisation countersigns it."))


@bp.post("/duties/<ref>/lose")
@guard.needs(Permission.DUTY_ATTEST)
def lose(ref: str) -> ResponseReturnValue:
    """State that a copy was lost or stolen."""

    def deed() -> Any:  # noqa: ANN401
        return actions_loss.lose(guard.actor(), ref, forms.read(LossForm()))

    return _done(ref, "lose", deed, _("Stated. The data protection officer is told; your focal point countersigns it."))


@bp.post("/duties/<ref>/countersign")
@guard.needs(Permission.DUTY_COUNTERSIGN)
def countersign(ref: str) -> ResponseReturnValue:
    """Countersign an attestation."""

    def deed() -> Any:  # noqa: ANN401
        return actions_duties.countersign(guard.actor(), ref, lock=forms.read(LockForm()).lock)

    return _done(ref, "countersign", deed, _("Countersigned."))


@bp.post("/duties/<ref>/return")
@guard.needs(Permission.DUTY_READ)
def send_back(ref: str) -> ResponseReturnValue:
    """Give an attestation back."""

    def deed() -> Any:  # noqa: ANN401
        form = forms.read(BackForm())
        return actions_duties.send_back(guard.actor(), ref, lock=form.lock, reason=form.reason)

    return _done(ref, "return", deed, _("Given back with your reason."))


@bp.post("/duties/<ref>/waive")
@guard.needs(Permission.DUTY_OVERSEE)
def waive(ref: str) -> ResponseReturnValue:
    """Waive a duty."""

    def deed() -> Any:  # noqa: ANN401
        form = forms.read(StopForm())
        return actions_duties.waive(guard.actor(), ref, lock=form.lock, reason=form.reason, code=form.code)

    return _done(ref, "waive", deed, _("Waived, with your reason."))


@bp.post("/duties/<ref>/check")
@guard.needs(Permission.DUTY_OVERSEE)
def check(ref: str) -> ResponseReturnValue:
    """Note that an attestation of the sample was looked at."""

    def deed() -> Any:  # noqa: ANN401
        return actions_duties.check(guard.actor(), ref, lock=forms.read(LockForm()).lock)

    return _done(ref, "check", deed, _("Noted: you have looked at it."))
