"""Which column of an Ona export is which variable, which choice of one, or the collection server's own.

The row under the header may be question texts or already the first interview: it is looked at, never assumed.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from portal.catalogue.codebook import Codebook, Variable
from portal.catalogue.intake_derive import DERIVED
from portal.catalogue.intake_report import Finding
from portal.catalogue.intake_table import SHOWN, Coded, Table
from portal.catalogue.intake_values import Matcher, fold, kind, read_date, read_number

SYSTEM = frozenset(
    {"record_id", "_uuid", "_id", "deviceid", "simserial", "subscriberid", "phonenumber", "username", "_location"}
)
"""Columns that name a device, a submission or an enumerator; they end at the door, whatever the codebook says."""

REGION_LISTS = "mmc_region_"
"""Lists of regions by year: an interview of any year may stand in one file, so they are read as one list."""

NEEDED = ("_uuid", "instrument_version", "consent_scope", "interview_date", "interview_country")
TYPES: Mapping[str, str] = {
    **dict.fromkeys(
        ("instrument_version", "consent_scope", "interview_country", "nationality", "consent_given"), "single"
    ),
    **dict.fromkeys(("interview_date", "start", "end", "today"), "date"),
    **dict.fromkeys(("age", "deaths_n", "deaths_women_n", "deaths_children_n"), "integer"),
    **dict.fromkeys(("interview_admin1", "origin_admin1"), "single"),
}
"""Types that the portal's own reading relies on; a codebook that says otherwise cannot be used."""

_ONA = re.compile(r"(Q\d+[a-z]?(?:_\d+)?)(?:\s*\((?:example|union)\b.*\))?")
_SYSTEM_GROUPS = ("meta/", "formhub/")
_NAMES_SHOWN = 40


@dataclass(slots=True)
class Layout:
    """Positions of columns in the table, by what they are."""

    plain: dict[str, int] = field(default_factory=dict)
    children: dict[str, dict[str, list[int]]] = field(default_factory=lambda: defaultdict(dict))
    system: dict[str, int] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    unknown_children: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    twice: list[str] = field(default_factory=list)


class Names:
    """What a header may call a variable: its own name or its question number in Ona."""

    def __init__(self, codebook: Codebook) -> None:
        self.codebook = codebook
        self.names = dict(codebook.variables.items())
        for variable in codebook.variables.values():
            match = _ONA.fullmatch(variable.ona_code)
            if match:
                self.names.setdefault(match[1], variable)
        self.matchers = {name: Matcher.of(name, codes.values()) for name, codes in codebook.choices.items()}
        regions = [list_ for list_ in codebook.choices if list_.startswith(REGION_LISTS)]
        every = {code: choice for list_ in sorted(regions) for code, choice in codebook.choices[list_].items()}
        self.matchers |= {list_: Matcher.of(list_, every.values()) for list_ in regions}

    def knows(self, header: str) -> bool:
        """Say whether a header is a variable, a choice of one, or a column of the server."""
        return header in SYSTEM or self.split(header)[0] is not None

    def split(self, header: str) -> tuple[Variable | None, str]:
        """Return the variable a header names and, for a choice column, the choice's label; groups are skipped."""
        if header in self.names:
            return self.names[header], ""
        parts = header.split("/")
        for place, part in enumerate(parts[:-1]):
            variable = self.names.get(part)
            if variable is not None and variable.type == "multiple":
                return variable, "/".join(parts[place + 1 :])
        return (self.names.get(parts[-1]), "") if len(parts) > 1 else (None, "")


@lru_cache(maxsize=8)
def names_of(codebook: Codebook) -> Names:
    """Return the names that a codebook gives, made once per codebook."""
    return Names(codebook)


def lay_out(table: Table, names: Names) -> Layout:
    """Return where each variable, choice and server column stands."""
    layout = Layout()
    for place, header in enumerate(table.header):
        variable, choice = names.split(header)
        if _is_system(header, variable):
            layout.system.setdefault(header.rsplit("/", 1)[-1], place)
        elif variable is None:
            layout.unknown.append(header)
        elif choice:
            _lay_choice(layout, names, variable, choice, place)
        elif variable.name in layout.plain:
            if table.header.count(header) == 1:  # else the table has said so already
                layout.twice.append(variable.name)
        else:
            layout.plain[variable.name] = place
    return layout


def _is_system(header: str, variable: Variable | None) -> bool:
    if variable is not None:
        return variable.name in SYSTEM or variable.type == "geo"
    return header.startswith(("_", *_SYSTEM_GROUPS)) or header.rsplit("/", 1)[-1] in SYSTEM


def _lay_choice(layout: Layout, names: Names, variable: Variable, choice: str, place: int) -> None:
    reading = names.matchers[variable.choices].read(choice)
    code = {".d": "dk", ".r": "ref"}.get(reading.value, reading.value)
    if code in names.codebook.choices[variable.choices]:
        layout.children[variable.name].setdefault(code, []).append(place)
    else:
        layout.unknown_children[variable.name].append(choice)


def notice(layout: Layout, table: Table, codebook: Codebook) -> list[Finding]:
    """Return what the columns themselves tell: left out, unknown, doubled, absent, needed."""
    have = {*layout.plain, *layout.children, *layout.system}
    nameless = [place for place, name in enumerate(table.header) if not name and any(table.columns[place].values)]
    lists = {
        "duplicate_columns": sorted(set(layout.twice)),
        "blank_column_name": [str(place + 1) for place in nameless],
        "missing_columns": [name for name in NEEDED if name not in have],
        "wrong_types": [n for n, v in codebook.variables.items() if TYPES.get(n, v.type) != v.type and n in have],
        "system_columns": sorted(layout.system),
        "unknown_columns": [name for name in layout.unknown if name],
        "absent_variables": [
            name for name in codebook.variables if name not in have and name not in {*SYSTEM, *DERIVED}
        ],
    }
    found = [
        Finding(code=code, count=len(columns), params={"columns": columns[:_NAMES_SHOWN]})
        for code, columns in lists.items()
        if columns
    ]
    for name, labels in layout.unknown_children.items():
        found.append(
            Finding(
                code="unknown_choice_columns",
                count=len(labels),
                variable=name,
                params={"labels": labels[:SHOWN]},
            )
        )
    return found


def take_label_row(table: Table, layout: Layout, names: Names) -> str:
    """Take the row of question texts off the table, if there is one; return the finding's code."""
    variables = {name: names.codebook.variables[name] for name in layout.plain}
    first = {name: _first(table.columns[place]) for name, place in layout.plain.items()}
    first = {name: text for name, text in first.items() if text}
    as_label = sum(
        fold(text) in {fold(variables[name].label_en), fold(variables[name].label_fr)} for name, text in first.items()
    )
    if first and as_label * 2 >= len(first):
        code = "label_row_found"
    elif _reads_as_question(first, variables, names.matchers):
        code = "label_row_reworded"
    else:
        return "label_row_missing"
    table.columns = [Coded(column.index[1:], column.values) for column in table.columns]
    table.rows -= 1
    return code


def _first(column: Coded) -> str:
    return column.values[int(column.index[0])]


def _reads_as_question(
    first: Mapping[str, str], variables: Mapping[str, Variable], matchers: Mapping[str, Matcher]
) -> bool:
    readable = [
        _readable(text, variables[name], matchers)
        for name, text in first.items()
        if variables[name].type not in {"text", "geo", "multiple"}
    ]
    return len(readable) >= 3 and not any(readable)


def _readable(text: str, variable: Variable, matchers: Mapping[str, Matcher]) -> bool:
    if kind(fold(text)):
        return True
    if variable.type == "date":
        return read_date(text, month_only=False).way != "unreadable_dates"
    if variable.type == "single":
        return matchers[variable.choices].read(text).way != "unknown_codes"
    return read_number(text, whole=False).way != "unreadable_numbers"
