"""Who decides: rows that match, by the region that answers for their country today.

A region is asked only if rows of its countries really match; what has no country goes to the coordinator.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from portal.requests.menu import COUNTRY, Menu
from portal.requests.rounds import EXCEPTION
from portal.requests.scope import Part

UNASSIGNED = "unassigned"
SMALL = 30
RED = 4
SPECIAL_CATEGORIES = frozenset(
    {
        "ethnic_group",
        "religion",
        "minority_self",
        "sogiesc_self",
        "pregnant",
        "diff_seeing",
        "diff_walking",
        "diff_remembering",
        "disability_any",
        "drivers_rights",
    }
)
"""Variables that speak of what GDPR article 9 names: ethnicity, religion, opinions, health, sexual life."""

Counts = Mapping[tuple[str, str], int]
"""Rows of the protected file by (country, year), each "" where the file has no such column."""


@dataclass(frozen=True)
class Route:
    """One region's part, how many rows of the protected file it holds, and the class of its most sensitive variable.

    ``far`` counts those whose country is only that of the nearest known place, more than 150 km away.
    """

    region: str
    part: Part
    rows: int
    cells: tuple[tuple[str, str, int], ...]
    risk: int
    far: int = 0

    def profile(self) -> dict[str, object]:
        """Return what may be shown and kept of it: counts in tens only."""
        cells = [[country, year, tens(n)] for country, year, n in self.cells]
        far = tens(self.far) if self.far else None
        return {"rows": tens(self.rows), "cells": cells, "far": far, "risk": self.risk}


def routes(
    counts: Counts,
    menu: Menu,
    filters: Mapping[str, Sequence[str]],
    variables: Iterable[str],
    region_of: Callable[[str], str | None],
    far: Mapping[str, int] = MappingProxyType({}),
) -> tuple[Route, ...]:
    """Split the matching rows by region, in the order of the regions' codes; empty when nothing matches.

    ``far`` gives, by country, the rows that were placed there over a long distance.
    """
    cells: dict[str, dict[tuple[str, str], int]] = defaultdict(dict)
    for (country, year), rows in counts.items():
        if rows > 0:
            cells[region_of(country) or UNASSIGNED][country, year] = rows
    names = tuple(variables)
    found = (_route(region, cells[region], menu, filters, names) for region in sorted(cells))
    return tuple(
        replace(one, far=sum(far.get(country, 0) for country in {cell[0] for cell in one.cells})) for one in found
    )


def _route(
    region: str,
    cells: Mapping[tuple[str, str], int],
    menu: Menu,
    filters: Mapping[str, Sequence[str]],
    variables: tuple[str, ...],
) -> Route:
    chosen = {column: tuple(values) for column, values in filters.items() if values}
    if COUNTRY in menu.filters:
        chosen[COUNTRY] = tuple({country for country, _ in cells})
    if menu.year:
        chosen[menu.year] = tuple({year for _, year in cells})
    part = Part(region=region, filters=chosen, variables=variables)
    listed = tuple((country, year, rows) for (country, year), rows in sorted(cells.items()))
    return Route(region, part, sum(cells.values()), listed, menu.most_sensitive(variables))


def triggers(
    kind: str, menu: Menu, variables: Iterable[str], *, matching: bool = False, recurring: bool = False
) -> tuple[str, ...]:
    """Return why the data protection officer must decide after the regions; empty if nothing asks for it.

    ``matching`` says that the data is to be matched with other data, ``recurring`` that it is delivered again with
    every new round and no valid assessment (DPIA) is on file for that.
    """
    names = set(variables)
    reasons = {
        "red": menu.most_sensitive(names) >= RED,
        "special_category": bool(names & SPECIAL_CATEGORIES),
        "exception": kind == EXCEPTION,
        "matching": matching,
        "recurring": recurring,
    }
    return tuple(reason for reason, holds in reasons.items() if holds)


def tens(number: int) -> int:
    """Return a count as it may be shown: to the nearest ten, and 0 for anything below 30.

    >>> [tens(number) for number in (0, 4, 29, 30, 34, 35, 2754)]
    [0, 0, 0, 30, 30, 40, 2750]
    """
    return 0 if number < SMALL else (number + 5) // 10 * 10
