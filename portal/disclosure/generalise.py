"""Optimal global generalisation: one level per key for the whole file, and records suppressed where that fails."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from portal.disclosure.classes import Bools, Ints, class_sizes, need, nfc, pack, text
from portal.disclosure.lattice import Ladder, optimum
from portal.disclosure.missing import SUPPRESSED
from portal.disclosure.refusals import BadInput, CannotMeet


@dataclass(frozen=True)
class Hierarchy:
    """What each value of a key column may be released as: ``forms[value]`` from the value itself to the coarsest."""

    column: str
    forms: Mapping[str, Sequence[str]]

    def ladder(self) -> Ladder:
        """The hierarchy in numbers, leaves in their order in ``forms``.

        Raises BadInput where it is empty or uneven, a value is not its own first form, or a form has two parents:
        then a coarser level would not keep together what a finer one does.
        """
        lengths = {len(forms) for forms in self.forms.values()}
        if len(lengths) != 1 or 0 in lengths:
            raise BadInput(f"{self.column}: its hierarchy needs equally many forms for every value, at least one")
        if any(forms[0] != value for value, forms in self.forms.items()):
            raise BadInput(f"{self.column}: a value's first form in its hierarchy must be itself")
        levels = np.array([list(forms) for forms in self.forms.values()], dtype=object).T
        up = np.stack([pd.factorize(level, sort=True)[0] for level in levels]).astype(np.int64)
        for finer, coarser in pairwise(up):
            if int(pack([finer, coarser]).max()) > int(finer.max()):
                raise BadInput(f"{self.column}: a form in its hierarchy has two parents")
        return Ladder(up, np.stack([np.bincount(level)[level] / len(level) for level in up]))


@dataclass(frozen=True)
class Generalised:
    """A generalised frame, the level of each key column, which rows are suppressed (n,), and the loss, 0..1."""

    frame: pd.DataFrame
    levels: Mapping[str, int]
    suppressed: Bools
    score: float


def read_hierarchy(column: str, path: Path) -> Hierarchy:
    """A hierarchy from a file: a line per value, its forms from fine to coarse parted by semicolons."""
    rows = [line.split(";") for line in path.read_text("utf-8").splitlines()]
    if len({row[0] for row in rows}) < len(rows):
        raise BadInput(f"{column}: its hierarchy in {path.name} has a value twice")
    return Hierarchy(column, {row[0]: row for row in rows})


def generalise(
    frame: pd.DataFrame, hierarchies: Sequence[Hierarchy], k: int, *, limit: float = 1.0, hidden: str = SUPPRESSED
) -> Generalised:
    """Release every key column at the level that together lose least, in strict classes of at least ``k`` rows.

    Parameters
    ----------
    frame : one row per record; the hierarchies' columns are its keys. A missing value needs a place in its hierarchy.
    limit : the share of records, 0..1, that may be suppressed: all their keys become ``hidden``.

    Returns
    -------
    The frame in its order, keys generalised, nothing else changed. No other choice of levels loses less (see
    ``optimum`` for the loss). An empty frame stays as it is, at level 0.

    Raises
    ------
    BadInput
        If a column is absent, a value is not in its hierarchy, a hierarchy is none, or the limit is no share.
    CannotMeet
        If no choice of levels meets k within the limit.
    """
    if not 0 <= limit <= 1:
        raise BadInput("limit: must lie in 0..1")
    if not hierarchies:
        raise BadInput("keys: name at least one")
    columns = [one.column for one in hierarchies]
    need(frame, columns)
    ladders = [one.ladder() for one in hierarchies]
    leaves = np.column_stack([leaves_of(frame, one) for one in hierarchies])
    if frame.empty:
        return Generalised(frame.copy(), dict.fromkeys(columns, 0), np.zeros(0, dtype=bool), 0.0)
    key = pack(list(leaves.T))
    first = np.unique(key, return_index=True)[1]
    found = optimum(ladders, leaves[first], np.bincount(key), k=k, most=int(limit * len(frame)))
    made = frame.copy()
    for at, one in enumerate(hierarchies):
        forms = np.array([forms[found.levels[at]] for forms in one.forms.values()], dtype=object)[leaves[:, at]]
        made[one.column] = pd.Series(np.where(found.suppressed[key], hidden, forms), index=frame.index).astype("str")
    if int(class_sizes(made, columns).min()) < k:
        raise CannotMeet("k: the search left a class below k; nothing is released")
    return Generalised(made, dict(zip(columns, found.levels, strict=True)), found.suppressed[key], found.score)


def leaves_of(frame: pd.DataFrame, one: Hierarchy) -> Ints:
    """Where each row's value stands in its hierarchy, (n,). Raises BadInput where one is in none."""
    codes, values = pd.factorize(frame[one.column], use_na_sentinel=False)
    place = pd.Index([*one.forms]).get_indexer(pd.Index(nfc(text(pd.Series(values)))))
    if (place < 0).any():
        raise BadInput(f"{one.column}: {int((place < 0).sum())} of its values are in no hierarchy")
    return place[codes].astype(np.int64)
