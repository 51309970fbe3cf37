"""Where, when and with which form an interview takes place. Volumes are apportioned, not drawn: they anchor all."""

from collections.abc import Collection
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from portal.catalogue.synthetic_reference import assumed, country_of_place, params, places, table
from portal.catalogue.synthetic_sheet import Ints, Mask, Sheet, Texts, full, holds, mapped, pick, pick_by, texts

CORE = ("core_migrant", "covid")
EXTRA = ("youth", "returns", "urban", "ukraine")
EARLIEST_MONTHS = {("WAF", 2016): 10, ("ASI", 2016): 11, ("NAF", 2017): 5, ("EUR", 2019): 2, ("LAC", 2019): 9}
COVID_FROM, COVID_TO = 2020 * 12 + 3, 2021 * 12


def apportion(weights: npt.NDArray[np.float64], total: int) -> Ints:
    """Share out a total by weight, largest remainders first.

    >>> apportion(np.array([1.0, 1.0, 2.0]), 5).tolist()
    [1, 1, 3]
    """
    exact = weights / weights.sum() * total
    whole: Ints = np.floor(exact).astype(np.int64)
    rest = np.argsort(-(exact - whole), kind="stable")[: total - int(whole.sum())]
    whole[rest] += 1
    return whole


def base_instrument(month: int, wanted: Collection[str]) -> str | None:
    """Name the standing instrument of a month (year x 12 + month from 0), if it is wanted."""
    if "smuggler" in wanted:
        return "smuggler"
    name = "covid" if COVID_FROM <= month <= COVID_TO else "core_migrant"
    return name if name in wanted else None


def _month_weights(region: str, year: int, wanted: Collection[str]) -> npt.NDArray[np.float64]:
    weights = np.ones(12)
    if year == 2020:
        weights[:3] = assumed()["covid_months"]["before"]
        weights[3:] = assumed()["covid_months"]["during"]
    first = 11 if year == 2014 else EARLIEST_MONTHS.get((region, year), 1)
    weights[: first - 1] = 0
    extra = any(
        low <= year <= high for name, (low, high) in assumed()["other_instrument_years"].items() if name in wanted
    )
    for month in range(12):
        if base_instrument(year * 12 + month, wanted) is None and not extra and "ukraine" not in wanted:
            weights[month] = 0
    return weights


def _cells(wanted: Collection[str]) -> pd.DataFrame:
    """List region, year, cluster and weight of every place in the plan."""
    weight, years = params()["cluster_weight_within_region"], params()["cluster_years"]
    only_ukraine = set(wanted) == {"ukraine"}
    found = []
    for year, regions in params()["volume_by_region_year"].items():
        for region, volume in regions.items():
            running = [
                cluster
                for cluster in params()["region_to_clusters"][region]
                if years[cluster][0] <= int(year) <= years[cluster][1]
                and (cluster == "UKR" or not only_ukraine)
                and (cluster != "UKR" or "ukraine" in wanted)
            ]
            whole = sum(weight[cluster] for cluster in running)
            months = _month_weights(region, int(year), wanted).sum()
            found += [(region, int(year), c, volume * weight[c] / whole) for c in running if months]
    return pd.DataFrame(found, columns=["region", "year", "cluster", "weight"])


def _months(sheet: Sheet, cells: pd.DataFrame, wanted: Collection[str]) -> Ints:
    month = np.zeros(sheet.rows, dtype=np.int64)
    for key, part in cells.groupby(["region", "year"], sort=True):
        region, year = str(key[0]), int(str(key[1]))
        weights = _month_weights(region, year, wanted)
        month[part.index] = sheet.rng.choice(12, size=len(part), p=weights / weights.sum())
    return cells["year"].to_numpy() * 12 + month


def _instruments(sheet: Sheet, cells: pd.DataFrame, month: Ints, wanted: Collection[str]) -> Texts:
    out = mapped(texts(month), lambda value: base_instrument(int(value), wanted) or "")
    for name in EXTRA[:3]:
        if name in wanted:
            low, high = assumed()["other_instrument_years"][name]
            running = ((cells["year"] >= low) & (cells["year"] <= high)).to_numpy()
            share = assumed()["other_instrument_share"][name]
            out[running & ((sheet.rng.random(sheet.rows) < share) | (out == ""))] = name
    out[(cells["cluster"] == "UKR").to_numpy()] = "ukraine"
    return out


def version_of(instrument: str, month: int) -> str:
    """Name the instrument version in use in a month (year x 12 + month from 0).

    >>> version_of("core_migrant", 2020 * 12 + 2), version_of("covid", 2020 * 12 + 6)
    ('v2_2017', 'cov2_2020')
    """
    if instrument == "core_migrant":
        return "v1_2014" if month < 2017 * 12 else "v2_2017" if month < COVID_FROM else "v3_2021"
    if instrument == "covid":
        return "cov1_2020" if month < COVID_FROM + 3 else "cov2_2020"
    if instrument == "smuggler":
        return "smg_2017" if month < 2021 * 12 else "smg_2021"
    return {"youth": "yth_2022", "returns": "ret_2022", "urban": "urb_2020", "ukraine": "ukr_2023"}[instrument]


@cache
def _regions(country: str) -> tuple[tuple[str, str], ...]:
    rows = table("country_region.csv")
    rows = rows[rows["country_iso3"] == country]
    return tuple(sorted(zip(rows["valid_from"], rows["region"], strict=True)))


def region_at(country: str, day: str) -> str:
    """Name the MMC region responsible for a country on an ISO date; the first one stands for earlier dates.

    >>> region_at("TUR", "2021-12-31"), region_at("TUR", "2022-01-01")
    ('MEA', 'APC')
    """
    dated = _regions(country)
    return next((region for since, region in reversed(dated) if since <= day), dated[0][1])


def _dates(sheet: Sheet, month: Ints) -> npt.NDArray[np.datetime64]:
    first = (month - 1970 * 12).astype("datetime64[M]")
    length = ((first + 1).astype("datetime64[D]") - first.astype("datetime64[D]")).astype(np.int64)
    day: npt.NDArray[np.datetime64] = first.astype("datetime64[D]")
    day += (sheet.rng.random(sheet.rows) * length).astype("timedelta64[D]")
    return day


def _plan_boundaries(cells: pd.DataFrame, month: Ints) -> None:
    """Move four Horn interviews of early 2023 to Khartoum, which has closed by then in the plan."""
    rows = np.flatnonzero(((cells["cluster"] == "HORN") & (cells["year"] == 2023)).to_numpy())[:4]
    cells.loc[rows, "cluster"] = "SUDAN"
    month[rows] = 2023 * 12 + np.arange(len(rows)) % 3


def draw_interviews(sheet: Sheet, wanted: Collection[str], label: str) -> None:
    """Fill sections 02 and 03, in the order of the interview date.

    Adds the working columns `cluster`, `month` (year x 12 + month from 0), which no file holds.
    """
    cells = _cells(wanted)
    cells = cells.loc[cells.index.repeat(apportion(cells["weight"].to_numpy(), sheet.rows))].reset_index(drop=True)
    month = _months(sheet, cells, wanted)
    if "ukraine" not in wanted:
        _plan_boundaries(cells, month)
    day = _dates(sheet, month)
    order = np.argsort(day, kind="stable")
    cells, month, day = cells.iloc[order].reset_index(drop=True), month[order], day[order]
    instrument = _instruments(sheet, cells, month, wanted)
    version = np.array([version_of(a, b) for a, b in zip(instrument, month, strict=True)], dtype=object)
    sheet.columns |= {"cluster": cells["cluster"].to_numpy(dtype=object), "month": month.astype(object)}
    sheet.columns["instrument_version"] = version
    sheet.put("instrument", instrument)
    sheet.put("instrument_version", version)
    sheet.put("form_version", mapped(version, lambda name: f"synthetic-{name}-{label}"))
    sheet.put("interview_date", np.datetime_as_string(day).astype(object))
    sheet.put("interview_month", np.datetime_as_string(day.astype("datetime64[M]")).astype(object))
    _draw_places(sheet)
    _draw_modes(sheet, cells["year"].to_numpy())
    _draw_consent(sheet)


def _draw_places(sheet: Sheet) -> None:
    shares = {name: cluster["places"] for name, cluster in params()["clusters"].items()}
    place = pick_by(sheet.rng, sheet["cluster"], shares)
    moved = (sheet["cluster"] == "SUDAN") & (sheet["month"] >= 2023 * 12)
    place[moved] = "KRT"
    place = sheet.put("interview_place", place, unknown=0, refused=0)
    country = sheet.put("interview_country", mapped(place, lambda code: country_of_place()[code]))
    sheet.put("interview_admin1", mapped(place, lambda code: places()[code]["admin1_code"]))
    both = country + " " + sheet["interview_date"]
    sheet.put("mmc_region_at_interview", mapped(both, lambda pair: region_at(*pair.split(" "))))
    sheet.put_single("interview_site")


def _draw_modes(sheet: Sheet, year: Ints) -> None:
    remote = np.select([year == 2020, year == 2021], [0.9, 0.6], 0.15)
    country = sheet["interview_country"]
    remote[(country == "MYS") & holds(sheet["interview_month"], lambda m: "2021-03" <= m <= "2021-05")] = 0.87
    remote[(country == "MEX") & (year == 2021)] = 0.03
    luck = sheet.rng.random(sheet.rows)
    away: Mask = luck < remote
    mode = np.where(away, np.where(luck < remote * 0.06, "remote", "phone"), "f2f").astype(object)
    sheet.put("interview_mode", mode)
    shares = assumed()["single"]
    near, far = (pick(sheet.rng, shares[f"recruitment_{kind}"], sheet.rows) for kind in ("f2f", "remote"))
    sheet.put("recruitment", np.where(away, far, near))


def _draw_consent(sheet: Sheet) -> None:
    sheet.put("consent_given", full(sheet.rows, "yes"), unknown=0, refused=0)
    early = holds(sheet["interview_date"], lambda day: day < "2017")
    luck = sheet.rng.random(sheet.rows)
    scope = full(sheet.rows, "share_anon")
    scope[luck < np.where(early, 0.153, 0.04)] = "mmc_only"
    scope[luck < 0.003] = "withdrawn"
    sheet.put("consent_scope", scope)
    sheet.put_yes("eligible_recent", assumed()["yes"]["eligible_recent"])
