"""The public menu of a protected file: what may be chosen, and how many rows there are of it.

It is computed from the protected file alone, so it discloses nothing beyond it; counts are rounded where shown.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from portal.catalogue.codebook import Codebook
from portal.disclosure.events import REPORTS
from portal.disclosure.ruleset import RuleSet
from portal.exports.selection import rounded

CUBE = ("region", "country", "year", "gender", "far")
EVENT_FAMILIES = (("place", ("region", "country")), ("time", ("year",)))
# Which choice list labels a key column; years label themselves.
LISTS = {
    "region": "mmc_region",
    "country": "country",
    "admin1": "admin1",
    "gender": "gender",
    "age_group": "age_band_top",
    "age_band": "age_band10",
    "origin_region": "m49_region",
    "origin_subregion": "m49_subregion",
}


def families(rules: RuleSet) -> list[tuple[str, tuple[str, ...]]]:
    """Return the key families with their columns; an event file's rows are chosen by place and year."""
    return [(key.name, key.columns) for key in rules.keys] or list(EVENT_FAMILIES)


def filter_columns(rules: RuleSet) -> tuple[str, ...]:
    """Return the columns rows may be chosen by: the keys as the file shows them."""
    return tuple(column for _, columns in families(rules) for column in columns)


def build(frame: pd.DataFrame, rules: RuleSet, book: Codebook, sensitivity: Mapping[str, int]) -> dict[str, Any]:
    """Return the menu of a protected frame as plain JSON values; its counts are rounded, those of the cube are not.

    ``sensitivity`` gives 1–4 by variable name, as the steward confirmed it.
    """
    columns = [name for name in CUBE if name in frame.columns]
    if rules.merge and REPORTS in book.variables:  # made by the merge: no steward was asked about it
        sensitivity = {REPORTS: book.variables[REPORTS].sensitivity, **sensitivity}
    keys = [
        {
            "family": family,
            "columns": list(names),
            "labels": [_key_label(name) for name in names],
            "values": {name: _values(frame[name], name, book) for name in names if name in columns},
        }
        for family, names in families(rules)
    ]
    return {
        "rule_set": rules.name,
        "rule_set_version": rules.version,
        "rows": rounded(len(frame)),
        "k": rules.k,
        "keys": keys,
        "variables": [_variable(name, rules, book, sensitivity) for name in _released(frame, rules)],
        "cube": {"columns": columns, "cells": _cube(frame, columns)},
    }


def _released(frame: pd.DataFrame, rules: RuleSet) -> list[str]:
    outside = {"interview_id", *filter_columns(rules)}
    return [str(name) for name in frame.columns if name not in outside]


def _key_label(name: str) -> dict[str, str]:
    return {"name": name, "label_en": KEY_LABELS[name][0], "label_fr": KEY_LABELS[name][1]}


KEY_LABELS = {
    "region": ("MMC region at the time", "Région MMC à l'époque"),
    "country": ("Country", "Pays"),
    "admin1": ("First administrative area", "Premier niveau administratif"),
    "year": ("Year", "Année"),
    "gender": ("Gender", "Genre"),
    "age_group": ("Adult or minor", "Adulte ou mineur"),
    "age_band": ("Age group (ten years)", "Groupe d'âge (dix ans)"),
    "origin_region": ("World region of nationality", "Région du monde de la nationalité"),
    "origin_subregion": ("Sub-region of nationality", "Sous-région de la nationalité"),
    "far": ("Nearest known place over 150 km away", "Lieu connu le plus proche à plus de 150 km"),
}


def _values(series: "pd.Series[str]", name: str, book: Codebook) -> list[dict[str, Any]]:
    counts = series.value_counts().sort_index()
    return [
        {
            "code": str(code),
            "count": rounded(int(number)),
            "label_en": value_label(book, name, str(code), "en"),
            "label_fr": value_label(book, name, str(code), "fr"),
        }
        for code, number in counts.items()
    ]


def value_label(book: Codebook, column: str, code: str, language: str) -> str:
    """Return the label of one value of a key column."""
    if column == "region":
        for name in ("mmc_region_2025", "mmc_region_2022", "mmc_region_2020", "mmc_region_2018"):
            if code in book.choices.get(name, {}):
                return book.label(name, code, language)
    return book.label(LISTS.get(column, "missing_code"), code, language)


def _variable(name: str, rules: RuleSet, book: Codebook, sensitivity: Mapping[str, int]) -> dict[str, Any]:
    known = book.variables.get(name)
    treatment = next((one for one in rules.treatments if one.variable == name), None)
    return {
        "name": name,
        "label_en": known.label_en if known else KEY_LABELS.get(name, (name, name))[0],
        "label_fr": known.label_fr if known else KEY_LABELS.get(name, (name, name))[1],
        "section": known.section if known else "",
        "type": known.type if known else "single",
        "universe": known.universe if known else "",
        "sensitivity": _class(name, rules, sensitivity),
        "treatment": treatment.how if treatment else "keep",
        "description": treatment.reason if treatment else "",
        "role": treatment.role if treatment else "non_confidential",
    }


def _class(name: str, rules: RuleSet, sensitivity: Mapping[str, int]) -> int:
    """A variable's class, or that of its gate where it is higher: having an answer at all tells what the gate said."""
    gates = {one.variable: one.gate for one in rules.treatments}
    found = sensitivity.get(name, 4)
    while name := gates.get(name, ""):
        found = max(found, sensitivity.get(name, 4))
    return found


def _cube(frame: pd.DataFrame, columns: Sequence[str]) -> list[list[Any]]:
    grouped = frame.groupby(list(columns), sort=True, observed=True).size()
    cells = []
    for values, number in grouped.items():
        parts = values if isinstance(values, tuple) else (values,)
        cells.append([*(str(part) for part in parts), int(number)])
    return cells


def count(
    menu: Mapping[str, Any], filters: Mapping[str, Sequence[str]], by: Sequence[str] = ()
) -> dict[tuple[str, ...], int]:
    """Count the protected file's rows under ``filters``, by the columns ``by``; an empty filter lets none in."""
    columns = list(menu["cube"]["columns"])
    chosen = {columns.index(name): set(values) for name, values in filters.items()}
    group = [columns.index(name) for name in by]
    counts: dict[tuple[str, ...], int] = {}
    for cell in menu["cube"]["cells"]:
        if all(cell[place] in values for place, values in chosen.items()):
            key = tuple(cell[place] for place in group)
            counts[key] = counts.get(key, 0) + cell[-1]
    return counts
