"""A survey file while it is drawn. Every answer passes one gate, so skip logic cannot be forgotten."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from portal.catalogue.synthetic_reference import assumed, variables

Texts: TypeAlias = npt.NDArray[np.object_]
Mask: TypeAlias = npt.NDArray[np.bool_]
Ints: TypeAlias = npt.NDArray[np.int64]

SKIPPED, UNKNOWN, REFUSED, NOT_COLLECTED = "", ".d", ".r", ".n"
SILENT = (SKIPPED, UNKNOWN, REFUSED, NOT_COLLECTED)
FACT_UNKNOWN = 0.012
FACT_REFUSED = 0.003


def texts(values: Sequence[object] | npt.NDArray[np.generic]) -> Texts:
    """Turn numbers or strings into an array of Python strings."""
    out = np.empty(len(values), dtype=object)
    out[:] = [str(value) for value in (values.tolist() if isinstance(values, np.ndarray) else values)]
    return out


def full(rows: int, value: str) -> Texts:
    """Give the same text `rows` times."""
    return np.full(rows, value, dtype=object)


def mapped(values: Texts, change: Callable[[str], object]) -> npt.NDArray[np.object_]:
    """Apply a function once per distinct value."""
    codes, distinct = pd.factorize(values)
    out = np.empty(len(distinct), dtype=object)
    out[:] = [change(str(value)) for value in distinct]
    return out[codes]


def holds(values: Texts, test: Callable[[str], bool]) -> Mask:
    """Test each distinct value once."""
    return mapped(values, test).astype(bool)


def chosen(values: Texts, code: str) -> Mask:
    """Say in which cells a select-multiple includes a code."""
    return holds(values, lambda value: code in value.split(" "))


def answered(values: Texts) -> Mask:
    """Say which cells hold an answer rather than a kind of missing."""
    return holds(values, lambda value: value not in SILENT)


def pick(rng: np.random.Generator, shares: Mapping[str, float], rows: int) -> Texts:
    """Draw one code per row; the shares are made to sum to one."""
    weights = np.array(list(shares.values()), dtype=float)
    codes = np.array(list(shares), dtype=object)
    return codes[rng.choice(len(codes), size=rows, p=weights / weights.sum())]


def pick_by(rng: np.random.Generator, group: Texts, shares: Mapping[str, Mapping[str, float]]) -> Texts:
    """Draw one code per row from the shares of the row's group."""
    out = full(len(group), SKIPPED)
    for name in sorted(set(group.tolist())):
        rows = np.flatnonzero(group == name)
        out[rows] = pick(rng, shares[name], len(rows))
    return out


def joined(codes: Sequence[str], flags: Mask) -> Texts:
    """Write boolean columns as one text of sorted codes; nothing chosen becomes "0".

    Parameters
    ----------
    codes : one code per column of `flags`.
    flags : shape (n, number of codes).
    """
    powers = 1 << np.arange(len(codes), dtype=np.int64)
    packed = flags.astype(np.int64) @ powers
    distinct, back = np.unique(packed, return_inverse=True)
    words = np.empty(len(distinct), dtype=object)
    words[:] = [
        " ".join(sorted(code for place, code in enumerate(codes) if number >> place & 1)) or "0"
        for number in distinct.tolist()
    ]
    return words[back]


def flags_for(rng: np.random.Generator, shares: npt.NDArray[np.float64]) -> Mask:
    """Draw each choice by its share; a row with none takes its likeliest choice."""
    found = rng.random(shares.shape) < shares
    empty = ~found.any(axis=1)
    found[empty, shares[empty].argmax(axis=1)] = True
    return found


def pick_many(rng: np.random.Generator, shares: Mapping[str, float], rows: int) -> Texts:
    """Draw a select-multiple per row; `none` excludes the others."""
    alone = shares.get("none", 0.0)
    codes = [code for code in shares if code != "none"]
    odds = np.tile(np.array([shares[code] for code in codes]), (rows, 1))
    out = joined(codes, flags_for(rng, odds))
    out[rng.random(rows) < alone] = "none"
    return out


@dataclass
class Sheet:
    """The columns drawn so far, and the gate through which each one is added."""

    rng: np.random.Generator
    rows: int
    columns: dict[str, Texts] = field(default_factory=dict)
    pins: dict[str, dict[int, str]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Texts:
        """Give a column already drawn."""
        return self.columns[name]

    def pin(self, row: int, **values: str) -> None:
        """Fix answers of one row before they are drawn."""
        for name, value in values.items():
            self.pins.setdefault(name, {})[row] = value

    def says_other(self) -> Mask:
        """Say which rows chose "other" anywhere, and so owe an explanation."""
        found = np.zeros(self.rows, dtype=bool)
        for name, values in self.columns.items():
            if name in variables() and variables()[name].kind in {"single", "multiple"}:
                found |= chosen(values, "other")
        return found

    def asked(self, name: str) -> Mask:
        """Say which rows' instrument version collects a variable."""
        variable = variables()[name]
        return holds(self.columns["instrument_version"], variable.collected_in)

    def put(
        self,
        name: str,
        values: Texts,
        where: Mask | None = None,
        *,
        unknown: float = FACT_UNKNOWN,
        refused: float = FACT_REFUSED,
    ) -> Texts:
        """Add a column: don't know and refused, pins, skip logic, then what the version lacks.

        Parameters
        ----------
        values : shape (rows,), an answer for every row, asked or not.
        where : rows inside the variable's universe; all if absent.
        unknown, refused : shares of the asked rows, 0 to 1; ignored where the codebook has no such code.
        """
        out = values.copy()
        missing = variables()[name].missing
        luck = self.rng.random(self.rows)
        if "dk" in missing:
            out[luck < unknown] = UNKNOWN
        if "ref" in missing:
            out[luck > 1 - refused] = REFUSED
        for row, value in self.pins.get(name, {}).items():
            out[row] = value
        if where is not None:
            out[~where] = SKIPPED
        out[~self.asked(name)] = NOT_COLLECTED
        self.columns[name] = out
        return out

    def put_single(self, name: str, where: Mask | None = None, **rates: float) -> Texts:
        """Add a select-one whose shares are assumed alike everywhere."""
        return self.put(name, pick(self.rng, assumed()["single"][name], self.rows), where, **rates)

    def put_many(self, name: str, where: Mask | None = None, **rates: float) -> Texts:
        """Add a select-multiple whose shares are assumed alike everywhere."""
        return self.put(name, pick_many(self.rng, assumed()["multiple"][name], self.rows), where, **rates)

    def put_yes(self, name: str, share: npt.NDArray[np.float64] | float, where: Mask | None = None) -> Texts:
        """Add a yes-or-no question."""
        yes = self.rng.random(self.rows) < share
        return self.put(name, np.where(yes, "yes", "no").astype(object), where)
