"""Incidents of death on the way, from the public file of IOM's Missing Migrants Project or one of its shape.

An event has no region of its own: it takes the country of the nearest known place, which for almost half of the
real file lies more than 150 km away, so every row says whether it does.
"""

import calendar
import datetime as dt
import hashlib
import json
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from portal.catalogue import geography
from portal.catalogue.codebook import Codebook
from portal.catalogue.eventbook import reference
from portal.catalogue.incidents_shape import (
    CAUSES,
    COUNTS,
    FIRST_YEAR,
    LAST_YEAR,
    LEFT_OUT,
    MOST_DEAD,
    NEEDED,
    ROUTES,
    USED,
)
from portal.catalogue.intake import Intake, Mac, assign_ids, refused, report_of, to_frame
from portal.catalogue.intake_derive import combined, recoded
from portal.catalogue.intake_labels import shown_labels
from portal.catalogue.intake_report import Finding, Param
from portal.catalogue.intake_table import Coded, Table, read_table, row_numbers
from portal.catalogue.intake_values import UNUSABLE, Matcher, Reading, fold, read_number

EVENT_ID, EVENT_KEY = "event_id", "event_key"
_MONTHS = {fold(calendar.month_name[n]): f"{n:02}" for n in range(1, 13)}


@dataclass(slots=True)
class Events:
    """The columns of the events while they are read, and what was found."""

    rows: int
    columns: dict[str, Coded] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def found(self, code: str, count: int, variable: str | None = None, **params: Param) -> None:
        """Note a finding, if there is anything to count."""
        if count:
            self.findings.append(Finding(code=code, count=count, variable=variable, params=dict(params)))


def read_incidents(data: bytes, *, name: str, mac: Mac | None = None) -> Intake:
    """Read an incident file into one row per reported row; give the rows their ids where ``mac`` is there.

    An id is the MAC of the row's cells and of how often the same row stood before it, so it is the same in every
    round that repeats the row. Never raises for what the file holds: that is in the report.
    """
    table = read_table(data, knows=(USED | LEFT_OUT).__contains__)
    if not table.readable:
        return refused(table, name)
    findings = [*table.findings, *_columns(table)]
    if any(finding.code in {"missing_columns", "duplicate_columns"} for finding in findings):
        return refused(table, name, findings)
    events = Events(table.rows, findings=findings)
    book = reference()
    _read_time(events, table)
    _read_counts(events, table)
    _read_lists(events, table, book)
    _locate(events, table)
    keys = _row_keys(table)
    _repeats(events, table)
    columns = {variable: events.columns[variable] for variable in book.variables if variable in events.columns}
    report = report_of(table, name, events.findings, columns)
    frame = to_frame(columns)
    if mac is not None:
        frame = assign_ids(frame, keys, mac, column=EVENT_ID)
    return Intake(frame=frame, uuids=keys, report=report)


def _columns(table: Table) -> list[Finding]:
    lists = {
        "missing_columns": [name for name in NEEDED if name not in table.header],
        "left_out_columns": [name for name in table.header if name in LEFT_OUT],
        "unknown_columns": [name for name in table.header if name and name not in USED | LEFT_OUT],
    }
    return [Finding(code=c, count=len(names), params={"columns": names}) for c, names in lists.items() if names]


def _column(table: Table, name: str) -> Coded:
    if name in table.header:
        return table.columns[table.header.index(name)]
    return Coded(np.zeros(table.rows, np.int64), [""])


def _keep(events: Events, name: str, raw: Coded, read: Callable[[str], Reading]) -> None:
    readings = [read(value) for value in raw.values]
    events.columns[name] = raw.mapped([reading.value for reading in readings])
    for way in sorted({reading.way for reading in readings} - {""}):
        hit = np.array([reading.way == way for reading in readings], np.bool_)[raw.index]
        params: dict[str, Param] = {"rows": list(row_numbers(hit))}
        if way == "unknown_codes":
            params = {"labels": shown_labels(Counter(raw.to_strings()[hit].tolist()))}
        events.found(way, int(hit.sum()), name, **params)


def _read_time(events: Events, table: Table) -> None:
    _keep(events, "year", _column(table, "incident_year"), _year)
    _keep(events, "month", _column(table, "reported_month"), _month)
    undated = ~events.columns["year"].rows_where(str.isdigit) | ~events.columns["month"].rows_where(str.isdigit)
    events.found("undated_events", int(undated.sum()), rows=list(row_numbers(undated)))


def _year(text: str) -> Reading:
    reading = read_number(text, whole=True)
    believable = reading.value.isdigit() and FIRST_YEAR <= int(reading.value) <= LAST_YEAR
    return reading if believable or not reading.value.isdigit() else Reading(UNUSABLE, "unreadable_dates")


def _month(text: str) -> Reading:
    word = fold(text)
    number = word.removesuffix(".0").zfill(2)
    if word in _MONTHS or number in _MONTHS.values():
        return Reading(_MONTHS.get(word, number))
    return Reading("" if not word else UNUSABLE, "unreadable_dates" if word else "")


def _read_counts(events: Events, table: Table) -> None:
    for name, source in COUNTS.items():
        _keep(events, name, _column(table, source), lambda text: read_number(text, whole=True))
        column = events.columns[name]
        odd = column.rows_where(lambda v: (v[:1].isdigit() and float(v) > MOST_DEAD) or v.startswith("-"))
        events.found("out_of_range", int(odd.sum()), name, low="0", high=str(MOST_DEAD), rows=list(row_numbers(odd)))
    dead = _numbers(events.columns["deaths"])
    told = [_numbers(_column(table, c)) for c in ("number_of_dead", "minimum_estimated_number_of_missing")]
    events.found("kinds_differ", int((np.abs(np.nan_to_num(told[0]) + np.nan_to_num(told[1]) - dead) > 0).sum()))
    parts = sum((np.nan_to_num(_numbers(events.columns[part])) for part in ("women", "men")), np.zeros(events.rows))
    over = (parts > dead) | (_numbers(events.columns["children"]) > dead)
    events.found("parts_exceed_total", int(over.sum()))


def _numbers(column: Coded) -> npt.NDArray[np.float64]:
    def number(text: str) -> float:
        value = read_number(text, whole=False).value
        return math.nan if value.startswith(".") or not value else float(value)

    return np.array([number(value) for value in column.values], np.float64)[column.index]


def _read_lists(events: Events, table: Table, book: Codebook) -> None:
    for name, source, known in (("cause", "cause_of_death", CAUSES), ("route_group", "migration_route", ROUTES)):
        list_ = book.variables[name].choices
        matcher = Matcher.of(list_, book.choices[list_].values())
        words = dict(known)

        def read(text: str, words: dict[str, str] = words, matcher: Matcher = matcher) -> Reading:
            code = words.get(fold(text), "")
            return Reading(code) if code else matcher.read(text)

        _keep(events, name, _column(table, source), read)


def _locate(events: Events, table: Table) -> None:
    """Give each event its nearest known place, and by it country, area and the region of its month."""
    lat, lon = _numbers(_column(table, "latitude")), _numbers(_column(table, "longitude"))
    usable = (np.abs(lat) <= 90) & (np.abs(lon) <= 180) & ((lat != 0) | (lon != 0))
    events.found("no_coordinates", int((~usable).sum()), rows=list(row_numbers(~usable)))
    blank = np.full(events.rows, "", dtype=object)
    found = {name: blank.copy() for name in ("place", "admin1", "country", "far")}
    map_ = geography.reference()
    if usable.any():
        places, km = map_.nearest(lat[usable], lon[usable])
        found["place"][usable] = [place.code for place in places]
        found["admin1"][usable] = [place.admin1 for place in places]
        found["country"][usable] = [place.country for place in places]
        found["far"][usable] = np.where(km > geography.FAR_KM, "1", "0")
    events.columns |= {name: recoded(texts) for name, texts in found.items()}
    columns = events.columns
    columns["region"] = combined([columns["country"], columns["year"], columns["month"]], _region_of(map_))
    far = int((found["far"] == "1").sum())
    events.found("far_places", far, rows_total=events.rows, limit=int(geography.FAR_KM))
    events.found("no_country", int((found["country"] == "").sum()))


def _region_of(map_: geography.Geography) -> Callable[[str, str, str], str]:
    def region(country: str, year: str, month: str) -> str:
        dated = country and year.isdigit() and month.isdigit()
        return map_.region_at(country, dt.date(int(year), int(month), 1)) if dated else ""

    return region


def _row_keys(table: Table) -> tuple[str, ...]:
    """Return per row its cells under their names and how many equal rows stood before it."""
    order = sorted(range(len(table.header)), key=lambda place: table.header[place])
    names = [table.header[place] for place in order]
    cells = zip(*(table.columns[place].to_strings() for place in order), strict=True)
    seen: Counter[str] = Counter()
    keys = []
    for row in cells:
        text = json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False)
        keys.append(f"{text}#{seen[text]}")
        seen[text] += 1
    return tuple(keys)


def _repeats(events: Events, table: Table) -> None:
    """Give reports of the same event one key, and count those that repeat another one."""
    parts = [events.columns["year"], events.columns["month"], events.columns["deaths"]]
    same = combined([*parts, _column(table, "latitude"), _column(table, "longitude")], _digest)
    events.columns[EVENT_KEY] = same
    events.found("repeated_events", events.rows - int((np.bincount(same.index) > 0).sum()))


def _digest(*cells: str) -> str:
    return hashlib.sha256("\0".join(cells).encode()).hexdigest()[:32]
