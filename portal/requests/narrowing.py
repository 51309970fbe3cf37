"""Taking something out of a scope, and whether that is all that happened to it. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from portal.requests.scope import EVERYWHERE, Part, Refusal, Scope


def narrow(scope: Scope, refused: Refusal) -> Scope:
    """Return the scope without what was refused; a part of which nothing is left is gone.

    Raises ValueError if the refusal names what the scope does not hold: then somebody looked at something else.
    """
    touched = [part for part in scope.parts if refused.region in {part.region, EVERYWHERE}]
    if not touched:
        raise ValueError(f"refused: {refused.region} has no part in this scope")
    _known(touched, refused)
    kept = [_without(part, refused) if part in touched else part for part in scope.parts]
    return replace(scope, parts=tuple(part for part in kept if not part.empty))


def without(scope: Scope, region: str) -> Scope:
    """Return the scope without a region's rows."""
    return replace(scope, parts=tuple(part for part in scope.parts if part.region != region))


def without_variables(scope: Scope, names: Iterable[str]) -> Scope:
    """Return the scope without variables, whichever parts still hold them; a part of which nothing is left is gone."""
    kept = (_without(part, Refusal(region=EVERYWHERE, variables=tuple(names))) for part in scope.parts)
    return replace(scope, parts=tuple(part for part in kept if not part.empty))


def is_narrowing(wide: Scope, narrower: Scope) -> bool:
    """Whether the second scope asks for nothing beyond the first."""
    same = ("dataset", "version", "file", "rule_set", "rule_set_version", "tier", "agreement", "agreement_revision")
    said = ("purpose", "why", "onward", "matching", "repeats", "later_than", "owners", "extras")
    bound = all(getattr(wide, name) == getattr(narrower, name) for name in (*same, *said))
    parts = {part.region: part for part in wide.parts}
    return (
        bound
        and set(narrower.families) <= set(wide.families)
        and set(narrower.recipients) <= set(wide.recipients)
        and set(narrower.outputs) <= set(wide.outputs)
        and narrower.ends_on <= wide.ends_on
        and all(part.region in parts and parts[part.region].holds(part) for part in narrower.parts)
    )


def _known(parts: Iterable[Part], refused: Refusal) -> None:
    held: dict[str, set[str]] = defaultdict(set)
    for part in parts:
        for column, values in {**part.filters, "variables": part.variables}.items():
            held[column] |= set(values)
    for column, values in {**refused.rows, "variables": refused.variables}.items():
        if not set(values) <= held[column]:
            raise ValueError(f"refused: {column} names something outside this scope")


def _without(part: Part, refused: Refusal) -> Part:
    rows = {
        column: tuple(value for value in values if value not in refused.rows.get(column, ()))
        for column, values in part.filters.items()
    }
    return replace(part, filters=rows, variables=tuple(set(part.variables) - set(refused.variables)))
