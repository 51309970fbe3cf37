"""What of an approved feed is not what it was: rule set, keys, variables, classes, regions. Pure.

Whatever differs stops the round: who approved has not seen it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from portal.requests.menu import COUNTRY, Menu
from portal.requests.routing import UNASSIGNED
from portal.requests.scope import Scope
from portal.requests.shares import Share


@dataclass(frozen=True)
class Against:
    """One thing that stands against a round: its code, and the names that it is about."""

    code: str
    names: tuple[str, ...] = ()


def drifted(scope: Scope, approved: Menu, menu: Menu, region_of: Callable[[str], str | None]) -> Iterator[Against]:
    """Yield what differs between what was approved, on the menu of its file, and the menu of a newer one.

    ``region_of`` gives the region that answers for a country today, None for none.
    """
    if (scope.rule_set, scope.rule_set_version) != (menu.rule_set, menu.rule_set_version):
        yield Against("rule_set")
    yield from _named("keys", _keys(scope, approved, menu))
    yield from _named("variables", (name for name in scope.variables if name not in menu.by_name))
    yield from _named("class", _rose(scope, approved, menu))
    yield from _named("region", _moved(scope, region_of))


def unasked(scope: Scope, held: Iterable[Share]) -> Iterator[Against]:
    """Yield the variables that somebody co-owns today who was not asked when the feed was approved."""
    asked = {(one.owner, name) for one in scope.shares for name in one.variables}
    names = (name for one in held for name in one.variables if (one.owner, name) not in asked)
    yield from _named("owners", names)


def _named(code: str, names: Iterator[str]) -> Iterator[Against]:
    found = tuple(sorted(set(names)))
    if found:
        yield Against(code, found)


def _keys(scope: Scope, approved: Menu, menu: Menu) -> Iterator[str]:
    before, now = ({one.name: one.columns for one in each.families} for each in (approved, menu))
    yield from (name for name in scope.families if name not in now or now[name] != before.get(name))
    yield from (column for part in scope.parts for column in part.filters if column not in menu.filters)


def _rose(scope: Scope, approved: Menu, menu: Menu) -> Iterator[str]:
    for name in scope.variables:
        if name in menu.by_name and menu.most_sensitive([name]) > approved.most_sensitive([name]):
            yield name


def _moved(scope: Scope, region_of: Callable[[str], str | None]) -> Iterator[str]:
    for part in scope.parts:
        for country in part.filters.get(COUNTRY, ()):
            if (region_of(country) or UNASSIGNED) != part.region:
                yield country
