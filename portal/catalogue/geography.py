"""Places, countries and the regions responsible for them, by date.

A region is a dated fact: an interview keeps the region of its own day, a request asks the region of today.
"""

import csv
import datetime as dt
import io
import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from portal.catalogue.codebook import reference_bytes

FAR_KM = 150.0
"""Beyond this the nearest known place says little about where something happened: it is flagged."""

EARTH_KM = 6371.0088
"""Mean radius R1 of the Earth in kilometres (Moritz, Geodetic Reference System 1980)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A known place; at sea there is neither country nor admin1."""

    code: str
    label_en: str
    label_fr: str
    country: str
    admin1: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """What holds from one day to another, both included; ``until`` None means it still does."""

    since: dt.date
    until: dt.date | None

    def holds(self, day: dt.date) -> bool:
        """Say whether ``day`` lies within."""
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Region(Dated):
    """An MMC region and the days it existed."""

    code: str
    label_en: str
    label_fr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge(Dated):
    """The days on which one region answered for one country."""

    region: str


@dataclass(frozen=True, slots=True)
class Geography:
    """The dated map: regions, who answered for which country, and places with coordinates."""

    regions: Mapping[str, Region]
    charges: Mapping[str, tuple[Charge, ...]]
    places: Mapping[str, Place]

    def region_on(self, country_iso3: str, day: dt.date) -> str | None:
        """Return the region that answered for a country on a day, None if none did."""
        return next((c.region for c in self.charges.get(country_iso3, ()) if c.holds(day)), None)

    def region_at(self, country_iso3: str, day: dt.date) -> str:
        """Return the region that describes an interview or event of ``day``; "" if the country never had one.

        Days before the first record take the first region: the records begin later than the interviews.
        """
        charges = self.charges.get(country_iso3, ())
        if charges and day < charges[0].since:
            return charges[0].region
        return self.region_on(country_iso3, day) or ""

    def nearest(self, lat: npt.ArrayLike, lon: npt.ArrayLike) -> tuple[list[Place], npt.NDArray[np.float64]]:
        """Return for each point, in degrees, its nearest known place and the distance in kilometres.

        ``lat`` and ``lon`` have shape (n,); NaN or a coordinate off the globe raises ValueError.
        """
        places = list(self.places.values())
        lats, lons = np.atleast_1d(np.asarray(lat, float)), np.atleast_1d(np.asarray(lon, float))
        if not (np.all(np.abs(lats) <= 90) and np.all(np.abs(lons) <= 180)):
            raise ValueError("coordinates: outside the globe or missing, leave such points out")
        known = [p.lat for p in places], [p.lon for p in places]
        km = haversine_km(lats[:, None], lons[:, None], np.array(known[0])[None], np.array(known[1])[None])
        best = km.argmin(axis=1)
        return [places[i] for i in best], km[np.arange(len(best)), best]


def haversine_km(
    lat1: npt.NDArray[np.float64],
    lon1: npt.NDArray[np.float64],
    lat2: npt.NDArray[np.float64],
    lon2: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Return great-circle distances in kilometres between points in degrees; arrays broadcast.

    Source: Sinnott, Virtues of the haversine, Sky and Telescope 68 (1984) 159.

    >>> pole = haversine_km(np.array([0.0]), np.array([0.0]), np.array([90.0]), np.array([0.0]))
    >>> round(float(pole[0]))
    10008
    """
    phi1, phi2 = np.radians(lat1), np.radians(lat2)
    half = np.sin((phi2 - phi1) / 2) ** 2
    half = half + np.cos(phi1) * np.cos(phi2) * np.sin(np.radians(lon2 - lon1) / 2) ** 2
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1))), dtype=np.float64)


def parse(regions_csv: bytes, country_region_csv: bytes, places_csv: bytes) -> Geography:
    """Read the three tables; raise ValueError where two regions claim a country on the same day."""
    charges: dict[str, list[Charge]] = defaultdict(list)
    for row in _rows(country_region_csv):
        since, until = _days(row)
        charges[row["country_iso3"]].append(Charge(region=row["region"], since=since, until=until))
    regions = {row["code"]: _region(row) for row in _rows(regions_csv)}
    ordered = {country: _ordered(country, held) for country, held in charges.items()}
    unknown = {charge.region for held in ordered.values() for charge in held} - regions.keys()
    if unknown:
        raise ValueError(f"country_region: {', '.join(sorted(unknown))} is not in regions, add it there")
    places = {row["code"]: _place(row) for row in _rows(places_csv)}
    return Geography(MappingProxyType(regions), MappingProxyType(ordered), MappingProxyType(places))


@lru_cache(maxsize=1)
def reference() -> Geography:
    """Return the dated map that comes with the portal."""
    return parse(*(reference_bytes(f"{name}.csv") for name in ("regions", "country_region", "places")))


def region_on(country_iso3: str, day: dt.date) -> str | None:
    """Return the region that answered for a country on a day, None if none did."""
    return reference().region_on(country_iso3, day)


def region_today(country_iso3: str, today: dt.date) -> str | None:
    """Return the region that decides about a country's rows today, None if nobody does."""
    return reference().region_on(country_iso3, today)


def nearest_place(lat: float, lon: float) -> tuple[Place, float]:
    """Return the nearest known place to a point in degrees, and how many kilometres away it is."""
    places, km = reference().nearest([lat], [lon])
    return places[0], float(km[0])


def _rows(data: bytes) -> Sequence[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def _days(row: Mapping[str, str]) -> tuple[dt.date, dt.date | None]:
    until = row["valid_to"]
    return dt.date.fromisoformat(row["valid_from"]), dt.date.fromisoformat(until) if until else None


def _region(row: Mapping[str, str]) -> Region:
    since, until = _days(row)
    return Region(code=row["code"], label_en=row["label_en"], label_fr=row["label_fr"], since=since, until=until)


def _place(row: Mapping[str, str]) -> Place:
    return Place(
        code=row["code"],
        label_en=row["label_en"],
        label_fr=row["label_fr"],
        country=row["country_iso3"],
        admin1=row["admin1_code"],
        lat=float(row["lat"]),
        lon=float(row["lon"]),
    )


def _ordered(country: str, held: list[Charge]) -> tuple[Charge, ...]:
    ordered = tuple(sorted(held, key=lambda charge: charge.since))
    for earlier, later in itertools.pairwise(ordered):
        if earlier.until is None or earlier.until >= later.since:
            raise ValueError(f"country_region: two regions answer for {country} on one day, end one of them")
    return ordered
