"""The survey's deaths module as an incident table. One event may stand in it twice: several people reported it."""

import csv
from calendar import month_name
from collections.abc import Mapping
from io import StringIO
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from portal.catalogue.synthetic_ona import Survey
from portal.catalogue.synthetic_reference import labels, parents, places
from portal.catalogue.synthetic_sheet import SILENT, Texts, full, mapped, texts

SOURCE: Final = "Mixed Migration Monitoring Mechanism Initiative (4Mi), synthetic"
MONTHS: Final = tuple(month_name)[1:]
CAUSES = {
    "vehicle": "Vehicle accident / death linked to hazardous transport",
    "violence": "Violence",
    "sickness": "Sickness / lack of access to adequate healthcare",
    "harsh": "Harsh environmental conditions / lack of adequate shelter, food, water",
    "drowning": "Drowning",
    "suicide": "Violence",
    "other": "Accidental death",
}
SEAS = {
    "SEA-CMR": "Mediterranean",
    "SEA-WAR": "Western Africa",
    "SEA-GOA": "Eastern Africa",
    "SEA-AND": "South-eastern Asia",
}
SAHARA = ("SAH-LBY", "SAH-NER", "SAH-SDN", "SEB", "QTR", "KUF", "AGZ", "TAM", "DRK", "SGD", "ARL", "ASM")
ROUTES: Mapping[str, str] = {
    **dict.fromkeys(SAHARA, "Sahara Desert crossing"),
    **dict.fromkeys(("SEA-GOA", "LHJ"), "Horn of Africa to Yemen crossing"),
    "SEA-CMR": "Central Mediterranean",
    "SEA-WAR": "Western Africa / Atlantic route to the Canary Islands",
    "OMH": "Iran to Türkiye",
    "DAR": "Darien",
}
PRESUMED = {"11": "Sub-Saharan Africa", "17": "Sub-Saharan Africa"}


def _reports(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep what may be passed on and can be placed: consented, checked, with place, month and number."""
    known = frame["consent_scope"].eq("share_anon") & frame["qc_flag"].isin(["ok", "recoded"])
    for name in ("deaths_place", "deaths_month", "deaths_n"):
        known &= ~frame[name].isin(list(SILENT))
    return frame[known & frame["deaths_seen"].eq("yes") & frame["deaths_place"].ne("other")]


def _near(event: Texts, place: Texts, seed: int) -> npt.NDArray[np.float64]:
    """Give latitude and longitude of each event; a fifth lie far from any town, as in the desert."""
    _, back = np.unique(event.astype(str), return_inverse=True)
    rng = np.random.default_rng([seed, len(event)])
    count = int(back.max()) + 1 if len(back) else 0
    spread = rng.choice([0.0, 0.1, 1.8], size=(count, 1), p=[0.25, 0.5, 0.25])
    shift = rng.normal(0, 1, (count, 2)) * spread
    centre = np.array([[float(places()[code][axis]) for axis in ("lat", "lon")] for code in place]).reshape(-1, 2)
    return np.asarray(centre + shift[back], dtype=np.float64)


def _region(place: str) -> str:
    country = places()[place]["country_iso3"]
    return labels("m49_subregion")[parents("country")[country]] if country else SEAS[place]


def _location(place: str) -> str:
    country = places()[place]["country_iso3"]
    name = places()[place]["label_en"]
    nation = labels("country").get(country, "")
    return name if name.endswith(nation) else f"{name}, {nation}"


def _origin(subregion: str) -> str:
    if subregion in SILENT:
        return "Unknown"
    return f"{PRESUMED.get(subregion, labels('m49_subregion')[subregion])} (P)"


def _count(values: Texts) -> npt.NDArray[np.int64]:
    return mapped(values, lambda value: "0" if value in SILENT else value).astype(np.int64)


def incident_table(survey: Survey) -> pd.DataFrame:
    """Write each report of deaths as a row of the public incident file's columns, all `str`.

    Reports without consent to share, with a failed check, or without place, month or number are left out.
    Events reported by several people repeat year, month, coordinates and count.
    """
    found = _reports(survey.frame)

    def column(name: str) -> Texts:
        return found[name].to_numpy(dtype=object)

    place, month, dead = column("deaths_place"), column("deaths_month"), _count(column("deaths_n"))
    women = np.minimum(_count(column("deaths_women_n")), dead)
    young = np.minimum(_count(column("deaths_children_n")), dead - women)
    event = place + month + texts(dead * 10_000 + women * 100 + young) + column("deaths_cause")
    where = _near(event, place, survey.seed)
    nobody, region = full(len(found), "0"), mapped(place, _region)
    return pd.DataFrame(
        {
            "incident_type": full(len(found), "Incident"),
            "incident_year": mapped(month, lambda text: text[:4]),
            "reported_month": mapped(month, lambda text: MONTHS[int(text[5:7]) - 1]),
            "region_of_origin": mapped(column("nationality_subregion"), _origin),
            "region_of_incident": region,
            "country_of_origin": full(len(found), "Unknown"),
            "number_of_dead": texts(dead.astype(np.float64)),
            "minimum_estimated_number_of_missing": nobody,
            "total_number_of_dead_and_missing": texts(dead),
            "number_of_survivors": nobody,
            "number_of_females": texts(women),
            "number_of_males": texts(dead - women - young),
            "number_of_children": texts(young),
            "cause_of_death": mapped(column("deaths_cause"), lambda code: CAUSES.get(code, "Mixed or unknown")),
            "migration_route": mapped(place, lambda code: ROUTES.get(code, "")),
            "location_of_death": mapped(place, _location),
            "information_source": full(len(found), SOURCE),
            "unsd_geographical_grouping": np.where(np.isin(place, list(SEAS)), "Uncategorized", region),
            "latitude": texts([f"{value:.6f}" for value in where[:, 0].tolist()]),
            "longitude": texts([f"{value:.6f}" for value in where[:, 1].tolist()]),
        },
        dtype="str",
    )


def incidents_csv(survey: Survey) -> bytes:
    """Write the incident table as UTF-8 CSV."""
    out = StringIO()
    incident_table(survey).to_csv(out, index=False, quoting=csv.QUOTE_MINIMAL, lineterminator="\n")
    return out.getvalue().encode()
