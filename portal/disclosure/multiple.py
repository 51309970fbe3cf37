"""Select-multiples beside keys. An item seen with a key value in 1..k-1 rows becomes "other" there, then blank."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from portal.disclosure.cells import Cells
from portal.disclosure.classes import Bools, Ints, numbered
from portal.disclosure.codes import BLOCK, ROOMY
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
    cells, taken = guarded(Cells.of(column), [numbered(keys[name]) for name in keys], k)
    return cells.column(column.index), taken


def guarded(cells: Cells, marks: Sequence[Ints], k: int) -> tuple[Cells, dict[str, int]]:
    """``guard`` on numbered cells and key columns ``marks``, each (n,); the same cells where nothing is too rare.

    How often what is seen with what is counted once, over distinct cells; then only rows that change are looked at.
    """
    items = sorted({OTHER} | {item for word in cells.words if word not in UNANSWERED for item in word.split()})
    last = [items.index(name) for name in NO_ITEM if name in items]
    words, codes, chosen = list(cells.words), cells.codes.copy(), _matrix(cells.words, items)
    sizes = [int(mark.max(initial=-1)) + 1 for mark in marks]
    seen = [_seen(chosen, codes, mark, size) for mark, size in zip(marks, sizes, strict=True)]
    while len(rows := _touched(few := [_few(one, k) for one in seen], chosen, codes, marks)):
        rare = np.logical_or.reduce([one[mark[rows]] for one, mark in zip(few, marks, strict=True)])
        left = chosen[codes[rows]]
        rare &= left
        left &= ~rare
        left[:, items.index(OTHER)] = True
        left[rare[:, last].any(axis=1)] = False
        before = codes[rows]
        kinds, of = _distinct(left)
        codes[rows] = len(words) + of
        words += [" ".join(np.array(items, dtype=object)[kind]) or SUPPRESSED for kind in kinds]
        chosen = np.concatenate([chosen, kinds])
        for at, (mark, size) in enumerate(zip(marks, sizes, strict=True)):
            seen[at] += _seen(chosen, codes[rows], mark[rows], size) - _seen(chosen, before, mark[rows], size)
    changed = codes >= len(cells.words)
    blanked = changed & ~chosen[codes].any(axis=1)
    taken = {"other": int((changed & ~blanked).sum()), "blanked": int(blanked.sum())}
    return Cells(words, codes) if changed.any() else cells, taken


def _matrix(words: Sequence[str], items: Sequence[str]) -> Bools:
    at = {item: place for place, item in enumerate(items)}
    made = np.zeros((len(words), len(items)), dtype=bool)
    for row, word in enumerate(words):
        if word not in UNANSWERED:
            made[row, [at[item] for item in word.split()]] = True
    return made


def _seen(chosen: Bools, codes: Ints, mark: Ints, size: int) -> Ints:
    """In how many rows each key value and item are seen together, shape (size, items); ``chosen`` says it per code."""
    kinds, items = chosen.shape
    if size * kinds <= ROOMY * len(codes) + BLOCK:
        together = np.bincount(mark * kinds + codes, minlength=size * kinds).reshape(size, kinds)
        return (together.astype(np.float64) @ chosen).astype(np.int64)
    rows, item = np.nonzero(chosen[codes])
    return np.bincount(mark[rows] * items + item, minlength=size * items).reshape(size, items)


def _few(seen: Ints, k: int) -> Bools:
    return np.asarray((seen > 0) & (seen < k))


def _touched(few: Sequence[Bools], chosen: Bools, codes: Ints, marks: Sequence[Ints]) -> Ints:
    """The rows that belong to a pair that is too rare in some key column."""
    found = np.zeros(len(codes), dtype=bool)
    for one, mark in zip(few, marks, strict=True):
        rows = np.flatnonzero(np.asarray(one.any(axis=1))[mark])
        found[rows] |= (one[mark[rows]] & chosen[codes[rows]]).any(axis=1)
    return np.flatnonzero(found)


def _distinct(rows: Bools) -> tuple[Bools, Ints]:
    """The distinct rows, and which of them each one is."""
    bits = np.packbits(rows, axis=1)
    _, first, of = np.unique(bits.view(f"V{bits.shape[1]}").ravel(), return_index=True, return_inverse=True)
    return rows[first], of
