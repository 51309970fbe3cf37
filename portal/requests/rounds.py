"""What is delivered again with every new round: which later years were asked for, and the scope of one round. Pure.

A part names its countries and years. So that a feed does not stop at New Year, whoever asks for the newest year there
is asks for those after it too: each part then names that year, and a region that refuses it refuses the later ones.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from portal.requests.drafts import Draft
from portal.requests.menu import Menu
from portal.requests.scope import Part, Scope

ROUNDS, FEED, EXCEPTION, SELECTION = "rounds", "feed", "exception", "microdata"


def kind(known: str, draft: Draft) -> str:
    """Return what kind of request a draft makes: an exception, a feed where it repeats, else what it was before it
    was one of them.
    """
    if draft.exception:
        return EXCEPTION
    if draft.repeats == ROUNDS:
        return FEED
    return SELECTION if known in {FEED, EXCEPTION} else known


def later_than(draft: Draft, menu: Menu) -> str:
    """Return the year after which every year is asked for too; "" if none is."""
    if draft.repeats != ROUNDS or not menu.year:
        return ""
    newest = max((one.code for one in menu.filters[menu.year] if one.code.isdigit()), default="")
    chosen = draft.filters.get(menu.year, ())
    return newest if not chosen or newest in chosen else ""


def opened(parts: Iterable[Part], menu: Menu, year: str) -> tuple[Part, ...]:
    """Return the parts with that year in each, also where none of its rows is of it yet."""
    return tuple(_with(part, menu.year, (year,)) if year else part for part in parts)


def of_round(scope: Scope, menu: Menu, version: str) -> Scope:
    """Return an approved scope as it is for another version's file: nothing differs but that, and the years come since.

    Only a part that still holds the year that the scope is open after takes the later ones.
    """
    later = _later(scope, menu)
    parts = tuple(
        _with(part, menu.year, later) if scope.later_than in part.filters.get(menu.year, ()) else part
        for part in scope.parts
    )
    return replace(scope, version=version, file=menu.file, parts=parts)


def _later(scope: Scope, menu: Menu) -> tuple[str, ...]:
    if not scope.later_than or not menu.year:
        return ()
    return tuple(one.code for one in menu.filters[menu.year] if one.code.isdigit() and one.code > scope.later_than)


def _with(part: Part, column: str, values: Sequence[str]) -> Part:
    return replace(part, filters={**part.filters, column: (*part.filters.get(column, ()), *values)})
