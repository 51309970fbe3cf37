"""Every column of answers to its canonical form, with a count of each way by which cells were read.

The value of a text answer is never looked at beyond its first character.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from portal.catalogue.codebook import Variable
from portal.catalogue.intake_columns import Layout, Names
from portal.catalogue.intake_labels import shown_labels
from portal.catalogue.intake_report import Finding, Param
from portal.catalogue.intake_select import Picker, read_choices
from portal.catalogue.intake_table import Coded, Table, row_numbers
from portal.catalogue.intake_values import UNUSABLE, Reading, fold, kind, read_date, read_number

RANGES: Mapping[str, tuple[float, float]] = {
    "age": (14, 99),
    "children_n": (0, 30),
    "children_travelling_n": (0, 30),
    "journey_months": (0, 600),
    "attempts_before_n": (0, 50),
    "cost_usd": (0, 100_000),
    "debt_usd": (0, 100_000),
    "smuggler_fee_usd": (0, 100_000),
    "ransom_usd": (0, 100_000),
    "cost_local": (0, 1e10),
    "kidnap_days": (0, 3_650),
    "deaths_n": (1, 500),
    "deaths_women_n": (0, 500),
    "deaths_children_n": (0, 500),
    "smg_clients_month": (0, 10_000),
}
"""Smallest and largest believable value; beyond it a steward should look, the value stays."""

MOMENTS = frozenset({"start", "end", "_submission_time"})
FORMULA = ("=", "@", "\t=", "+=", "-=")
LONGEST_KIND = 20
AMBIGUOUS = "ambiguous_labels"
SETTLED_LATER = frozenset({("interview_date", "ambiguous_dates")})
WITH_ROWS = frozenset({"unreadable_numbers", "ambiguous_numbers", "not_whole", "unreadable_dates", "ambiguous_dates"})
MOST_UNKNOWN = 0.05
"""Above this share of a question's answers unknown words mean another list of choices, not slips of the pen."""

Mappings = Mapping[tuple[str, str], str]


@dataclass(slots=True)
class Cells:
    """The canonical columns and what was found while reading them; ``raw`` keeps the dates as written."""

    columns: dict[str, Coded] = field(default_factory=dict)
    raw: dict[str, Coded] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    first_row: int = 2

    def found(self, code: str, count: int, variable: str, **params: Param) -> None:
        """Note a finding about one variable, if there is anything to count."""
        if count:
            self.findings.append(Finding(code=code, count=count, variable=variable, params=dict(params)))

    def unknown(self, labels: Counter[str], answered: int, variable: str) -> None:
        """Note labels that no choice fits: an error where they are many among the cells answered."""
        count = sum(labels.values())
        code = "many_unknown_codes" if count > MOST_UNKNOWN * answered else "unknown_codes"
        self.found(code, count, variable, labels=shown_labels(labels))


def read_cells(table: Table, layout: Layout, names: Names, *, mapped: Mappings, first_row: int) -> Cells:
    """Return all columns of answers; ``mapped`` holds labels that a steward has mapped, by variable."""
    cells = Cells(first_row=first_row)
    for name, variable in names.codebook.variables.items():
        if variable.type == "multiple" and (name in layout.plain or name in layout.children):
            _read_multiple(cells, table, layout, names, variable)
        elif name in layout.plain:
            raw = table.columns[layout.plain[name]]
            _read_one(cells, raw, variable, _reader(variable, names, mapped))
    return cells


def _reader(variable: Variable, names: Names, mapped: Mappings) -> Callable[[str], Reading]:
    if variable.type == "single":
        matcher = names.matchers[variable.choices]
        own = {label: code for (name, label), code in mapped.items() if name == variable.name}
        return lambda text: Reading(own[text], "mapped_by_steward") if text in own else matcher.read(text)
    if variable.type in {"integer", "decimal"}:
        return lambda text: read_number(text, whole=variable.type == "integer")
    if variable.name in MOMENTS:
        return _moment
    if variable.type == "date":
        return lambda text: read_date(text, month_only=variable.name.endswith("_month"))
    return _text


def _text(text: str) -> Reading:
    missing = kind(fold(text)) if len(text) <= LONGEST_KIND else ""
    return Reading(missing or text, "formula_like" if text.startswith(FORMULA) else "")


def _moment(text: str) -> Reading:
    reading = read_date(text, month_only=False)
    return Reading(text if len(reading.value) > 2 and ":" in text else reading.value, reading.way)


def _read_one(cells: Cells, raw: Coded, variable: Variable, read: Callable[[str], Reading]) -> None:
    readings = [read(value) for value in raw.values]
    cells.columns[variable.name] = raw.mapped([reading.value for reading in readings])
    if variable.type == "date" or variable.choices == "admin1":
        cells.raw[variable.name] = raw
    for way in sorted({reading.way for reading in readings} - {""}):
        if (variable.name, way) not in SETTLED_LATER and not (way == AMBIGUOUS and variable.choices == "admin1"):
            _note(cells, raw, variable.name, way, readings)
    if variable.name in RANGES and variable.type in {"integer", "decimal"}:
        _check_range(cells, variable.name)


def _note(cells: Cells, raw: Coded, name: str, way: str, readings: list[Reading]) -> None:
    counts = raw.counts()
    labels = Counter(
        {
            value: count
            for value, reading, count in zip(raw.values, readings, counts, strict=True)
            if reading.way == way and count
        }
    )
    if way == "unknown_codes":
        answered = sum(count for reading, count in zip(readings, counts, strict=True) if reading.value)
        cells.unknown(labels, answered, name)
    elif way == AMBIGUOUS:
        cells.found(way, sum(labels.values()), name, labels=shown_labels(labels))
    elif way in WITH_ROWS:
        hit = np.array([reading.way == way for reading in readings], np.bool_)[raw.index]
        cells.found(way, sum(labels.values()), name, rows=list(row_numbers(hit, cells.first_row)))
    else:
        cells.found(way, sum(labels.values()), name)


def _check_range(cells: Cells, name: str) -> None:
    low, high = RANGES[name]
    column = cells.columns[name]
    beyond = column.rows_where(
        lambda value: value != "" and not value.startswith(".") and not low <= float(value) <= high
    )
    rows = row_numbers(beyond, cells.first_row)
    cells.found("out_of_range", int(beyond.sum()), name, low=f"{low:g}", high=f"{high:g}", rows=rows)


def _read_multiple(cells: Cells, table: Table, layout: Layout, names: Names, variable: Variable) -> None:
    picker = Picker(names.codebook.choices[variable.choices], names.matchers[variable.choices])
    parent = table.columns[layout.plain[variable.name]] if variable.name in layout.plain else None
    children = {
        code: [table.columns[place] for place in places]
        for code, places in layout.children.get(variable.name, {}).items()
    }
    choices = read_choices(picker, parent, children, table.rows)
    cells.columns[variable.name] = choices.column
    for way, count in choices.ways.items():
        cells.found(way, count, variable.name)
    answered = int(choices.column.rows_where(lambda value: value != "").sum())
    cells.unknown(choices.unknown, answered, variable.name)


def apply_versions(cells: Cells, variables: Mapping[str, Variable]) -> None:
    """Tell what was skipped from what the row's instrument version never asked: blank becomes ".n"."""
    version = cells.columns["instrument_version"]
    for name, column in list(cells.columns.items()):
        variable = variables[name]
        if not variable.versions:
            continue
        outside = ~version.rows_where(lambda value, asked=variable: asked.collected_in(value))  # type: ignore[misc]
        outside &= version.rows_where(lambda value: not value.startswith(".") and value != "")
        blank = column.rows_where(lambda value: value == "")
        answered = outside & ~blank & ~column.rows_where(lambda value: value == UNUSABLE)
        cells.found("answered_outside_version", int(answered.sum()), name)
        values = [*column.values, UNUSABLE]
        cells.columns[name] = Coded(np.where(outside & blank, len(values) - 1, column.index), values)
