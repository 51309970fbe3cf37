"""The parts of those who co-own a module: what they have of a request, and the rows it concerns.

A co-owner has no region: its rows are those of all of them, its variables its own, and its say goes across the regions.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from portal.catalogue import owners, queries_owners
from portal.requests.menu import Menu
from portal.requests.models import Track
from portal.requests.routing import Route
from portal.requests.scope import EVERYWHERE, Part, Scope
from portal.requests.shares import Share


def reach(track: Track) -> str:
    """Return how far a refusal on a track goes: a region's own rows, or for a co-owner every part."""
    return EVERYWHERE if track.owner_id is not None else track.region


def shares(dataset_id: int, menu: Menu, variables: Iterable[str]) -> tuple[Share, ...]:
    """Return what each co-owner of today has of these variables, in the order of their codes."""
    known, held = menu.by_name, queries_owners.on(dataset_id, queries_owners.today())
    found: dict[str, set[str]] = {}
    for name in variables if held else ():
        section = known[name].section if name in known else ""
        for one in held:
            if one.holds(name, section):
                found.setdefault(owners.code(one.organisation_id), set()).add(name)
    return tuple(Share(owner=code, variables=tuple(names)) for code, names in sorted(found.items()))


def of_tracks(scope: Scope, tracks: Iterable[Track], menu: Menu) -> tuple[Route, ...]:
    """Return each co-owner's part of what some tracks hold, by the rounded counts that these show."""
    regions = [
        Route(
            region=track.region,
            part=scope.part(track.region),
            rows=int(track.profile.get("rows", 0)),
            cells=tuple((country, year, int(rows)) for country, year, rows in track.profile.get("cells", ())),
            risk=int(track.profile.get("risk", 0)),
            far=int(track.profile.get("far") or 0),
        )
        for track in tracks
    ]
    return routes(regions, scope.shares, menu)


def routes(regions: Sequence[Route], held: Iterable[Share], menu: Menu) -> tuple[Route, ...]:
    """Return each co-owner's part: its variables, and the rows of all regions together."""
    cells: Counter[tuple[str, str]] = Counter()
    for route in regions:
        for country, year, rows in route.cells:
            cells[country, year] += rows
    listed = tuple((country, year, rows) for (country, year), rows in sorted(cells.items()))
    return tuple(
        Route(
            region=share.owner,
            part=Part(region=share.owner, filters={}, variables=share.variables),
            rows=cells.total(),
            cells=listed,
            risk=menu.most_sensitive(share.variables),
            far=sum(route.far for route in regions),
        )
        for share in held
    )
