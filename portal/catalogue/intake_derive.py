"""Values that follow from others: month, age group, sub-region, the region of the interview's day.

They are always computed: a given value that differs is counted, and the computed one stands.
"""

import datetime as dt
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from portal.catalogue.codebook import Codebook
from portal.catalogue.geography import Geography
from portal.catalogue.intake_report import Finding
from portal.catalogue.intake_table import Coded

AGE_BANDS = ((17, "a1417"), (24, "a1824"), (29, "a2529"), (34, "a3034"), (39, "a3539"), (49, "a4049"), (59, "a5059"))
"""The last year of age of each five-year band; older people are in "a60p"."""

YOUNGEST, OLDEST = 14, 99

DERIVED = ("interview_month", "mmc_region_at_interview", "age_band5", "nationality_subregion")
KINDS = frozenset({"", ".d", ".r", ".n"})

Columns = dict[str, Coded]


def derive(columns: Columns, codebook: Codebook, map_: Geography) -> list[Finding]:
    """Compute the derived columns into ``columns``; return what was added and what differed."""
    rules: dict[str, tuple[tuple[str, ...], Callable[..., str]]] = {
        "interview_month": (("interview_date",), _month),
        "mmc_region_at_interview": (("interview_country", "interview_date"), _region_of(map_)),
        "age_band5": (("age",), age_band5),
        "nationality_subregion": (("nationality",), _subregion_of(codebook.hierarchies().get("country", {}))),
    }
    found = []
    for name, (sources, rule) in rules.items():
        if name in codebook.variables and all(source in columns for source in sources):
            computed = combined([columns[source] for source in sources], rule)
            found.append(_settle(columns, name, computed))
    return [finding for finding in found if finding is not None]


def age_band5(age: str) -> str:
    """Return the five-year band of an age in completed years; a kind of missing stays what it is.

    An age that nobody interviewed can have gives no band.

    >>> age_band5("25"), age_band5("60"), age_band5(".r")
    ('a2529', 'a60p', '.r')
    """
    if age in KINDS:
        return age
    years = float(age)
    if not YOUNGEST <= years <= OLDEST:
        return ".n"
    return next((band for last, band in AGE_BANDS if years < last + 1), "a60p")


def combined(parts: list[Coded], rule: Callable[..., str]) -> Coded:
    """Return the column that ``rule`` makes of others, asking once per distinct combination."""
    packed = np.zeros(len(parts[0].index), np.int64)
    for part in parts:
        packed = packed * len(part.values) + part.index
    distinct, index = np.unique(packed, return_inverse=True)
    texts = []
    for number in distinct.tolist():
        arguments = []
        for part in reversed(parts):
            number, place = divmod(number, len(part.values))  # noqa: PLW2901 -- peeled off part by part
            arguments.append(part.values[place])
        texts.append(rule(*reversed(arguments)))
    return Coded(index.astype(np.int64), texts)


def _settle(columns: Columns, name: str, computed: Coded) -> Finding | None:
    given = columns.get(name)
    if given is None:
        columns[name] = computed
        return Finding(code="derived_added", count=len(computed.index), variable=name)
    was, now = given.to_strings(), computed.to_strings()
    unknown = np.isin(now, list(KINDS))
    differs = ~np.isin(was, list(KINDS)) & ~unknown & (was != now)
    columns[name] = recoded(np.where(unknown & (was != ""), was, now))
    count = int(differs.sum())
    return Finding(code="derived_differs", count=count, variable=name) if count else None


def recoded(texts: npt.NDArray[np.object_]) -> Coded:
    """Return strings, one per row, as a column of distinct values."""
    values, index = np.unique(texts.astype(str), return_inverse=True)
    return Coded(index.astype(np.int64), values.tolist())


def _month(day: str) -> str:
    return day if day in KINDS else day[:7]


def _region_of(map_: Geography) -> Callable[[str, str], str]:
    def region(country: str, day: str) -> str:
        return "" if country in KINDS or day in KINDS else map_.region_at(country, dt.date.fromisoformat(day))

    return region


def _subregion_of(parents: Mapping[str, str]) -> Callable[[str], str]:
    def subregion(country: str) -> str:
        return country if country in KINDS else parents.get(country, "")

    return subregion
