"""The page under a dataset that says who co-owns which of its variables, and since when."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal import policy
from portal.catalogue import actions_owners, queries_owners, words
from portal.catalogue.models import Dataset
from portal.catalogue.models_owners import Coownership
from portal.catalogue.schemas_owners import LastDayForm, OwnerForm
from portal.errors import Invalid
from portal.permissions import Permission
from portal.web import forms, guard

bp = Blueprint("owners", __name__, url_prefix="/catalogue")


@bp.get("/<ref>/owners")
@guard.needs(Permission.OWNER_READ, event="dataset.metadata.viewed")
def owners(ref: str) -> ResponseReturnValue:
    """Show who co-owns what of a dataset, and to whom may the form that records it."""
    return _page(queries_owners.dataset(guard.actor(), ref), {})


@bp.post("/<ref>/owners")
@guard.needs(Permission.OWNER_WRITE)
def record(ref: str) -> ResponseReturnValue:
    """Record a co-owner; the form comes back with what was typed if some of it cannot be taken."""
    actor = guard.actor()
    try:
        actions_owners.record_owner(actor, ref, forms.read(OwnerForm()))
    except Invalid as wrong:
        return _page(queries_owners.dataset(actor, ref), wrong.fields, typed=True), 400
    flash(_("Recorded. Requests that are sent from now on ask them too."), "success")
    return redirect(url_for("owners.owners", ref=ref), 303)


@bp.get("/owners/<ref>/end")
@guard.needs(Permission.OWNER_END, event="dataset.metadata.viewed")
def end_form(ref: str) -> ResponseReturnValue:
    """Ask for the last day of a co-ownership."""
    return _end_page(queries_owners.coownership(guard.actor(), ref), {}, {})


@bp.post("/owners/<ref>/end")
@guard.needs(Permission.OWNER_END)
def end(ref: str) -> ResponseReturnValue:
    """Let a co-ownership end with a day."""
    actor = guard.actor()
    found = queries_owners.coownership(actor, ref)
    try:
        actions_owners.end_owner(actor, ref, forms.read(LastDayForm()))
    except Invalid as wrong:
        return _end_page(found, wrong.fields, request.form.to_dict()), 400
    flash(_("Recorded. What was sent before keeps its deciders."), "success")
    return redirect(url_for("owners.owners", ref=found.dataset.ref), 303)


def _page(dataset: Dataset, errors: Mapping[str, list[str]], *, typed: bool = False) -> str:
    today, variables = queries_owners.today(), queries_owners.askable(dataset.id)
    return render_template(
        "catalogue/owners.html",
        dataset=dataset,
        rows=[(one, one.standing(today)) for one in queries_owners.of_dataset(dataset.id)],
        labels={one.name: one for one in variables},
        section_name=words.section,
        sections=list(dict.fromkeys(one.section for one in variables if one.section)),
        variables=variables,
        organisations=[(one.ref, one.name) for one in queries_owners.candidates()],
        may_write=policy.may(guard.actor(), Permission.OWNER_WRITE, dataset),
        today=today,
        errors=dict(errors),
        typed=_typed() if typed else {},
    )


def _end_page(found: Coownership, errors: Mapping[str, list[str]], typed: Mapping[str, str]) -> str:
    return render_template(
        "catalogue/owners_end.html",
        one=found,
        dataset=found.dataset,
        standing=found.standing(queries_owners.today()),
        what=", ".join([*map(words.section, found.sections), *found.variables]),
        today=queries_owners.today(),
        errors=dict(errors),
        typed=typed,
    )


def _typed() -> dict[str, Any]:
    lists = {name: request.form.getlist(name) for name in ("sections", "variables")}
    return request.form.to_dict() | lists
