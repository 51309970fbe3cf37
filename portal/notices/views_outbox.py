"""The outbox for staff: which letters went out and which did not. What a letter says is not shown here."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from portal.letters.kinds import KINDS
from portal.notices import actions, queries, words
from portal.notices.schemas import SORTS, STATUSES, Empty, OutboxForm, OutboxLook
from portal.permissions import Permission
from portal.web import forms, guard, pages

bp = Blueprint("outbox", __name__, url_prefix="/outbox")


def offer() -> None:
    """Put the page into the navigation."""
    pages.add_navigation("outbox.outbox", lazy_gettext("Outbox"), Permission.OUTBOX_READ)


@bp.get("")
@guard.needs(Permission.OUTBOX_READ, event="outbox.viewed")
def outbox() -> ResponseReturnValue:
    """List letters, narrowed and sorted as asked."""
    look = forms.read_query(OutboxForm())
    found = queries.outbox(guard.actor(), look)
    return render_template(
        "outbox/list.html",
        found=found,
        look=look,
        words=words,
        kinds=[(name, words.KIND[name]) for name in KINDS],
        statuses=[(name, words.STATUS[name]) for name in STATUSES],
        sort_urls={sort: _url(look, sort=sort, descending=look.sort != sort or not look.descending) for sort in SORTS},
        prev_url=_url(look, page=found.page - 1) if found.page > 1 else "",
        next_url=_url(look, page=found.page + 1) if found.page < found.pages else "",
    )


@bp.post("/<ref>/resend")
@guard.needs(Permission.OUTBOX_RESEND)
def resend(ref: str) -> ResponseReturnValue:
    """Send one letter again."""
    forms.read(Empty())
    actions.resend(guard.actor(), ref)
    flash(_("The letter is on its way again."), "success")
    return _back()


@bp.post("/resend")
@guard.needs(Permission.OUTBOX_RESEND)
def resend_all() -> ResponseReturnValue:
    """Send every letter again that was given up."""
    forms.read(Empty())
    number = actions.resend_all(guard.actor())
    said = ngettext("%(num)d letter is on its way again.", "%(num)d letters are on their way again.", number)
    flash(said if number else _("No letter waits to be sent again."), "success")
    return _back()


def _back() -> ResponseReturnValue:
    look = forms.read_query(OutboxForm())
    return redirect(_url(look, page=look.page), 303)


def _url(look: OutboxLook, **changed: Any) -> str:  # noqa: ANN401 -- a word, a number or a choice
    values: dict[str, Any] = {
        "status": look.status,
        "kind": look.kind,
        "sort": look.sort,
        "descending": look.descending,
    } | changed
    return url_for("outbox.outbox", **{name: value for name, value in values.items() if value not in ("", 1)})
