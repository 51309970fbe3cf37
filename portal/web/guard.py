"""The guard at every door: an endpoint that declares no need is closed, to everybody."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from flask import current_app, g, request

from portal import policy, ports
from portal.actor import ANONYMOUS, Actor
from portal.errors import Frozen, NotAllowed, NotFound, NotSignedIn
from portal.permissions import Permission

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Need:
    """What an endpoint asks of who comes.

    ``permission`` empty: open to all (``signed_in`` false) or to whoever is signed in. ``event`` is recorded
    when the view has answered: reading leaves a trace as writing does. ``alone`` marks the few views that open
    their own transactions because they hash a password or stream. ``uploads`` marks the few that take a file:
    every other body is small.
    """

    permission: Permission | None
    signed_in: bool
    event: str
    alone: bool
    uploads: bool = False


def needs(
    permission: Permission, *, event: str = "", alone: bool = False, uploads: bool = False
) -> Callable[[View], View]:
    """Declare that an endpoint needs ``permission``; its rows are judged again where they are loaded."""
    return _declare(Need(permission, signed_in=True, event=event, alone=alone, uploads=uploads))


def anyone(*, alone: bool = False) -> Callable[[View], View]:
    """Declare that an endpoint is open to people who are not signed in."""
    return _declare(Need(None, signed_in=False, event="", alone=alone))


def somebody(*, event: str = "", alone: bool = False) -> Callable[[View], View]:
    """Declare that an endpoint is open to whoever is signed in."""
    return _declare(Need(None, signed_in=True, event=event, alone=alone))


def _declare(need: Need) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.__need__ = need  # type: ignore[attr-defined]  # the declaration travels with the function
        return view

    return mark


def need_of(endpoint: str | None) -> Need:
    """Return what an endpoint declared.

    Raises NotFound if it declared nothing: a door without a sign is a wall.
    """
    if endpoint == "static":
        return Need(None, signed_in=False, event="", alone=True)
    view = current_app.view_functions.get(endpoint or "")
    need = getattr(view, "__need__", None)
    if not isinstance(need, Need):
        raise NotFound("page: no such one")
    return need


SESSION_COOKIE = "portal_session"


def cookie_name() -> str:
    """Return the session cookie's name: with the ``__Host-`` prefix wherever https is spoken."""
    return SESSION_COOKIE if current_app.config["PORTAL"].insecure_transport else f"__Host-{SESSION_COOKIE}"


def token() -> str:
    """Return the session that the browser shows, "" if it shows none."""
    return request.cookies.get(cookie_name(), "")


def origin() -> str:
    """Return where a request came from, address and browser: kept in the log under the person's key only."""
    return f"{request.remote_addr or ''} {request.headers.get('User-Agent', '')[:200]}".strip()


def identify() -> Actor:
    """Find out who comes, from the session cookie, once per request; inside an open transaction."""
    shown = token()
    found = ports.house.sessions(shown) if shown else ANONYMOUS
    # Behind a proxy this is the address the proxy saw: ProxyFix has put it there (see app.create_app).
    g.actor = replace(found, address=request.remote_addr or "") if found.signed_in else found
    return g.actor  # type: ignore[no-any-return]  # flask.g holds anything


def admit(need: Need, actor: Actor) -> None:
    """Let the actor through to the view, or raise NotSignedIn, Frozen or NotAllowed."""
    if need.signed_in and actor.kind == "stopped":
        raise Frozen("session: access has been stopped")
    if need.signed_in and not actor.signed_in:
        raise NotSignedIn("session: sign in to go on")
    if need.permission is not None and not policy.holds(actor, need.permission):
        raise NotAllowed(f"{need.permission}: your role does not include this")


def note_read(need: Need, actor: Actor) -> None:
    """Record that something was read, in the transaction that read it."""
    if need.event:
        target = request.view_args or {}
        ports.house.log.read(actor, need.event, str(target.get("ref", "")), request.endpoint or "")


def actor() -> Actor:
    """Return who acts in this web request."""
    return g.get("actor", ANONYMOUS)  # type: ignore[no-any-return]


def context() -> dict[str, str]:
    """Return what the log keeps about the request itself: never its query string or form."""
    return {
        "request_id": g.get("request_id", ""),
        "route": request.url_rule.rule if request.url_rule else "",
        "method": request.method if request.method in {"GET", "POST", "HEAD"} else "OTHER",
        "endpoint": request.endpoint or "",
    }
