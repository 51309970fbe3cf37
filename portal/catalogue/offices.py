"""Where each region has its office, by date: its weekends, public holidays and clock are the office's.

What no region claims (``unassigned``) is the global coordinator's, whose office stands in the same table.
"""

import csv
import datetime as dt
import io
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from portal.catalogue.codebook import reference_bytes
from portal.catalogue.geography import Dated

COORDINATION = "unassigned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Office(Dated):
    """An office and the days on which it was the region's."""

    region: str
    country: str
    time_zone: str


def parse(table: bytes) -> Mapping[str, tuple[Office, ...]]:
    """Read the table, by region; ValueError where a region has two offices on one day."""
    found: dict[str, list[Office]] = defaultdict(list)
    for row in csv.DictReader(io.StringIO(table.decode("utf-8-sig"), newline="")):
        since, until = dt.date.fromisoformat(row["valid_from"]), row["valid_to"]
        office = Office(
            region=row["region"],
            country=row["country_iso3"],
            time_zone=row["time_zone"],
            since=since,
            until=dt.date.fromisoformat(until) if until else None,
        )
        if any(one.holds(since) or office.holds(one.since) for one in found[office.region]):
            raise ValueError(f"offices: {office.region} has two offices on one day, end one of them")
        found[office.region].append(office)
    return {region: tuple(held) for region, held in found.items()}


@lru_cache(maxsize=1)
def reference() -> Mapping[str, tuple[Office, ...]]:
    """Return the offices that come with the portal."""
    return parse(reference_bytes("offices.csv"))


def office_on(region: str, day: dt.date) -> Office:
    """Return a region's office on a day; the coordinator's for a region that has none."""
    known = reference()
    held = next((one for one in known.get(region, ()) if one.holds(day)), None)
    return held or next(one for one in known[COORDINATION] if one.holds(day) or one.until is None)
