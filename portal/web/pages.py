"""Home, health, language, and what every template may use."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, current_app, g, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import fields, validate
from sqlalchemy import text

from portal import i18n, policy
from portal.actor import Actor
from portal.db import session
from portal.permissions import Permission
from portal.web import forms, guard, security

ROOT = Path(__file__).parents[2]
bp = Blueprint("web", __name__)
VERSION = "0.1.0"


@bp.get("/healthz")
@guard.anyone()
def health() -> ResponseReturnValue:
    """Say whether the database answers; nothing else."""
    session().execute(text("SELECT 1"))
    return jsonify(status="ok")


@bp.get("/")
@guard.anyone()
def home() -> ResponseReturnValue:
    """Show the front page, or send whoever is signed in to the page their work begins on."""
    actor = guard.actor()
    if actor.signed_in:
        start = _start()
        if start:
            return redirect(start, 303)
    return render_template("home.html")


@bp.get("/privacy")
@guard.anyone()
def privacy() -> ResponseReturnValue:
    """Say what the portal keeps about the people who use it."""
    return render_template("privacy.html")


@bp.post("/language")
@guard.anyone()
def language() -> ResponseReturnValue:
    """Remember the language chosen in this browser and go back to the page."""
    wanted = forms.read(LanguageForm())
    response = make_response(redirect(local_or_home(wanted["next"]), 303))
    security.set_language_cookie(response, wanted["language"])
    return response


class LanguageForm(forms.Form):
    """The choice of a language, and where it was made."""

    language = fields.String(required=True, validate=validate.OneOf(sorted(i18n.LANGUAGES)))
    next = fields.String(load_default="/", validate=validate.Length(max=2000))


def is_local(target: str) -> bool:
    r"""Whether a redirect target stays inside the portal: a path, no scheme, no host, no trick of slashes.

    >>> [is_local(target) for target in ("/requests/?q=a", "//evil.example", "/\\evil.example", "https://evil.example")]
    [True, False, False, False]
    """
    return target.startswith("/") and not target.startswith("//") and "\\" not in target and target.isprintable()


def local_or_home(target: str) -> str:
    """Return a redirect target if it stays inside the portal, else the front page."""
    return target if is_local(target) else "/"


NAVIGATION: list[tuple[str, Any, Permission, bool]] = []
ONLY_IF: dict[str, Callable[[Actor], bool]] = {}  # pages that most who may open them have no use for
# Whoever may open more than these many pages finds the daily ones in the bar and the rest behind "More"
BAR = 8
DAILY = frozenset(
    {
        *("reviews.inbox", "requests.shelf", "agreements.shelf", "catalogue.shelf"),
        *("exports.protected_files", "stop.shelf"),
    }
)


def add_navigation(
    endpoint: str,
    label: Any,  # noqa: ANN401 -- a lazy string
    permission: Permission,
    *,
    start: bool = False,
    only_if: Callable[[Actor], bool] | None = None,
) -> None:
    """Offer a page in the navigation to whoever may open it; ``start`` makes it where their work begins.

    ``only_if`` says who of them has a use for it: it hides the link from others, and forbids them nothing.
    """
    if only_if is not None:
        ONLY_IF[endpoint] = only_if
    if all(entry[0] != endpoint for entry in NAVIGATION):
        NAVIGATION.append((endpoint, label, permission, start))


def navigation() -> list[dict[str, Any]]:
    """Return the pages this actor may open, in the order of the house; ``bar`` says which are always in sight."""
    actor = guard.actor()
    held = [entry for entry in NAVIGATION if policy.holds(actor, entry[2])]
    entries = [entry for entry in held if entry[0] not in ONLY_IF or ONLY_IF[entry[0]](actor)]
    return [
        {"url": url_for(endpoint), "label": label, "current": here, "start": start}
        | {"bar": len(entries) <= BAR or endpoint in DAILY or here}
        for endpoint, label, _, start in entries
        for here in [_is_here(endpoint)]
    ]


def _start() -> str:
    """Return the address of the page the actor's work begins on; "" if no page is theirs."""
    return next((str(entry["url"]) for entry in navigation() if entry["start"]), "")


def is_start() -> bool:
    """Whether the page that is open is the one the actor's work begins on."""
    return request.path == _start()


def _is_here(endpoint: str) -> bool:
    """Whether the page that is open belongs to an entry: by its area, if that has one entry only, else by address."""
    areas = [entry[0].split(".")[0] for entry in NAVIGATION]
    area = (request.endpoint or "").split(".")[0]
    if areas.count(area) == 1:
        return endpoint.split(".", maxsplit=1)[0] == area
    return request.path == url_for(endpoint) or request.path.startswith(f"{url_for(endpoint)}/")


def _globals() -> dict[str, Any]:
    return {
        "actor": guard.actor(),
        "nav": navigation() if request else [],
        "languages": i18n.LANGUAGES,
        "language": i18n.current_language(),
        "demo": current_app.config["PORTAL"].demo,
        "nonce": g.get("nonce", ""),
        "portal_version": VERSION,
        "zone": i18n.zone(),
        "may": lambda permission: policy.holds(guard.actor(), Permission(permission)),
        "label": i18n.label,
    }


def install(app: Flask) -> None:
    """Give templates their globals and filters."""
    app.context_processor(_globals)
    app.jinja_env.filters.update(localtime=i18n.localtime, ago=i18n.ago, dateformat=i18n.day)
    app.jinja_env.filters.update(number=i18n.number, percent=i18n.percent, size=i18n.size)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
