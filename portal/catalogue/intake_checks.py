"""Checks across the answers of one interview, and across interviews: counted for a steward, never acted upon.

The limits are those of MMC's own cleaning tools (mixedmigrationcentre/cleaningkit, MIT licence).
"""

import datetime as dt
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from portal.catalogue.intake_cells import Cells
from portal.catalogue.intake_report import Finding, Param
from portal.catalogue.intake_table import Coded, row_numbers

SHORTEST_MINUTES, LONGEST_MINUTES = 15, 60
FIRST_HOUR, LAST_HOUR = 5, 22
GAP_MINUTES = 10
MOST_REFUSALS = 6
ADULT = 18
YOUTH_VERSIONS = frozenset({"yth_2022"})

Mask = npt.NDArray[np.bool_]
Findings = list[Finding]


def _finding(code: str, hit: Mask, **params: Param) -> Findings:
    count = int(hit.sum())
    return [Finding(code=code, count=count, params=dict(params))] if count else []


def check_identity(uuids: list[str], columns: dict[str, Coded], first_row: int) -> Findings:
    """Find rows without a submission identifier, and rows that repeat one, alike or not."""
    ids = pd.Series(uuids, dtype="str")
    blank = (ids == "").to_numpy()
    repeats = ids.duplicated(keep="first").to_numpy() & ~blank
    found = _finding("missing_uuid", blank, rows=row_numbers(blank, first_row))
    found += _finding("duplicate_rows", repeats)
    if repeats.any():
        involved = ids.duplicated(keep=False).to_numpy() & ~blank
        content = fingerprints(columns, involved)
        first = dict(zip(reversed(ids[involved].tolist()), reversed(content.tolist()), strict=True))
        differs = np.zeros(len(ids), np.bool_)
        differs[involved] = [first[i] != c for i, c in zip(ids[involved], content, strict=True)]
        found += _finding("conflicting_rows", differs)
    return found


def fingerprints(columns: dict[str, Coded], rows: Mask) -> npt.NDArray[np.uint64]:
    """Return one 64-bit hash per chosen row over all its answers; equal rows have equal hashes."""
    total = np.zeros(int(rows.sum()), np.uint64)
    for place, column in enumerate(columns.values()):
        hashed = pd.util.hash_array(np.array(column.values, dtype=object), categorize=False)
        total = total * np.uint64(1_099_511_628_211) + hashed[column.index[rows]] + np.uint64(place)
    return total


def check_consent(columns: dict[str, Coded]) -> Findings:
    """Count rows by what their respondents agreed to, and rows that should not exist."""
    scope = columns["consent_scope"]
    tally: dict[str, int] = {}
    for value, count in zip(scope.values, scope.counts(), strict=True):
        if count:
            tally[value or "-"] = tally.get(value or "-", 0) + count
    found = [Finding(code="consent_scopes", count=sum(tally.values()), params={"scopes": tally})]
    if "consent_given" in columns:
        found += _finding("no_consent", columns["consent_given"].rows_where(lambda value: value == "no"))
    return found


def check_versions(columns: dict[str, Coded]) -> Findings:
    """Find rows that name no instrument version."""
    unnamed = columns["instrument_version"].rows_where(lambda value: value == "" or value.startswith("."))
    return _finding("unknown_version", unnamed)


def check_interviews(columns: dict[str, Coded], enumerators: Coded | None) -> Findings:
    """Check length, hour and spacing of interviews by the device's own clock."""
    if not {"start", "end"} <= columns.keys():
        return []
    start, end = _moments(columns["start"]), _moments(columns["end"])
    minutes = (end - start) / np.timedelta64(60, "s")
    found = _finding("ends_before_start", minutes < 0)
    found += _finding("too_short", (minutes >= 0) & (minutes < SHORTEST_MINUTES), limit=SHORTEST_MINUTES)
    found += _finding("too_long", minutes > LONGEST_MINUTES, limit=LONGEST_MINUTES)
    odd = columns["start"].rows_where(_odd_hour)
    found += _finding("odd_hours", odd, low=FIRST_HOUR, high=LAST_HOUR)
    if enumerators is not None:
        close = _back_to_back(enumerators, start, end)
        found += _finding("back_to_back", close, limit=GAP_MINUTES)
    return found


def check_future(columns: dict[str, Coded], today: dt.date, first_row: int) -> Findings:
    """Find interviews dated later than today."""
    late = columns["interview_date"].rows_where(lambda value: value[:1].isdigit() and value > today.isoformat())
    found = _finding("future_dates", late, rows=list(row_numbers(late, first_row)))
    return [replace(finding, variable="interview_date") for finding in found]


def _moments(column: Coded) -> npt.NDArray[np.datetime64]:
    texts = pd.Series([value if ":" in value else None for value in column.values], dtype="str")
    parsed = pd.to_datetime(texts, format="ISO8601", utc=True, errors="coerce")
    return parsed.dt.tz_localize(None).to_numpy(dtype="datetime64[s]")[column.index]


def _odd_hour(moment: str) -> bool:
    hour = moment[11:13]
    return hour.isdigit() and not FIRST_HOUR <= int(hour) < LAST_HOUR


def _back_to_back(enumerators: Coded, start: npt.NDArray[np.datetime64], end: npt.NDArray[np.datetime64]) -> Mask:
    known = enumerators.rows_where(bool) & ~np.isnat(start) & ~np.isnat(end)
    rows = np.flatnonzero(known)
    order = rows[np.lexsort((start[rows], enumerators.index[rows]))]
    same = enumerators.index[order][1:] == enumerators.index[order][:-1]
    gap = (start[order][1:] - end[order][:-1]) / np.timedelta64(60, "s")
    hit = np.zeros(len(start), np.bool_)
    hit[order[1:]] = same & (gap < GAP_MINUTES) & (start[order][1:] != start[order][:-1])
    return hit


def check_answers(cells: Cells) -> Findings:
    """Check refusals, ages, and answers that contradict each other."""
    columns = cells.columns
    refusals = np.zeros(len(next(iter(columns.values())).index), np.int64)
    for column in columns.values():
        if ".r" in column.values:
            refusals += column.rows_where(lambda value: value == ".r")
    found = _finding("many_refusals", refusals > MOST_REFUSALS, limit=MOST_REFUSALS)
    if {"interview_country", "nationality"} <= columns.keys():
        at, of = columns["interview_country"].to_strings(), columns["nationality"].to_strings()
        found += _finding("country_is_nationality", (at == of) & (at != ""))
    if {"age", "instrument_version"} <= columns.keys():
        young = columns["age"].rows_where(lambda value: value[:1].isdigit() and float(value) < ADULT)
        young &= ~columns["instrument_version"].rows_where(YOUTH_VERSIONS.__contains__)
        found += _finding("underage", young, rows=row_numbers(young, cells.first_row))
    if "mmc_region_at_interview" in columns:
        unanswered = columns["mmc_region_at_interview"].rows_where(lambda value: value == "")
        found += _finding("country_without_region", unanswered)
    return found + _check_deaths(columns)


def _check_deaths(columns: dict[str, Coded]) -> Findings:
    if "deaths_n" not in columns:
        return []
    dead = _numbers(columns["deaths_n"])
    over = np.zeros(len(dead), np.bool_)
    for part in ("deaths_women_n", "deaths_children_n"):
        if part in columns:
            over |= _numbers(columns[part]) > dead
    return _finding("parts_exceed_total", over)


def _numbers(column: Coded) -> npt.NDArray[np.float64]:
    numbers = [float(value) if value[:1].isdigit() else np.nan for value in column.values]
    return np.array(numbers, np.float64)[column.index]
