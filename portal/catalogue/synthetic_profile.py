"""Who is interviewed. Nationality differs from the country of interview, except where people set out."""

import numpy as np
import numpy.typing as npt

from portal.catalogue.synthetic_reference import assumed, labels, params, parents, table
from portal.catalogue.synthetic_sheet import (
    SILENT,
    SKIPPED,
    UNKNOWN,
    Ints,
    Mask,
    Sheet,
    Texts,
    answered,
    chosen,
    full,
    holds,
    mapped,
    pick,
    pick_by,
    texts,
)

WEST_AFRICA = ("SAHEL", "COAST", "LIBYA", "TUNISIA")
EAST_AFRICA = ("HORN", "SUDAN", "EGYPT", "YEMEN", "EASTAFR", "SOUTH")
ASIA = ("AFG", "TURKIYE", "PAKIND", "MALAYSIA", "INDOTHAI", "BANGLA")
AMERICAS = ("ANDES", "NECO", "CENTRAL", "MEXICO")
TAIL, OTHER_COUNTRY, HEAPED = 0.004, 0.002, 0.12
OTHER_NAMES = ("Cabo Verde", "Equatorial Guinea", "Eswatini", "Bhutan", "Timor-Leste", "Jamaica")
AGE_BANDS = ((18, "a1417"), (25, "a1824"), (30, "a2529"), (35, "a3034"), (40, "a3539"), (50, "a4049"), (60, "a5059"))


def age_band(age: str) -> str:
    """Give the five-year band of an age in completed years, or don't know outside 14 to 99.

    >>> age_band("24"), age_band("25"), age_band("172"), age_band(".r")
    ('a1824', 'a2529', '.d', '.r')
    """
    if age in SILENT:
        return age
    if not 14 <= int(age) <= 99:
        return UNKNOWN
    return next((code for below, code in AGE_BANDS if int(age) < below), "a60p")


def subregion(nationality: str) -> str:
    """Give the M49 sub-region of a nationality; one outside the list has none."""
    return nationality if nationality in SILENT else parents("country").get(nationality) or UNKNOWN


def _world(cluster: str) -> str:
    worlds = {"west_africa": WEST_AFRICA, "east_africa": EAST_AFRICA, "asia": ASIA, "americas": AMERICAS}
    return next((name for name, clusters in worlds.items() if cluster in clusters), "europe")


def _nationality(sheet: Sheet) -> Texts:
    """Draw within cluster and country, leaving out the country's own nationals unless they set out there."""
    group = sheet["cluster"] + " " + sheet["interview_country"]
    shares = {}
    for name in set(group.tolist()):
        cluster, country = name.split(" ")
        found = dict(params()["clusters"][cluster]["nat"])
        if cluster not in {"AFG", "UKR"} and len(found) > 1 and country != "ETH":
            found.pop(country, None)
        shares[name] = found
    out = pick_by(sheet.rng, group, shares)
    tails = {name: dict.fromkeys(codes.split(), 1.0) for name, codes in assumed()["tail_nationalities"].items()}
    luck = sheet.rng.random(sheet.rows)
    rare = np.flatnonzero((luck < TAIL) & (sheet["cluster"] != "AFG") & (sheet["cluster"] != "UKR"))
    out[rare] = pick_by(sheet.rng, mapped(sheet["cluster"][rare], _world), tails)
    out[luck > 1 - OTHER_COUNTRY] = "other"
    return _without_planted(sheet, out)


def _without_planted(sheet: Sheet, nationality: Texts) -> Texts:
    """Keep cells that hold planted people free of others: the tests count them."""
    place, early = sheet["interview_place"], holds(sheet["interview_date"], lambda day: day[:4] == "2019")
    agadez: Mask = (place == "AGZ") & early & np.isin(nationality, ["SDN", "COD"])
    nationality[agadez] = "GIN"
    nationality[(place == "BKK") & (nationality == "LAO")] = "MMR"
    nationality[nationality == "NAM"] = "GHA"
    return nationality


def _cluster_year(sheet: Sheet) -> Texts:
    return np.asarray(sheet["cluster"] + " " + mapped(sheet["interview_date"], lambda day: day[:4]), dtype=object)


def _gender(sheet: Sheet) -> Texts:
    share = mapped(sheet["cluster"], lambda name: params()["clusters"][name]["women"]).astype(float)
    known = mapped(_cluster_year(sheet), lambda when: assumed()["women"].get(when, np.nan)).astype(float)
    share = np.where(np.isnan(known), share, known)
    share[sheet["instrument"] == "smuggler"] = 0.08
    gender = np.where(sheet.rng.random(sheet.rows) < share, "woman", "man").astype(object)
    return sheet.put("gender", gender, unknown=0, refused=0.0004)


def _age(sheet: Sheet) -> Ints:
    mean, spread = (
        mapped(sheet["cluster"], lambda name, part=part: params()["clusters"][name]["age"][part]).astype(float)  # type: ignore[misc]
        for part in (0, 1)
    )
    mean += mapped(_cluster_year(sheet), lambda when: assumed()["mean_age_shift"].get(when, 0.0)).astype(float)
    above = mean - 17
    age = np.round(17 + sheet.rng.gamma((above / spread) ** 2, spread**2 / above)).astype(np.int64)
    age = np.clip(age, 18, 79)
    near = np.clip(np.round(age / 5).astype(np.int64) * 5, 20, 40)
    heaped = (sheet.rng.random(sheet.rows) < HEAPED) & (abs(near - age) <= 2)
    young = sheet["instrument"] == "youth"
    age = np.where(heaped, near, age)
    return np.where(young, sheet.rng.integers(14, 25, sheet.rows), age)


def _marital(sheet: Sheet) -> Texts:
    """Hand out the group's shares by age, so that the young are mostly single."""
    tables, order = assumed()["marital"], assumed()["marital"]["order"]
    west = np.isin(sheet["cluster"], assumed()["west_africa_clusters"])
    age = mapped(sheet["age"], lambda value: 28 if value in SILENT else int(value)).astype(float)
    score = age + sheet.rng.normal(0, 8, sheet.rows)
    out = full(sheet.rows, order[0])
    for where, shares in ((west, tables["west_africa"]), (~west, tables["elsewhere"])):
        for woman, name in ((True, "woman"), (False, "man")):
            rows = np.flatnonzero(where & ((sheet["gender"] == "woman") == woman))
            if len(rows):
                rank = np.argsort(np.argsort(score[rows], kind="stable"), kind="stable") / len(rows)
                place = np.searchsorted(np.cumsum(shares[name]), rank, side="right")
                out[rows] = np.array(order, dtype=object)[np.minimum(place, len(order) - 1)]
    return sheet.put("marital", out)


def _origin_admin1(sheet: Sheet) -> None:
    rows = table("choices.csv")
    rows = rows[rows["list"] == "admin1"]
    units = {str(name): dict.fromkeys(part["code"], 1.0) for name, part in rows.groupby("parent_code")}
    known = np.isin(sheet["nationality"], list(units))
    out = full(sheet.rows, SKIPPED)
    out[known] = pick_by(sheet.rng, sheet["nationality"][known], units)
    oromia = (sheet["nationality"] == "ETH") & (sheet.rng.random(sheet.rows) < 0.57)
    out[oromia] = next(code for code, label in labels("admin1").items() if label == "Oromia")
    sheet.put("origin_admin1", out, known)


def draw_profile(sheet: Sheet) -> None:
    """Fill section 04 as far as who the person is."""
    nationality = sheet.put("nationality", _nationality(sheet), unknown=0, refused=0.0006)
    sheet.put("nationality_subregion", mapped(nationality, subregion), unknown=0, refused=0)
    other = dict.fromkeys(OTHER_NAMES, 1.0)
    sheet.put("nationality_other", pick(sheet.rng, other, sheet.rows), nationality == "other")
    second = pick(sheet.rng, dict.fromkeys(["FRA", "NGA", "PAK", "IND", "ESP", "COL", "SDN", "TCD"], 1.0), sheet.rows)
    sheet.put("nationality_second", second, sheet.rng.random(sheet.rows) < 0.015, unknown=0, refused=0)
    _gender(sheet)
    age = sheet.put("age", texts(_age(sheet)), unknown=0.0015, refused=0.0005)
    sheet.put("age_band5", mapped(age, age_band), unknown=0, refused=0)
    under = holds(age, lambda value: value not in SILENT and int(value) < 18)
    sheet.put("minor_assent", full(sheet.rows, "yes"), under, unknown=0, refused=0)
    _origin_admin1(sheet)
    _draw_belonging(sheet)
    _draw_means(sheet)
    _draw_family(sheet, _marital(sheet))
    _draw_health(sheet)


def _draw_belonging(sheet: Sheet) -> None:
    module = np.isin(sheet["cluster"], assumed()["module_clusters"])
    groups = {name: dict.fromkeys(names.split("|"), 1.0) for name, names in assumed()["ethnic"].items()}
    known = module & np.isin(sheet["nationality"], list(groups))
    group = full(sheet.rows, "Other")
    group[known] = pick_by(sheet.rng, sheet["nationality"][known], groups)
    sheet.put("ethnic_group", group, module, refused=0.06)
    sheet.put("religion", pick(sheet.rng, assumed()["religion"], sheet.rows), module, refused=0.06)
    sheet.put_yes("minority_self", np.where(sheet["nationality"] == "MMR", 0.7, 0.14))
    spoken = {nat: code for code, nats in assumed()["language"].items() for nat in nats.split()}
    language = mapped(sheet["nationality"], lambda nat: spoken.get(nat, "other"))
    language[(sheet["interview_place"] == "CXB") | (np.isin(sheet["cluster"], ["MALAYSIA"]) & (language == "my"))] = (
        "rhg"
    )
    sheet.put("interview_language", language)


def _draw_means(sheet: Sheet) -> None:
    order = ("none", "primary", "secondary", "tertiary")
    shares = {k: dict(zip(order, c["ed"], strict=True)) for k, c in params()["clusters"].items()}
    education = pick_by(sheet.rng, sheet["cluster"], shares)
    luck = sheet.rng.random(sheet.rows)
    education[(education == "none") & (luck < 0.25)] = "religious"
    education[(education == "secondary") & (luck < 0.15)] = "vocational"
    sheet.put("education", education)
    woman, single = sheet["gender"] == "woman", assumed()["single"]
    work = [pick(sheet.rng, single[f"occupation_{who}"], sheet.rows) for who in ("woman", "man")]
    sheet.put("occupation_before", np.where(woman, work[0], work[1]))
    sheet.put_single("income_before")
    lived = pick(sheet.rng, single["origin_urban"], sheet.rows)
    west = np.isin(sheet["cluster"], assumed()["west_africa_clusters"])
    town = sheet.rng.random(sheet.rows) < np.where(woman, 0.79, 0.89)
    sheet.put("origin_urban_rural", np.where(west, np.where(town, "urban", "rural"), lived))


def _draw_family(sheet: Sheet, marital: Texts) -> None:
    age = mapped(sheet["age"], lambda value: 28 if value in SILENT else int(value)).astype(float)
    mean = np.where(marital == "single", 0.12, np.clip((age - 18) / 6, 0.3, 4.5))
    count: npt.NDArray[np.int64] = np.minimum(sheet.rng.poisson(mean), 11)
    children = sheet.put("children_n", texts(count), unknown=0.004, refused=0.002)
    asked = sheet.asked("children_n")
    some = holds(children, lambda value: value not in {*SILENT, "0"})
    along = sheet.rng.binomial(np.maximum(count, 0), np.where(sheet["gender"] == "woman", 0.42, 0.12))
    sheet.put("children_travelling_n", texts(along), some | ~asked, unknown=0.004, refused=0.002)


def _draw_health(sheet: Sheet) -> None:
    names = ("diff_seeing", "diff_walking", "diff_remembering")
    severe = np.zeros(sheet.rows, dtype=bool)
    known = np.zeros(sheet.rows, dtype=bool)
    for name in names:
        answer = sheet.put(name, pick(sheet.rng, assumed()["single"]["difficulty"], sheet.rows))
        severe |= np.isin(answer, ["lot", "cannot"])
        known |= answered(answer)
    anyone = np.where(known, np.where(severe, "yes", "no"), UNKNOWN).astype(object)
    sheet.put("disability_any", anyone, unknown=0, refused=0)
    fertile = holds(sheet["age"], lambda value: value not in SILENT and 15 <= int(value) <= 49)
    sheet.put_yes("pregnant", assumed()["yes"]["pregnant"], (sheet["gender"] == "woman") & fertile)
    sheet.put("sogiesc_self", full(sheet.rows, "no"))
    _draw_status(sheet)


def _draw_status(sheet: Sheet) -> None:
    status = pick(sheet.rng, assumed()["single"]["legal_status"], sheet.rows)
    status[sheet["nationality"] == sheet["interview_country"]] = "citizen"
    in_niger = (sheet["interview_country"] == "NER") & (sheet["nationality"] == "TGO")
    status[in_niger & (status == "asylum")] = "regular"
    sheet.put("legal_status", status)
    papers = sheet.put_many("documents")
    sheet.columns["documents"] = np.where(
        (sheet["legal_status"] == "refugee") & chosen(papers, "none"), "refugee_doc", papers
    ).astype(object)
