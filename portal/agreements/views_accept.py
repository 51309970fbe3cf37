"""The page on which a person accepts an agreement's terms, and the way back to where they were."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.agreements import actions_accept, content, queries, words, words_clauses
from portal.agreements.schemas import AcceptForm
from portal.permissions import Permission
from portal.policy import require
from portal.web import forms, guard
from portal.web.pages import is_local

bp = Blueprint("acceptance", __name__, url_prefix="/agreements")


@bp.get("/<ref>/terms")
@guard.needs(Permission.AGREEMENT_ACCEPT, event="agreement.viewed")
def terms(ref: str) -> ResponseReturnValue:
    """Show the terms as they stand, and the button that accepts them."""
    actor = guard.actor()
    found = queries.agreement(actor, ref)
    require(actor, Permission.AGREEMENT_ACCEPT, found)
    back = request.args.get("next", "")
    return render_template(
        "agreements/accept.html",
        agreement=found,
        sha256=content.sha256_of(found),
        accepted=queries.has_accepted(found, actor.id),
        back=back if is_local(back) else "",
        purposes=", ".join(str(words.PURPOSE.get(code, code)) for code in found.purposes),
        datasets="; ".join(queries.titles(found.datasets)),
        regions=", ".join(words.region(code) for code in found.regions),
        words=words,
        clause_words=words_clauses,
    )


@bp.post("/<ref>/terms")
@guard.needs(Permission.AGREEMENT_ACCEPT)
def accept(ref: str) -> ResponseReturnValue:
    """Take the acceptance and lead back."""
    given = forms.read(AcceptForm())
    actions_accept.accept(guard.actor(), ref, sha256=given.sha256)
    flash(_("You have accepted the terms."), "success")
    return redirect(given.next if is_local(given.next) else url_for("agreements.agreement", ref=ref), 303)
