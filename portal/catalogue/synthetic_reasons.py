"""Why people left, what they knew, what they need and where to. Women name work less and family more."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from portal.catalogue.synthetic_reference import assumed, params
from portal.catalogue.synthetic_sheet import (
    NOT_COLLECTED,
    SILENT,
    Mask,
    Sheet,
    Texts,
    answered,
    chosen,
    flags_for,
    holds,
    joined,
    mapped,
    pick_by,
    texts,
)

DRIVERS = ("economic", "conflict", "rights", "family", "services", "culture", "environment", "health", "other")
ELSEWHERE = {"rights": 0.13, "services": 0.08, "culture": 0.05, "environment": 0.05, "health": 0.03, "other": 0.01}
WOMEN_ECONOMIC, WOMEN_FAMILY = 0.88 / 0.95, 0.45 / 0.26
DETAILS = {"economic": "economic", "violence": "conflict", "rights": "rights", "family": "family"}


def _balanced(
    share: npt.NDArray[np.float64], women: npt.NDArray[np.float64], ratio: float, woman: Mask
) -> npt.NDArray[np.float64]:
    """Split a share by gender in a given ratio, keeping the cluster's mean."""
    men = np.minimum(share / (1 - women + women * ratio), 1.0)
    return np.where(woman, np.minimum(men * ratio, 1.0), men)


def _of_cluster(sheet: Sheet, name: str) -> npt.NDArray[np.float64]:
    return mapped(sheet["cluster"], lambda cluster: params()["clusters"][cluster][name]).astype(float)


def _drivers(sheet: Sheet) -> Texts:
    woman, women = sheet["gender"] == "woman", _of_cluster(sheet, "women")
    odds = np.empty((sheet.rows, len(DRIVERS)))
    odds[:, 0] = _balanced(_of_cluster(sheet, "econ"), women, WOMEN_ECONOMIC, woman)
    odds[:, 1] = _of_cluster(sheet, "conf")
    odds[:, 3] = _balanced(_of_cluster(sheet, "fam"), women, WOMEN_FAMILY, woman)
    for place, name in enumerate(DRIVERS):
        if name in ELSEWHERE:
            odds[:, place] = ELSEWHERE[name]
    found = sheet.put("drivers", joined(DRIVERS, flags_for(sheet.rng, odds)), unknown=0.004, refused=0.002)
    several = holds(found, lambda value: " " in value)
    luck = sheet.rng.random(sheet.rows)
    names = [value.split(" ") for value in found]
    main = texts([codes[int(draw * len(codes))] for codes, draw in zip(names, luck, strict=True)])
    lead = sheet.rng.random(sheet.rows) < 0.5
    main[lead & chosen(found, "economic")] = "economic"
    sheet.put("driver_main", main, several)
    for detail, driver in DETAILS.items():
        sheet.put_many(f"drivers_{detail}", chosen(found, driver), refused=0.06 if detail == "rights" else 0.003)
    return found


def draw_reasons(sheet: Sheet) -> None:
    """Fill sections 06 and 07."""
    _drivers(sheet)
    impacts = sheet.put_many("environment_impacts")
    felt = answered(impacts) & ~chosen(impacts, "none")
    sheet.put_yes("environment_influence", assumed()["yes"]["environment_influence"], felt)
    sheet.put_many("influencers")
    informed = sheet.put_yes("info_before", assumed()["yes"]["info_before"]) == "yes"
    sheet.put_many("info_sources_before", informed)
    sheet.put_many("info_sources_during")
    sheet.put_many("info_needed")


def draw_needs(sheet: Sheet) -> None:
    """Fill sections 13 and 14."""
    sheet.put_many("needs_now")
    helped = sheet.put_yes("assist_received", assumed()["yes"]["assist_received"]) == "yes"
    sheet.put_many("assist_types", helped)
    sheet.put_many("assist_provider", helped)
    sheet.put_yes("referral_made", assumed()["yes"]["referral_made"])
    ending = sheet.put_single("journey_end")
    onward = np.isin(ending, ["no", "undecided", NOT_COLLECTED])
    country = pick_by(sheet.rng, sheet["route_drawn"], assumed()["destinations"])
    going = answered(sheet.put("dest_country", country, onward, unknown=0.03))
    sheet.put_many("dest_reason", going)
    for name in ("intent_change", "would_again", "encourage_others"):
        sheet.put_single(name)


def draw_other_instruments(sheet: Sheet) -> None:
    """Fill section 15: the pandemic, returns, smugglers."""
    sheet.put_many("covid_impact", sheet["instrument"] == "covid")
    back = sheet["instrument"] == "returns"
    sheet.put_single("return_type", back)
    sheet.put("return_from", pick_by(sheet.rng, sheet["route_drawn"], assumed()["destinations"]), back)
    sheet.put_many("reintegration", back)
    smuggler = sheet["instrument"] == "smuggler"
    sheet.put_many("smg_role", smuggler)
    clients = np.round(np.exp(sheet.rng.normal(3.2, 0.9, sheet.rows))).astype(np.int64)
    sheet.put("smg_clients_month", texts(clients), smuggler, unknown=0.08, refused=0.05)
    sheet.put_single("smg_officials", smuggler, refused=0.08)


REFUSABLE = (
    "education",
    "marital",
    "occupation_before",
    "income_before",
    "origin_urban_rural",
    "minority_self",
    "bribe_paid",
    "transport",
    "travel_group",
    "route_criteria",
    "influencers",
    "needs_now",
    "would_again",
    "encourage_others",
    "interview_language",
    "covid_impact",
    "intent_change",
    "protect_strategy",
)


def refuse_often(sheet: Sheet, share: float = 0.007) -> Mask:
    """Let a few people refuse more than six questions on which no other question hangs."""
    rows = np.flatnonzero(sheet.rng.random(sheet.rows) < share)
    answers = pd.DataFrame({name: sheet[name][rows] for name in REFUSABLE})
    open_ones = ~answers.isin(list(SILENT)).to_numpy()
    order = np.argsort(sheet.rng.random(open_ones.shape) + ~open_ones, axis=1)
    for rank in range(8):
        column = order[:, rank]
        for place, name in enumerate(REFUSABLE):
            hit = (column == place) & open_ones[:, place]
            sheet.columns[name][rows[hit]] = ".r"
    marked: Mask = np.zeros(sheet.rows, dtype=bool)
    marked[rows] = True
    return marked
