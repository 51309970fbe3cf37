"""Generalised files as an attacker reads them: every level a column of its own, blank below what is shown.

A released form is then compatible with all the values under it, as a hidden cell is with any.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from portal.disclosure.attack import plain_keys
from portal.disclosure.classes import Ints, need, nfc, text
from portal.disclosure.cli_files import HIDDEN
from portal.disclosure.generalise import Hierarchy, leaves_of
from portal.disclosure.rare import LEVEL
from portal.disclosure.refusals import BadInput
from portal.disclosure.ruleset import Key, Level


@dataclass(frozen=True)
class Unfolded:
    """An original and a released file over the same ``keys``: of each, its levels down to the finest one released."""

    original: pd.DataFrame
    released: pd.DataFrame
    keys: tuple[Key, ...]

    @property
    def columns(self) -> list[str]:
        """The keys' columns."""
        return [column for key in self.keys for column in key.columns]


def unfold(
    original: pd.DataFrame,
    released: pd.DataFrame,
    keys: Sequence[str],
    hierarchies: Mapping[str, Hierarchy],
    levels: Mapping[str, int] | None = None,
) -> Unfolded:
    """Write both files' keys level by level; a key without hierarchy stays one column.

    At which level a released value stands say ``levels`` for a whole column, and for each row the column
    ``<key>_level`` that only the released file has. Without either it is the finest level of the hierarchy that holds
    all the values shown; of several, where the files have as many rows, the first that agrees with them row by row.

    Raises BadInput where a value has no place in its hierarchy.
    """
    made: list[dict[str, object]] = [{}, {}]
    found: list[Key] = []
    for key in keys:
        for frame in (original, released):
            need(frame, [key])
        if key not in hierarchies:
            true = text(original[key])
            made[0][key], made[1][key] = nfc(true) if hierarchies else true, text(released[key])
            found += plain_keys([key])
            continue
        one = hierarchies[key]
        leaves, shown = leaves_of(original, one), _shown(original, released, one, (levels or {}).get(key))
        wanted = range(len(shown.forms) - 1, min(shown.finest, len(shown.forms) - 1) - 1, -1)
        for level in wanted:
            made[0][f"{key}/{level}"] = shown.forms[level][leaves]
            made[1][f"{key}/{level}"] = np.where(shown.level <= level, shown.forms[level][shown.leaves], HIDDEN)
        found.append(Key(key, tuple(Level(f"{key}/{level}", key) for level in wanted)))
    frames = [
        pd.DataFrame(one, index=frame.index).astype("str")
        for one, frame in zip(made, (original, released), strict=True)
    ]
    return Unfolded(frames[0], frames[1], tuple(found))


@dataclass(frozen=True)
class _Shown:
    """Per row its level (n,), one past the last where nothing is shown, and some leaf under its value (n,)."""

    forms: npt.NDArray[np.object_]
    level: Ints
    leaves: Ints

    @property
    def finest(self) -> int:
        return int(self.level.min(initial=len(self.forms)))


def _shown(original: pd.DataFrame, released: pd.DataFrame, one: Hierarchy, whole: int | None) -> _Shown:
    forms = np.array([list(forms) for forms in one.forms.values()], dtype=object).T
    values = nfc(text(released[one.column]))
    if whole is not None:
        level = np.where(values == HIDDEN, len(forms), whole).astype(np.int64)
    elif one.column + LEVEL in released and one.column + LEVEL not in original:
        level = _told(text(released[one.column + LEVEL]), len(forms), one.column)
    else:
        level = _agreed(original, values, one, forms)
    codes, distinct = pd.factorize(values)
    leaves = np.zeros(len(values), dtype=np.int64)
    for at in np.unique(level[level < len(forms)]):
        here = level == at
        place = pd.Index(forms[at]).drop_duplicates().get_indexer(pd.Index(distinct))
        first = np.sort(np.unique(forms[at], return_index=True)[1])
        if (place[codes[here]] < 0).any():
            lost = len(np.unique(codes[here][place[codes[here]] < 0]))
            raise BadInput(f"{one.column}: {lost} of its released values are in no hierarchy")
        leaves[here] = first[place[codes[here]]]
    return _Shown(forms, level, leaves)


def _told(column: "pd.Series[str]", levels: int, name: str) -> Ints:
    given = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64)
    wrong = ~np.isin(given, np.arange(levels + 1))
    if wrong.any():
        raise BadInput(f"{name}{LEVEL}: {int(wrong.sum())} cells are no level of its hierarchy")
    return given.astype(np.int64)


def _agreed(original: pd.DataFrame, values: "pd.Series[str]", one: Hierarchy, forms: npt.NDArray[np.object_]) -> Ints:
    hidden = (values == HIDDEN).to_numpy()
    seen = set(values[~hidden].unique())
    fits = [level for level, there in enumerate(forms) if seen <= set(there)]
    if not fits:
        raise BadInput(f"{one.column}: its released values stand at no one level of its hierarchy")
    if len(original) == len(values) and len(fits) > 1:
        truth = leaves_of(original, one)
        agree = [level for level in fits if (hidden | (forms[level][truth] == values.to_numpy())).all()]
        fits = agree or fits
    return np.where(hidden, len(forms), fits[0]).astype(np.int64)
