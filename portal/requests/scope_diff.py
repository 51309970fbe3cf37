"""In what two scopes differ, field by field and part by part: what a decider with an old page is shown."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

from portal.requests.scope import Part, Scope


@dataclass(frozen=True)
class Difference:
    """One thing in which two scopes differ: a field, or a region's key column or variables."""

    name: str
    region: str
    before: tuple[str, ...]
    after: tuple[str, ...]


def diff(before: Scope, after: Scope) -> tuple[Difference, ...]:
    """Return in what two scopes differ, field by field and part by part."""
    found = [
        Difference(one.name, "", _words(getattr(before, one.name)), _words(getattr(after, one.name)))
        for one in fields(Scope)
        if one.name != "parts" and getattr(before, one.name) != getattr(after, one.name)
    ]
    old, new = ({part.region: part for part in scope.parts} for scope in (before, after))
    for region in sorted(old.keys() | new.keys()):
        found += _part_diff(region, old.get(region), new.get(region))
    return tuple(found)


def _part_diff(region: str, before: Part | None, after: Part | None) -> Iterable[Difference]:
    old, new = (
        {**part.filters, "variables": part.variables} if part else {"variables": ()} for part in (before, after)
    )
    for name in sorted(old.keys() | new.keys()):
        if old.get(name, ()) != new.get(name, ()):
            yield Difference(name, region, tuple(old.get(name, ())), tuple(new.get(name, ())))


def _words(value: object) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, tuple) else (str(value),)
