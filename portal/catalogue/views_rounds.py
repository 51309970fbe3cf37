"""A contractor's pages: the rounds they were commissioned for, the file of each, and its report. Nothing else."""

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from portal.catalogue import actions_rounds, queries_commissions, sent, words, words_commissions
from portal.catalogue.findings import told
from portal.catalogue.schemas import LockForm
from portal.catalogue.schemas_commissions import FilesForm
from portal.catalogue.views import stages_of, watched
from portal.db import transaction
from portal.errors import Invalid, StorageFull
from portal.permissions import Permission
from portal.web import forms, guard, pages

bp = Blueprint("rounds", __name__, url_prefix="/rounds")


def offer() -> None:
    """Put a contractor's rounds into the navigation: their work begins there."""
    pages.add_navigation("rounds.rounds", lazy_gettext("Your rounds"), Permission.ROUND_READ, start=True)


@bp.get("")
@guard.needs(Permission.ROUND_READ, event="dataset.commission.viewed")
def rounds() -> ResponseReturnValue:
    """List the rounds that are open to the reader: how far each is, and what to do next."""
    found = queries_commissions.rounds(guard.actor())
    return render_template("catalogue/rounds.html", rounds=found, words=words_commissions)


@bp.get("/<ref>")
@guard.needs(Permission.ROUND_READ, event="dataset.commission.viewed")
def round_(ref: str) -> ResponseReturnValue:
    """Show one round: its files, and the form that loads one."""
    return _page(ref, {})


@bp.post("/<ref>/file")
@guard.needs(Permission.ROUND_LOAD, alone=True, uploads=True)
def load(ref: str) -> ResponseReturnValue:
    """Take the round's file in: sealed as it arrives, read by a worker afterwards."""
    try:
        forms.read(FilesForm())
        loaded = actions_rounds.load(guard.actor(), ref, sent.upload())
    except Invalid as wrong:
        faults = {name: [words.fault(one) for one in reasons] for name, reasons in wrong.fields.items()}
        return _again(ref, faults), 400
    except StorageFull:
        full = _("There is no room left to store it. Nothing partial was kept; try again later.")
        return _again(ref, {"file": [full]}), 507
    return redirect(url_for("rounds.file", ref=loaded), 303)


@bp.get("/files/<ref>")
@guard.needs(Permission.ROUND_FILE_READ, event="dataset.version.viewed")
def file(ref: str) -> ResponseReturnValue:
    """Show one file that was loaded: its progress or its report, and the button that withdraws it."""
    actor = guard.actor()
    found = queries_commissions.file(actor, ref)
    return render_template(
        "catalogue/round_file.html",
        version=found,
        commission=queries_commissions.behind(found),
        findings=told(found.report),
        stages=stages_of(found.ref),
        may_withdraw=queries_commissions.may_withdraw(actor, found),
    )


@bp.get("/files/<ref>/progress")
@guard.needs(Permission.ROUND_FILE_READ, event="dataset.version.viewed")
def file_progress(ref: str) -> ResponseReturnValue:
    """Answer the page that watches a file being read."""
    return watched("catalogue/_round_progress.html", queries_commissions.file(guard.actor(), ref))


@bp.post("/files/<ref>/withdraw")
@guard.needs(Permission.ROUND_FILE_WITHDRAW)
def withdraw(ref: str) -> ResponseReturnValue:
    """Take a file back that is not published."""
    actions_rounds.withdraw(guard.actor(), ref, forms.read(LockForm()).lock)
    flash(_("Withdrawn. The file is gone; its report stays."), "success")
    return redirect(url_for("rounds.file", ref=ref), 303)


def _again(ref: str, errors: Mapping[str, list[str]]) -> str:
    with transaction():
        return _page(ref, errors)


def _page(ref: str, errors: Mapping[str, list[str]]) -> str:
    actor = guard.actor()
    found = queries_commissions.round_(actor, ref)
    return render_template(
        "catalogue/round.html",
        one=found,
        files=queries_commissions.files(actor, found.id),
        may_load=queries_commissions.may_load(actor, found) and found.state != "reading",
        errors=dict(errors),
        words=words_commissions,
    )
