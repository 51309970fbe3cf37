"""A person's own messages, how they come, and the calendar of their deadlines."""

from typing import Any

from flask import Blueprint, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from jinja2 import TemplateError

from portal import clock, i18n, ports
from portal.actor import Actor
from portal.errors import Invalid
from portal.letters.kinds import CHOSEN, DIGEST, KINDS, Way
from portal.letters.models import Letter
from portal.letters.writing import say
from portal.notices import actions, diary, queries, words
from portal.notices.schemas import Look, LookForm, SeenForm, wanted_form
from portal.permissions import Permission
from portal.web import forms, guard

bp = Blueprint("notices", __name__)


@bp.app_context_processor
def _for_every_page() -> dict[str, Any]:
    return {"unread_messages": _unread}


def _unread() -> int:
    if "unread_messages" not in g:
        g.unread_messages = queries.unread(guard.actor())
    return int(g.unread_messages)


@bp.get("/notices")
@guard.needs(Permission.NOTICE_READ, event="notice.listed")
def notices() -> ResponseReturnValue:
    """List the reader's own messages, in the words of the letters and the language of now."""
    look, actor = forms.read_query(LookForm()), guard.actor()
    found = queries.messages(actor, look)
    return render_template(
        "notices/list.html",
        found=found,
        rows=[_shown(one) for one in found.rows],
        look=look,
        newest=queries.newest(actor),
        asked=_asked(look, found.page),
        kinds=[(name, words.KIND[name]) for name in KINDS if name != DIGEST.name],
        prev_url=_url(look, found.page - 1) if found.page > 1 else "",
        next_url=_url(look, found.page + 1) if found.page < found.pages else "",
    )


@bp.post("/notices/read")
@guard.needs(Permission.NOTICE_READ)
def mark_read() -> ResponseReturnValue:
    """Mark everything up to the newest message that was shown as read, or one message; the list stays as it was."""
    look, seen = forms.read_query(LookForm()), forms.read(SeenForm())
    number = actions.mark_read(guard.actor(), seen.ref, only=seen.alone)
    said = ngettext("%(num)d message is marked as read.", "%(num)d messages are marked as read.", number)
    flash(said if number else _("Every message is read already."), "success")
    return redirect(_url(look, look.page), 303)


@bp.get("/notices/settings")
@guard.needs(Permission.NOTICE_READ, event="notice.listed")
def settings() -> ResponseReturnValue:
    """Show which messages come how."""
    return _settings_page({}, queries.ways(guard.actor()))


@bp.post("/notices/settings")
@guard.needs(Permission.NOTICE_READ)
def choose() -> ResponseReturnValue:
    """Take how each kind shall come."""
    try:
        wanted = forms.read(wanted_form())
    except Invalid as fault:
        return _settings_page(fault.fields, request.form), 400
    actions.choose(guard.actor(), wanted)
    flash(_("Saved."), "success")
    return redirect(url_for("auth.profile", _anchor="messages"), 303)


@bp.get("/calendar.ics")
@guard.needs(Permission.NOTICE_READ, event="notice.calendar.downloaded")
def calendar() -> ResponseReturnValue:
    """Hand out the reader's deadlines as a calendar file."""
    config = ports.house.config
    name = _("4Mi data portal")
    deadlines = ports.house.deadlines(guard.actor())
    response = make_response(
        diary.as_ics(name, deadlines, portal_url=config.public_url, host=config.host, now=clock.now())
    )
    response.content_type = "text/calendar; charset=utf-8"
    response.headers["Content-Disposition"] = 'attachment; filename="4mi-deadlines.ics"'
    return response


def panel(actor: Actor) -> str:
    """Return the part of the profile page about messages."""
    return render_template("notices/_settings.html", errors={}, **_choices(queries.ways(actor)))


def _settings_page(errors: forms.Errors, typed: forms.Typed) -> str:
    return render_template("notices/settings.html", errors=errors, **_choices(typed))


def _choices(values: forms.Typed) -> dict[str, Any]:
    return {
        "choices": [(name, words.KIND[name], words.HINT.get(name, "")) for name in CHOSEN],
        "ways": [(way.value, words.WAY[way]) for way in Way],
        "values": {name: values.get(name, "") for name in CHOSEN},
        "always": [words.KIND[one.name] for one in KINDS.values() if one.urgent and one is not DIGEST],
    }


def _shown(letter: Letter) -> dict[str, Any]:
    """Return a message as the list shows it; of one whose text is not kept any more, its kind."""
    subject, text = "", []
    if letter.pruned_at is None:
        try:
            said = say(letter, i18n.current_language())
        except (TemplateError, ValueError, TypeError, LookupError, AttributeError):
            said = None  # an older letter than its template: its kind is shown
        if said is not None:
            subject, text = said.subject, words.gist(said.text, ports.house.config.public_url)
    return {
        "subject": subject or words.KIND[letter.kind],
        "text": text,
        "path": letter.path,
        "kind": words.KIND[letter.kind],
        "when": letter.created_at,
        "unread": letter.read_at is None,
        "ref": letter.message_id,
    }


def _url(look: Look, page: int) -> str:
    return url_for("notices.notices", **_asked(look, page))


def _asked(look: Look, page: int) -> dict[str, Any]:
    """What the address of a page of the list says beyond the list itself."""
    asked = {"show": look.show, "kind": look.kind, "page": page if page > 1 else 0}
    return {name: value for name, value in asked.items() if value}
