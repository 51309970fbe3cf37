"""Dangerous places and abuse suffered. Version 3 asks about places, the older ones about the worst incident."""

import numpy as np
import numpy.typing as npt

from portal.catalogue.synthetic_reference import assumed, params
from portal.catalogue.synthetic_route import month_before, months_back
from portal.catalogue.synthetic_sheet import (
    SKIPPED,
    UNKNOWN,
    Ints,
    Mask,
    Sheet,
    Texts,
    answered,
    chosen,
    flags_for,
    joined,
    mapped,
    pick,
    texts,
)

MOST = 5
EXPERIENCED = (
    "physical",
    "sexual",
    "robbery",
    "extortion",
    "kidnap",
    "detention",
    "trafficking",
    "injury",
    "nonphysical",
    "other",
)


def risks(sheet: Sheet, codes: tuple[str, ...], scale: float) -> Texts:
    """Draw kinds of harm by the world region of the cluster; sexual violence by gender."""
    odds = np.zeros((sheet.rows, len(codes)))
    world = mapped(sheet["cluster"], lambda name: assumed()["risk_world_of_cluster"].get(name, "africa"))
    woman = sheet["gender"] == "woman"
    for name in sorted(set(world.tolist())):
        table, rows = assumed()["risks"][name], world == name
        for place, code in enumerate(codes):
            share = table[code]
            odds[rows, place] = np.where(woman[rows], share[1], share[0]) if code == "sexual" else share
    return joined(codes, flags_for(sheet.rng, odds * scale))


def perpetrators(sheet: Sheet, place: Texts) -> Texts:
    """Draw who is feared at a place."""
    world = mapped(place, lambda code: assumed()["perpetrator_world_of_place"].get(code, "elsewhere"))
    codes = tuple(sorted({code for table in assumed()["perpetrators"].values() for code in table}))
    odds = np.zeros((sheet.rows, len(codes)))
    for name, table in assumed()["perpetrators"].items():
        odds[world == name] = [table.get(code, 0.0) for code in codes]
    return joined(codes, flags_for(sheet.rng, odds))


def ranked_places(sheet: Sheet, depth: int) -> npt.NDArray[np.object_]:
    """Draw up to `depth` different dangerous places per row, in the cluster's shares.

    Returns
    -------
    Shape (rows, depth); blank where the cluster knows no further place.
    """
    out = np.full((sheet.rows, depth), SKIPPED, dtype=object)
    for name in sorted(set(sheet["cluster"].tolist())):
        shares = params()["clusters"][name]["danger_places"]
        rows = np.flatnonzero(sheet["cluster"] == name)
        codes, weight = np.array(list(shares), dtype=object), np.array(list(shares.values()))
        key = np.log(weight) + sheet.rng.gumbel(size=(len(rows), len(codes)))
        order = np.argsort(-key, axis=1)[:, :depth]
        out[rows[:, None], np.arange(order.shape[1])] = codes[order]
    return out


def _dangers(sheet: Sheet) -> None:
    share = mapped(sheet["cluster"], lambda name: params()["clusters"][name]["danger"]).astype(float)
    named: Mask = sheet.put_yes("danger_any", share) == "yes"
    count = pick(sheet.rng, assumed()["single"]["dangerous_places"], sheet.rows).astype(np.int64)
    places = ranked_places(sheet, MOST)
    union: list[set[str]] = [set() for _ in range(sheet.rows)]
    before = named
    for slot in range(1, MOST + 1):
        there = before & (count >= slot) & (places[:, slot - 1] != SKIPPED)
        place = sheet.put(f"danger_place_{slot}", places[:, slot - 1], there, unknown=0.01)
        before = answered(place)
        found = sheet.put(
            f"danger_risks_{slot}",
            risks(sheet, (*EXPERIENCED[:7], "death", *EXPERIENCED[7:]), 1.0),
            before,
            refused=0.01,
        )
        sheet.put(f"danger_perp_{slot}", perpetrators(sheet, place), before, unknown=0.05)
        for row in np.flatnonzero(answered(found)):
            union[row].update(found[row].split(" "))
    together = texts([" ".join(sorted(found)) or UNKNOWN for found in union])
    sheet.put("danger_risks_all", together, named, unknown=0, refused=0)


def _experienced(sheet: Sheet) -> None:
    share = mapped(sheet["cluster"], lambda name: params()["clusters"][name]["exp"]).astype(float)
    hurt: Mask = sheet.put_yes("exp_any", share) == "yes"
    kinds = sheet.put("exp_types", risks(sheet, EXPERIENCED, 0.75), hurt, refused=0.06)
    place = sheet.put("exp_place", ranked_places(sheet, 1)[:, 0], hurt)
    sheet.put("exp_month", month_before(sheet, months_back(sheet, 5.0)), hurt, unknown=0.08)
    sheet.put("exp_perp", perpetrators(sheet, place), hurt, unknown=0.05)
    taken, held = chosen(kinds, "kidnap"), chosen(kinds, "detention")
    days = np.ceil(np.exp(sheet.rng.normal(2.7, 1.1, sheet.rows))).astype(np.int64)
    sheet.put("kidnap_days", texts(days), taken, unknown=0.08)
    ransom = np.round(np.exp(sheet.rng.normal(6.6, 1.0, sheet.rows)) / 5) * 5
    sheet.put("ransom_usd", texts(ransom.astype(np.int64)), taken, unknown=0.08, refused=0.03)
    sheet.put("detention_place", ranked_places(sheet, 1)[:, 0], held)
    sheet.put_single("detained_by", held, unknown=0.05)
    sheet.put_single("detention_release", held)


def _events(sheet: Sheet, rows: Ints) -> Ints:
    """Number the events that these rows report: 15 % of events have two or three reporters of one cluster."""
    order = rows[np.lexsort((rows, sheet["cluster"][rows].astype(str)))]
    size = sheet.rng.choice([1, 2, 3], size=len(order), p=[0.85, 0.11, 0.04])
    number = np.repeat(np.arange(len(order)), size)[: len(order)]
    event = np.full(sheet.rows, -1, dtype=np.int64)
    event[order] = number
    return event


def _first_of(event: Ints, values: Texts) -> Texts:
    """Give every reporter of an event what its first reporter says."""
    rows = np.flatnonzero(event >= 0)
    _, first, back = np.unique(event[rows], return_index=True, return_inverse=True)
    out = values.copy()
    out[rows] = values[rows][first][back]
    return out


def _death_places(sheet: Sheet) -> Texts:
    place = ranked_places(sheet, 1)[:, 0]
    desert = np.isin(sheet["cluster"], assumed()["death_place_clusters"]) & (sheet.rng.random(sheet.rows) < 0.35)
    return np.where(desert, pick(sheet.rng, assumed()["death_places"], sheet.rows), place).astype(object)


def _deaths(sheet: Sheet) -> None:
    share = mapped(sheet["cluster"], lambda name: params()["clusters"][name]["deaths"]).astype(float)
    seen: Mask = sheet.put_yes("deaths_seen", share) == "yes"
    event = _events(sheet, np.flatnonzero(seen))
    dead = _first_of(event, pick(sheet.rng, params()["deaths_per_event"], sheet.rows)).astype(np.int64)
    women = np.minimum(sheet.rng.binomial(dead, 0.15), dead)
    young = np.minimum(sheet.rng.binomial(dead, 0.08), dead - women)
    told = sheet.put("deaths_n", texts(dead), seen, unknown=0.01)
    for name, count in (("women", women), ("children", young)):
        number = np.where(told == UNKNOWN, UNKNOWN, _first_of(event, texts(count)))
        sheet.put(f"deaths_{name}_n", number.astype(object), seen, unknown=0.01)
    sheet.put("deaths_place", _first_of(event, _death_places(sheet)), seen, unknown=0.005)
    month = _first_of(event, month_before(sheet, months_back(sheet, 6.0)))
    sheet.put("deaths_month", month, seen, unknown=0.02)
    sheet.put("deaths_cause", _first_of(event, pick(sheet.rng, params()["death_cause"], sheet.rows)), seen)
    sheet.put_single("deaths_relation", seen)


def draw_harm(sheet: Sheet) -> None:
    """Fill sections 11 and 12."""
    _dangers(sheet)
    _experienced(sheet)
    _deaths(sheet)
    sheet.put_many("protect_strategy")
