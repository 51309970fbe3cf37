"""The agreement's check and the request's own ends, asked again at submit, decide, build and download.

The clock ends access by itself: nothing here waits for a job to have marked anything.
"""

from portal import clock, ports
from portal.agreements import queries as agreements
from portal.agreements.terms import Ask
from portal.errors import TermsForbid
from portal.requests import menu as menus
from portal.requests.models import Request
from portal.requests.scope import Scope, from_content


def menu_of(request: Request) -> menus.Menu:
    """Return the menu of the request's protected file.

    Raises TermsForbid if it is not signed off any more.
    """
    raw = ports.house.protected_menu(request.version_id, request.tier)
    if raw is None:
        raise TermsForbid(("file",))
    return menus.read(raw)


def ask_of(request: Request, scope: Scope, menu: menus.Menu) -> Ask:
    """Return what a scope asks of the agreement."""
    return Ask(
        organisation=request.organisation.ref,
        purpose=scope.purpose,
        dataset=scope.dataset,
        regions=scope.regions,
        tier=scope.tier,
        most_sensitive=menu.most_sensitive(scope.variables),
        ends_on=scope.ends_on,
    )


def require(request: Request, scope: Scope, menu: menus.Menu) -> None:
    """Refuse with TermsForbid unless the agreement allows this scope now and the file is still the one asked for."""
    agreements.require(request.agreement, ask_of(request, scope, menu))
    if scope.file != menu.file:
        raise TermsForbid(("file",))


def may_build(request: Request) -> None:
    """Refuse with TermsForbid unless the accepted scope may be built at this moment, for whoever asked."""
    asker = request.requester
    if asker.disabled_at is not None or asker.organisation_id != request.organisation_id:
        raise TermsForbid(("requester",))
    may_download(request)


def may_download(request: Request) -> None:
    """Refuse with TermsForbid unless what was built for the request may be fetched at this moment."""
    if request.status != "active" or request.scope is None:
        raise TermsForbid(("request",))
    if request.ends_on is None or clock.day_end(request.ends_on, request.agreement.time_zone) <= clock.now():
        raise TermsForbid(("request",))
    if not request.organisation.active:
        raise TermsForbid(("organisation",))
    require(request, from_content(request.scope.content), menu_of(request))
