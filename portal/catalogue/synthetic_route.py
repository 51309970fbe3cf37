"""The way taken: departure, countries passed, stops, means. The order of a route's countries is geography."""

import numpy as np
import numpy.typing as npt

from portal.catalogue.synthetic_reference import assumed, country_of_place, labels, params, parents
from portal.catalogue.synthetic_sheet import (
    SILENT,
    SKIPPED,
    UNKNOWN,
    Ints,
    Mask,
    Sheet,
    Texts,
    answered,
    full,
    mapped,
    pick,
    pick_by,
    texts,
)

SLOTS = 8
DEEPEST = 14


def _month_text(months: Ints) -> Texts:
    first = (months - 1970 * 12).astype("datetime64[M]")
    return np.datetime_as_string(first).astype(object)


def _departure(sheet: Sheet) -> Texts:
    origin = sheet["nationality"]
    unnamed = np.isin(origin, ["other", "stateless", *SILENT])
    chains = {name: dict.fromkeys(codes, 1.0) for name, codes in assumed()["chains"].items()}
    elsewhere = pick_by(sheet.rng, sheet["route_group"], chains)
    start = np.where((sheet.rng.random(sheet.rows) < 0.1) | unnamed, elsewhere, origin).astype(object)
    here = (start == sheet["interview_country"]) & ~unnamed
    start[here] = origin[here]
    return sheet.put("departure_country", start, unknown=0.002, refused=0.001)


def _departure_details(sheet: Sheet) -> None:
    towns: dict[str, list[str]] = {}
    for code, country in parents("admin1").items():
        towns.setdefault(country, []).append(labels("admin1")[code])
    names = {country: dict.fromkeys(found, 1.0) for country, found in towns.items()}
    town = full(sheet.rows, "Rural area")
    known = np.isin(sheet["departure_country"], list(names))
    town[known] = pick_by(sheet.rng, sheet["departure_country"][known], names)
    sheet.put("departure_place", town)
    journey = np.floor(sheet.rng.gamma(1.1, 8.0, sheet.rows)).astype(np.int64)
    left = sheet.put("departure_month", _month_text(sheet["month"].astype(np.int64) - journey), unknown=0.08)
    months = np.where(answered(left), texts(journey), UNKNOWN).astype(object)
    sheet.put("journey_months", months, answered(left), unknown=0, refused=0)
    sheet.put_yes("lived_elsewhere", assumed()["yes"]["lived_elsewhere"])
    sheet.put("attempts_before_n", pick(sheet.rng, assumed()["single"]["attempts"], sheet.rows))


def _passed(sheet: Sheet) -> list[list[str]]:
    """Walk each row's route up to the country of interview, dropping some countries and the ends."""
    luck = sheet.rng.random((sheet.rows, DEEPEST)) < 0.72
    found = []
    ends = zip(
        sheet["route_group"], sheet["departure_country"], sheet["nationality"], sheet["interview_country"], strict=True
    )
    for row, (route, start, origin, here) in enumerate(ends):
        chain = assumed()["chains"][route]
        upto = chain[: chain.index(here)] if here in chain else chain[:3]
        after = upto[upto.index(start) + 1 :] if start in upto else upto
        kept = [code for code, stays in zip(after, luck[row], strict=False) if stays and code not in {start, origin}]
        found.append(kept[-SLOTS:])
    return found


def _transit(sheet: Sheet) -> None:
    passed = _passed(sheet)
    before: Mask = np.ones(sheet.rows, dtype=bool)
    for slot in range(SLOTS):
        name = f"transit_country_{slot + 1}"
        answer = texts([codes[slot] if slot < len(codes) else SKIPPED for codes in passed])
        planted = np.zeros(sheet.rows, dtype=bool)
        planted[list(sheet.pins.get(name, {}))] = True
        pinned = np.zeros(sheet.rows, dtype=bool)
        pinned[list(sheet.pins.get("transit_country_1", {}))] = True
        there = ((answer != SKIPPED) & ~pinned) | planted
        before = answered(sheet.put(name, answer, before & there, unknown=0.004, refused=0.001))


def _stops(sheet: Sheet) -> None:
    count = pick(sheet.rng, assumed()["single"]["stops"], sheet.rows).astype(np.int64)
    towns = {
        name: {code: 1.0 for code in {**cluster["places"], **cluster["danger_places"]} if country_of_place()[code]}
        for name, cluster in params()["clusters"].items()
    }
    before: Mask = count > 0
    for slot in range(1, 5):
        place = pick_by(sheet.rng, sheet["cluster"], towns)
        before = answered(sheet.put(f"stop_place_{slot}", place, before & (count >= slot)))
    sheet.put_many("stop_reason_1", answered(sheet["stop_place_1"]))


def draw_route(sheet: Sheet) -> None:
    """Fill sections 05 and 08. The group of routes is drawn first: it decides the rest."""
    shares = {name: cluster["route"] for name, cluster in params()["clusters"].items()}
    route = pick_by(sheet.rng, sheet["cluster"], shares)
    sheet.columns["route_group"] = route
    _departure(sheet)
    _departure_details(sheet)
    _transit(sheet)
    _stops(sheet)
    for name in ("transport", "route_criteria", "travel_group"):
        sheet.put_many(name)
    sheet.columns["route_drawn"] = route
    sheet.put("route_group", route)


def months_back(sheet: Sheet, spread: float) -> npt.NDArray[np.int64]:
    """Draw how many months before the interview an event lies, busier calendar months being likelier.

    Parameters
    ----------
    spread : mean of the geometric decay in months, above 0; events reach back 17 months at most.
    """
    busy = np.array([params()["month_weight_of_incident"][str(month)] for month in range(1, 13)])
    lag = np.arange(18)
    weight = busy[(sheet["month"].astype(np.int64)[:, None] - lag) % 12] * np.exp(-lag / spread)
    edges = np.cumsum(weight, axis=1) / weight.sum(axis=1, keepdims=True)
    return np.asarray((sheet.rng.random((sheet.rows, 1)) > edges).sum(axis=1), dtype=np.int64)


def month_before(sheet: Sheet, back: Ints) -> Texts:
    """Write the month that lies `back` months before each interview."""
    return _month_text(sheet["month"].astype(np.int64) - back)


def band_of(values: Texts, edges: tuple[float, ...], codes: tuple[str, ...]) -> Texts:
    """Name the band of a number; missing kinds stay what they are.

    >>> band_of(np.array(["99", "100", ".d"], dtype=object), (100,), ("low", "high")).tolist()
    ['low', 'high', '.d']
    """
    return mapped(values, lambda v: v if v in SILENT else codes[int(np.searchsorted(edges, float(v), side="right"))])
