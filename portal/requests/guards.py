"""The agreement's check and the request's own ends, asked again at submit, decide, build and download.

The clock ends access by itself: nothing here waits for a job to have marked anything.
"""

from collections.abc import Iterable, Sequence

from portal import clock, freezes, ports
from portal.actor import Actor
from portal.agreements import queries as agreements
from portal.agreements import queries_dpia, terms
from portal.agreements.models import Agreement
from portal.agreements.terms import Ask
from portal.errors import TermsForbid
from portal.requests import menu as menus
from portal.requests import reach, routing
from portal.requests.models import Request
from portal.requests.rounds import EXCEPTION
from portal.requests.scope import Scope, from_content
from portal.requests.workflow import WAITS


def menu_of(request: Request) -> menus.Menu:
    """Return the menu of the request's protected file.

    Raises TermsForbid if it is not signed off any more.
    """
    raw = ports.house.protected_menu(request.version_id, request.tier)
    if raw is None:
        raise TermsForbid(("file",))
    return menus.read(raw)


def ask_of(request: Request, scope: Scope, menu: menus.Menu, moment: str = "decide") -> Ask:
    """Return what a scope asks of the agreement.

    A scope frozen before kinds of output were asked names none: it might serve any, so it asks for all. Its requester
    accepted a form that forbade passing on and matching.
    """
    return Ask(
        moment=moment,
        organisation=request.organisation.ref,
        purpose=scope.purpose,
        dataset=scope.dataset,
        regions=scope.regions,
        tier=scope.tier,
        most_sensitive=menu.most_sensitive((*scope.variables, *scope.extras)),
        ends_on=scope.ends_on,
        outputs=frozenset(scope.outputs or terms.OUTPUTS),
        onward=scope.onward or "none",
        matching="named" if scope.matching else "none",
    )


def require(request: Request, scope: Scope, menu: menus.Menu, moment: str, actor: Actor | None = None) -> None:
    """Refuse with TermsForbid unless the agreement allows this scope now and the file is still the one asked for.

    Where somebody of the partner stands at the door, as at ``submit`` and ``download``, they are judged too.
    """
    allows(request, scope, menu, moment, actor)
    if scope.file != menu.file:
        raise TermsForbid(("file",))


def allows(request: Request, scope: Scope, menu: menus.Menu, moment: str, actor: Actor | None = None) -> None:
    """Refuse with TermsForbid unless nothing is frozen that this scope holds, and the agreement allows it now."""
    if frozen(request, scope):
        raise TermsForbid((freezes.REASON,))
    ask = ask_of(request, scope, menu, moment)
    agreements.require(request.agreement, agreements.of_person(ask, request.agreement, actor) if actor else ask)


def may_go_on(request: Request, renewal: Agreement, scope: Scope, actor: Actor) -> None:
    """Refuse with TermsForbid unless this scope may go on under a renewal, for whoever confirms it now."""
    menu = menu_of(request)
    if scope.file != menu.file:
        raise TermsForbid(("file",))
    if frozen(request, scope):
        raise TermsForbid((freezes.REASON,))
    agreements.require(renewal, agreements.of_person(ask_of(request, scope, menu, "submit"), renewal, actor))


def triggers(
    request: Request,
    menu: menus.Menu,
    variables: Iterable[str],
    *,
    matching: str,
    repeats: bool,
    extras: Sequence[str],
) -> tuple[str, ...]:
    """Return why the data protection officer must decide after the regions today; empty if nothing asks for it."""
    recurring = repeats and queries_dpia.valid(request.agreement) is None
    kind = EXCEPTION if extras else request.kind
    names = (*variables, *extras)
    return routing.triggers(kind, menu, names, matching=bool(matching), recurring=recurring)


def triggers_of(request: Request, scope: Scope, menu: menus.Menu) -> tuple[str, ...]:
    """Return the same for a frozen scope."""
    return triggers(
        request,
        menu,
        scope.variables,
        matching=scope.matching,
        repeats=bool(scope.repeats),
        extras=scope.extras,
    )


def frozen(request: Request, scope: Scope) -> bool:
    """Whether a freeze stands against a scope of the request: of who asks, of the dataset, or of rows it may hold."""
    things = (freezes.ORGANISATION, request.organisation.ref), (freezes.DATASET, request.dataset.ref)
    if freezes.stopped(*things):
        return True
    return any(reach.touches((part.filters for part in scope.parts), rows) for rows in freezes.stopped_rows())


def may_build(request: Request) -> None:
    """Refuse with TermsForbid unless the accepted scope may be built at this moment, for whoever asked."""
    _asker(request)
    _runs(request, "build")


def may_run(request: Request, scope: Scope, menu: menus.Menu) -> None:
    """Refuse with TermsForbid unless this scope, of a newer file than the accepted one, may be built at this moment."""
    _asker(request)
    _lasts(request)
    require(request, scope, menu, "build")


def _asker(request: Request) -> None:
    asker = request.requester
    if asker.disabled_at is not None or asker.organisation_id != request.organisation_id:
        raise TermsForbid(("requester",))
    if freezes.stopped((freezes.PERSON, asker.ref)):
        raise TermsForbid((freezes.REASON,))


def may_download(request: Request, actor: Actor | None = None) -> None:
    """Refuse with TermsForbid unless what was built for the request may be fetched at this moment.

    Without an actor nobody stands at the door: what is judged of a person there is left out.
    """
    _runs(request, "download" if actor else "build", actor)


def not_waiting(request: Request) -> None:
    """Refuse with TermsForbid what waits for its purpose to be confirmed since its agreement was renewed."""
    if request.state == WAITS:
        raise TermsForbid(("renewal",))


def _runs(request: Request, moment: str, actor: Actor | None = None) -> None:
    scope = _lasts(request)
    require(request, scope, menu_of(request), moment, actor)


def _lasts(request: Request) -> Scope:
    """Return the accepted scope of what runs; TermsForbid if it does not, or not any more."""
    not_waiting(request)
    if request.status != "active" or request.scope is None:
        raise TermsForbid(("request",))
    if request.ends_on is None or clock.day_end(request.ends_on, request.agreement.time_zone) <= clock.now():
        both = agreements.terms_of(request.agreement).closes <= clock.now()  # one may end on the other's last day
        raise TermsForbid(("end", "request") if both else ("request",))
    if not request.organisation.active:
        raise TermsForbid(("organisation",))
    return from_content(request.scope.content)
