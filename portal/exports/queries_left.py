"""What left in a year, to whom: the releases handed over, counted by partner and by the region the rows came from."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from portal import clock, policy
from portal.actor import Actor
from portal.db import session
from portal.exports import menu
from portal.exports.models import Download, Release
from portal.permissions import Permission
from portal.requests.models import Request
from portal.requests.routing import tens
from portal.requests.rules import OFFICERS
from portal.requests.scope import from_content


@dataclass
class Left:
    """What left one region for one partner in a year. ``rows`` are exact until they are told, then in tens."""

    organisation: str
    region: str
    releases: int = 0
    rows: int = 0
    downloads: int = 0
    purposes: set[str] = field(default_factory=set)

    @property
    def rounded(self) -> int:
        """The rows in tens, 0 below thirty: what may be shown."""
        return tens(self.rows)


def handed_over(releases: Select[Release], year: int, zone: str) -> list[tuple[Release, int]]:
    """Return which of ``releases`` left in a year of a zone, in any where it is 0, and how often each was fetched."""
    fetched = select(Download.release_id, func.count().label("times")).group_by(Download.release_id).subquery()
    query = releases.where(Release.available_at.is_not(None))
    if year:
        begin, end = (clock.day_start(dt.date(at, 1, 1), zone) for at in (year, year + 1))
        query = query.where(Release.available_at >= begin, Release.available_at < end)
    counted = query.outerjoin(fetched, fetched.c.release_id == Release.id).add_columns(
        func.coalesce(fetched.c.times, 0).label("times")
    )
    loaded = counted.options(joinedload(Release.request).joinedload(Request.organisation), joinedload(Release.scope))
    return [(one, times) for one, times in session().execute(loaded.order_by(Release.id))]


def left(actor: Actor, year: int) -> list[Left]:
    """Return what left in a year of the actor's zone, the most rows first; of a manager's regions only."""
    query = policy.visible(actor, Permission.RELEASE_REVIEW, Release).options(joinedload(Release.protected_file))
    found: dict[tuple[str, str], Left] = {}
    for one, downloads in handed_over(query, year, actor.time_zone):
        for region, rows in _rows(one).items():
            if actor.has(*OFFICERS) or region in actor.regions:
                name = one.request.organisation.name
                line = found.setdefault((name, region), Left(name, region))
                line.releases += 1
                line.rows += rows
                line.downloads += downloads
                line.purposes.add(one.request.purpose)
    return sorted(found.values(), key=lambda line: (-line.rows, line.organisation, line.region))


def years(actor: Actor) -> Sequence[int]:
    """Return the years in which something left, the latest first, this one always among them."""
    query = policy.visible(actor, Permission.RELEASE_REVIEW, Release).where(Release.available_at.is_not(None))
    edges = query.with_only_columns(func.min(Release.available_at))
    first = session().scalar(edges)
    now = clock.today(actor.time_zone).year
    begun = first.astimezone(ZoneInfo(actor.time_zone)).year if first else now
    return range(now, begun - 1, -1)


def _rows(release: Release) -> Mapping[str, int]:
    """Count a release's rows by the region whose part they are of, in the file that they were taken from."""
    counted: dict[str, int] = defaultdict(int)
    for part in from_content(release.scope.content).parts:
        counted[part.region] += sum(menu.count(release.protected_file.menu, _known(release, part.filters)).values())
    return counted


def _known(release: Release, filters: Mapping[str, Iterable[str]]) -> dict[str, Any]:
    columns = release.protected_file.menu["cube"]["columns"]
    return {name: list(values) for name, values in filters.items() if name in columns}
