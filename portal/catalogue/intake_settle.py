"""Answers with two readings that another answer of the same interview settles: dates and names of areas.

The start of an interview is written by the device, so it can tell day from month where a person's date cannot.
"""

import datetime as dt
from collections import Counter
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from portal.catalogue.intake_cells import Cells
from portal.catalogue.intake_columns import Names
from portal.catalogue.intake_derive import recoded
from portal.catalogue.intake_labels import by_country, shown_labels
from portal.catalogue.intake_report import Finding
from portal.catalogue.intake_table import Coded, row_numbers
from portal.catalogue.intake_values import UNUSABLE, fold, readings_of_date

DAYS_APART = 3
"""An interview is begun, dated and sent within days; beyond this one of the dates is wrong."""

COUNTRY_OF: Mapping[str, tuple[str, ...]] = {
    "interview_admin1": ("interview_country",),
    "origin_admin1": ("nationality", "departure_country"),
}


def settle_dates(cells: Cells) -> None:
    """Settle the interview's date by its start, and say where the two disagree."""
    day, start = cells.columns["interview_date"], cells.columns.get("start", cells.columns.get("today"))
    if start is not None:
        _by_start(cells, day, start)
    two = cells.raw["interview_date"].rows_where(lambda text: len(readings_of_date(text)) > 1)
    two &= cells.columns["interview_date"].rows_where(lambda value: value == UNUSABLE)
    cells.found("ambiguous_dates", int(two.sum()), "interview_date", rows=list(row_numbers(two, cells.first_row)))
    lost = cells.columns["interview_date"].rows_where(lambda value: not value[:1].isdigit())
    if lost.any():
        rows = row_numbers(lost, cells.first_row)
        cells.findings.append(
            Finding(code="unusable_interview_dates", count=int(lost.sum()), params={"rows": list(rows)})
        )


def _by_start(cells: Cells, day: Coded, start: Coded) -> None:
    days, starts = day.to_strings().copy(), start.mapped([value[:10] for value in start.values]).to_strings()
    raw = cells.raw["interview_date"]
    options = {place: readings_of_date(text) for place, text in enumerate(raw.values)}
    settled, suspected, apart = (np.zeros(len(days), np.bool_) for _ in range(3))
    for row in np.flatnonzero((days != starts) & (starts != "")):
        began = _date(starts[row])
        if began is None:
            continue
        if days[row][:1].isdigit():
            turned = _turned(days[row])
            suspected[row] = turned == began
            apart[row] = turned != began and abs((_date(days[row]) or began) - began).days > DAYS_APART
        elif began in options[int(raw.index[row])]:
            days[row], settled[row] = starts[row], True
    cells.columns["interview_date"] = recoded(days)
    cells.found("dates_settled", int(settled.sum()), "interview_date")
    cells.found(
        "day_month_suspected",
        int(suspected.sum()),
        "interview_date",
        rows=list(row_numbers(suspected, cells.first_row)),
    )
    cells.found("dates_disagree", int(apart.sum()), "interview_date", limit=DAYS_APART)


def _date(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _turned(text: str) -> dt.date | None:
    year, month, day = text.split("-")
    return _date(f"{year}-{day}-{month}")


def settle_areas(cells: Cells, names: Names) -> None:
    """Settle names of areas by the country beside them, and count areas that lie in another country."""
    parents = names.codebook.hierarchies().get("admin1", {})
    for name, sources in COUNTRY_OF.items():
        beside = [cells.columns[source] for source in sources if source in cells.columns]
        if name not in cells.columns or not beside:
            continue
        matcher = names.matchers[names.codebook.variables[name].choices]
        settled = 0
        for countries in beside:
            cells.columns[name], more = by_country(cells.raw[name], cells.columns[name], countries, matcher, parents)
            settled += more
        cells.found("areas_settled", settled, name)
        _count_areas(cells, name, beside[0], parents)
    for name, raw in cells.raw.items():
        if name in cells.columns and names.codebook.variables[name].choices == "admin1":
            _report_ambiguous(cells, name, raw, names)


def _count_areas(cells: Cells, name: str, countries: Coded, parents: Mapping[str, str]) -> None:
    inside = cells.columns[name].mapped([parents.get(code, "") for code in cells.columns[name].values])
    was: npt.NDArray[np.object_] = inside.to_strings()
    beside = countries.to_strings()
    elsewhere = (was != "") & (was != beside) & countries.rows_where(lambda code: len(code) == 3)
    if name == "interview_admin1":
        cells.found("admin1_elsewhere", int(elsewhere.sum()), name)


def _report_ambiguous(cells: Cells, name: str, raw: Coded, names: Names) -> None:
    matcher = names.matchers["admin1"]
    left = cells.columns[name].rows_where(lambda value: value == UNUSABLE)
    two = raw.rows_where(lambda text: text not in matcher.exact and fold(text) in matcher.ambiguous)
    open_ = left & two
    if open_.any():
        labels = Counter(raw.to_strings()[open_].tolist())
        cells.found("ambiguous_labels", int(open_.sum()), name, labels=shown_labels(labels))
