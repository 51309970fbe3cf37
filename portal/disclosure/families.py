"""Key families as trees of released values. A value already hidden in the input is the same node as one hidden here."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from portal.disclosure.cells import written
from portal.disclosure.classes import Ints, need, numbered, pack, text
from portal.disclosure.missing import SUPPRESSED
from portal.disclosure.ruleset import Key


@dataclass(frozen=True)
class Family:
    """One key family: its nodes, and where each leaf goes when only its first ``h`` levels are shown.

    ``up`` has shape (leaves, levels + 1) and holds node numbers; ``values`` holds each node's cells, one per column.
    ``costs[h]`` is the information lost by showing ``h`` levels.
    """

    columns: tuple[str, ...]
    up: Ints
    values: tuple[tuple[str, ...], ...]
    costs: tuple[float, ...]


def build(frame: pd.DataFrame, key: Key, *, hidden: str = SUPPRESSED) -> tuple[Family, Ints]:
    """The family of ``key`` in a frame, and the leaf number of every row (shape (n,), in sorted order of values)."""
    columns = list(key.columns)
    need(frame, columns)
    texts = frame[columns].apply(text)
    leaf = pack([numbered(texts[column]) for column in columns])
    first = np.unique(leaf, return_index=True)[1]
    leaves = [tuple(row) for row in texts.iloc[first].itertuples(index=False, name=None)]
    depth = len(columns)
    shown = [[(*values[:h], *(hidden,) * (depth - h)) for h in range(depth + 1)] for values in leaves]
    nodes = sorted({node for row in shown for node in row})
    number = {node: at for at, node in enumerate(nodes)}
    up = np.array([[number[node] for node in row] for row in shown], dtype=np.int64).reshape(-1, depth + 1)
    return Family(tuple(columns), up, tuple(nodes), costs(key)), leaf


def costs(key: Key) -> tuple[float, ...]:
    """What showing only the first h levels loses, for h = 0, 1, …, all.

    >>> from portal.disclosure.ruleset import Level
    >>> costs(Key("place", (Level("country", "c", (), 3.0), Level("admin1", "a", (), 1.0)), weight=2.0))
    (8.0, 2.0, 0.0)
    """
    each = [key.weight * level.cost for level in key.levels]
    return tuple(sum(each[h:], 0.0) for h in range(len(each) + 1))


def write(frame: pd.DataFrame, families: Sequence[Family], leaves: Ints, shown: Ints) -> pd.DataFrame:
    """The frame with every family's columns as released: row i shows ``shown[i, f]`` levels of family f."""
    made = frame.copy()
    for at, family in enumerate(families):
        nodes = family.up[leaves[:, at], shown[:, at]]
        for place, column in enumerate(family.columns):
            made[column] = written([cells[place] for cells in family.values], nodes, frame.index)
    return made
