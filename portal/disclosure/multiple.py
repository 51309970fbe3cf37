"""Select-multiples beside keys. An item seen with a key value in 1..k-1 rows becomes "other" there, then blank."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from portal.disclosure.classes import Bools, Ints, numbered
from portal.disclosure.missing import NOTHING_CHOSEN, SUPPRESSED, UNANSWERED

OTHER = "other"
NO_ITEM = (OTHER, NOTHING_CHOSEN, "none")
"""What cannot be called "other" truthfully: where it is too rare, the cell is blanked."""


def guard(column: "pd.Series[str]", keys: pd.DataFrame, k: int) -> tuple["pd.Series[str]", dict[str, int]]:
    """The column with every pair of an item and a key value in 0 or at least k rows, and what that took.

    Parameters
    ----------
    column : chosen codes joined by a space, or a missing kind; one cell per row.
    keys : the released key columns of the same rows; a hidden value is a value of its own.

    Returns
    -------
    The column, and ``{"other": cells with an item grouped, "blanked": cells hidden}``.
    """
    of, distinct = pd.factorize(column)
    values = [str(value) for value in distinct]
    items = sorted({OTHER} | {item for value in values if value not in UNANSWERED for item in value.split()})
    chosen = _matrix(values, items)[of]
    start = chosen.copy()
    columns = [numbered(keys[name]) for name in keys]
    hidden = np.zeros(len(column), dtype=bool)
    last = [items.index(name) for name in NO_ITEM if name in items]
    while (rare := _rare(chosen, columns, k)).any():
        gone = rare[:, last].any(axis=1)
        chosen[rare] = False
        chosen[rare.any(axis=1), items.index(OTHER)] = True
        chosen[gone] = False
        hidden |= gone
    grouped = (chosen != start).any(axis=1) & ~hidden
    return _text(column, chosen, items, grouped, hidden), {"other": int(grouped.sum()), "blanked": int(hidden.sum())}


def _matrix(values: Sequence[str], items: Sequence[str]) -> Bools:
    at = {item: place for place, item in enumerate(items)}
    made = np.zeros((len(values), len(items)), dtype=bool)
    for row, value in enumerate(values):
        if value not in UNANSWERED:
            made[row, [at[item] for item in value.split()]] = True
    return made


def _rare(chosen: Bools, columns: Sequence[Ints], k: int) -> Bools:
    """Which chosen cells belong to a pair that is too rare in some key column."""
    rows, items = np.nonzero(chosen)
    rare = np.zeros(chosen.shape, dtype=bool)
    for codes in columns:
        pair = codes[rows] * chosen.shape[1] + items
        few = np.bincount(pair)[pair] < k if len(pair) else np.zeros(0, dtype=bool)
        rare[rows[few], items[few]] = True
    return rare


def _text(
    column: "pd.Series[str]", chosen: Bools, items: Sequence[str], grouped: Bools, hidden: Bools
) -> "pd.Series[str]":
    made = column.copy()
    if grouped.any():
        rows = chosen[grouped]
        bits = np.packbits(rows, axis=1)
        _, first, of = np.unique(bits.view(f"V{bits.shape[1]}").ravel(), return_index=True, return_inverse=True)
        words = [" ".join(item for item, there in zip(items, row, strict=True) if there) for row in rows[first]]
        made[grouped] = np.array(words, dtype=object)[of]
    made[hidden] = SUPPRESSED
    return made
