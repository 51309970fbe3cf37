"""The reference data a synthetic survey is drawn from. Read without a missing marker: Namibia is NA."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import StringIO
from typing import Any

import pandas as pd

MISSING = {".d": "dk", ".r": "ref", ".n": "nc"}
"""Canonical missing kinds and the codes the codebook uses for them."""


@dataclass(frozen=True)
class Variable:
    """One row of the codebook, with its lists split."""

    name: str
    label: str
    kind: str
    choices: str
    universe: str
    missing: frozenset[str]
    versions: frozenset[str]

    def collected_in(self, version: str) -> bool:
        """Say whether an instrument version asks for this variable."""
        return "all" in self.versions or version in self.versions


def raw(name: str) -> str:
    """Give the text of one reference file."""
    return (files("portal.catalogue") / "reference" / name).read_text(encoding="utf-8")


@cache
def table(name: str) -> pd.DataFrame:
    """Read one reference CSV, every cell as the text it is."""
    return pd.read_csv(StringIO(raw(name)), dtype=str, keep_default_na=False)


@cache
def params() -> Mapping[str, Any]:
    """Read the volumes, clusters and event fits."""
    found: Mapping[str, Any] = json.loads(raw("generator_params.json"))
    return found


@cache
def assumed() -> Mapping[str, Any]:
    """Read the answer shares that have no public source."""
    found: Mapping[str, Any] = json.loads(raw("assumptions.json"))
    return found


@cache
def variables() -> Mapping[str, Variable]:
    """Read the codebook by variable name."""
    return {
        row["name"]: Variable(
            name=row["name"],
            label=row["label_en"],
            kind=row["type"],
            choices=row["choices"],
            universe=row["universe"],
            missing=frozenset(part.split()[-1] for part in row["missing_codes"].split(";") if part),
            versions=frozenset(row["versions"].split(";")),
        )
        for row in table("codebook.csv").to_dict("records")
    }


@cache
def labels(list_name: str) -> Mapping[str, str]:
    """Give the English label of each code of a choice list, in form order."""
    rows = table("choices.csv")
    rows = rows[rows["list"] == list_name]
    return dict(zip(rows["code"], rows["label_en"], strict=True))


@cache
def parents(list_name: str) -> Mapping[str, str]:
    """Give the parent code of each code of a choice list."""
    rows = table("choices.csv")
    rows = rows[rows["list"] == list_name]
    return dict(zip(rows["code"], rows["parent_code"], strict=True))


@cache
def places() -> Mapping[str, Mapping[str, str]]:
    """Give every known place by code."""
    return {row["code"]: {str(k): str(v) for k, v in row.items()} for row in table("places.csv").to_dict("records")}


@cache
def country_of_place() -> Mapping[str, str]:
    """Give the ISO3 country of each place; at sea there is none."""
    return {code: place["country_iso3"] for code, place in places().items()}
