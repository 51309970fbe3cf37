"""What may be asked for: the public menu of a signed-off protected file.

It says what exists, never how many of a small kind: its counts are rounded to tens when the file is built.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

COUNTRY = "country"
YEAR = "year"


@dataclass(frozen=True)
class Label:
    """What a key column is called."""

    label_en: str
    label_fr: str


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A value of a key, as the file shows it. ``count`` is already rounded text."""

    code: str
    label_en: str
    label_fr: str
    count: str


@dataclass(frozen=True, kw_only=True)
class Family:
    """Keys that travel together, coarsest column first; ``choices`` for the columns one may filter on."""

    name: str
    columns: tuple[str, ...]
    choices: Mapping[str, tuple[Choice, ...]]
    labels: Mapping[str, Label]


@dataclass(frozen=True, kw_only=True)
class Variable:
    """A variable beside the keys. ``sensitivity`` is 1 to 4."""

    name: str
    label_en: str
    label_fr: str
    section: str
    sensitivity: int
    type: str
    treatment: str
    description: str


@dataclass(frozen=True, kw_only=True)
class Menu:
    """The menu of one protected file. ``extras`` are not in it: they may be asked for as an exception."""

    file: str
    rule_set: str
    rule_set_version: int
    rows: str
    k: int
    families: tuple[Family, ...]
    variables: tuple[Variable, ...]
    extras: tuple[Variable, ...] = ()

    @property
    def filters(self) -> dict[str, tuple[Choice, ...]]:
        """The columns one may filter on, with their values."""
        return {column: family.choices[column] for family in self.families for column in family.choices}

    @property
    def labels(self) -> dict[str, Label]:
        """What each key column is called; a column nobody labelled is called by its name."""
        plain = {column: Label(column, column) for family in self.families for column in family.columns}
        return plain | {column: label for family in self.families for column, label in family.labels.items()}

    def choice(self, column: str, code: str) -> Choice:
        """Return a value of a key column; one that is not on the menu labels itself."""
        found = next((choice for choice in self.filters.get(column, ()) if choice.code == code), None)
        return found or Choice(code=code, label_en=code, label_fr=code, count="")

    @property
    def year(self) -> str:
        """The column that holds the year, "" if the file has none to filter on."""
        return next((column for column in self.filters if column == "year" or column.endswith("_year")), "")

    @property
    def by_name(self) -> dict[str, Variable]:
        """The variables by name."""
        return {variable.name: variable for variable in self.variables}

    def most_sensitive(self, names: Iterable[str]) -> int:
        """Return the highest class among variables, 1 if there are only keys; a name not on the menu is a 4."""
        known = self.by_name | {one.name: one for one in self.extras}
        return max((known[name].sensitivity if name in known else 4 for name in names), default=1)


def read(raw: Mapping[str, Any]) -> Menu:
    """Return the menu that a protected file carries as plain values; KeyError if a part is missing."""
    return Menu(
        file=raw["file"],
        rule_set=raw["rule_set"],
        rule_set_version=int(raw["rule_set_version"]),
        rows=str(raw["rows"]),
        k=int(raw["k"]),
        families=tuple(_family(one) for one in raw["keys"]),
        variables=tuple(_variable(one) for one in raw["variables"]),
        extras=tuple(_variable(one) for one in raw.get("extras", ())),
    )


def _family(raw: Mapping[str, Any]) -> Family:
    return Family(
        name=raw["family"],
        columns=tuple(raw["columns"]),
        choices={column: tuple(_choice(one) for one in values) for column, values in raw["values"].items()},
        labels={one["name"]: Label(one["label_en"], one["label_fr"]) for one in raw.get("labels", ())},
    )


def _choice(raw: Mapping[str, Any]) -> Choice:
    label = str(raw.get("label_en") or raw["code"])
    return Choice(
        code=str(raw["code"]), label_en=label, label_fr=str(raw.get("label_fr") or label), count=str(raw["count"])
    )


def _variable(raw: Mapping[str, Any]) -> Variable:
    label = str(raw.get("label_en") or raw["name"])
    return Variable(
        name=raw["name"],
        label_en=label,
        label_fr=str(raw.get("label_fr") or label),
        section=str(raw.get("section", "")),
        sensitivity=int(raw["sensitivity"]),
        type=str(raw.get("type", "")),
        treatment=str(raw.get("treatment", "")),
        description=str(raw.get("description", "")),
    )
