"""One side of a table with its levels. A node is a path from coarse to fine, so levels nest whatever the names are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from portal.disclosure.classes import Ints, need, nfc, text
from portal.disclosure.refusals import BadInput

Path = tuple[str, ...]
TOTAL: Path = ()


@dataclass(frozen=True)
class Dimension:
    """``paths``: every node, the total first, parents before children. ``parent`` (v,): -1 for the total.

    Missing answers of each kind are nodes like any other: leaving them out would make a total a clue.
    """

    columns: tuple[str, ...]
    paths: tuple[Path, ...]
    parent: Ints

    @property
    def name(self) -> str:
        """The finest column."""
        return self.columns[-1]

    def __len__(self) -> int:
        return len(self.paths)

    def children(self) -> dict[int, Ints]:
        """The nodes below each node that has any."""
        return {int(at): np.flatnonzero(self.parent == at) for at in np.unique(self.parent[1:])}


def dimension(frame: pd.DataFrame, columns: Sequence[str]) -> tuple[Dimension, Ints]:
    """Read a dimension off the data: ``columns`` from coarse to fine.

    Returns
    -------
    The dimension and each record's finest node (n,).

    Raises
    ------
    BadInput
        If a column is absent, there twice, or none is named.
    """
    if not columns:
        raise BadInput("columns: name at least one for each side of a table")
    need(frame, columns)
    values = pd.DataFrame({column: nfc(text(frame[column])) for column in columns})
    grouped = values.groupby(list(columns), sort=True, dropna=False).ngroup().to_numpy(dtype=np.int64)
    leaves = sorted({tuple(row) for row in values.drop_duplicates().itertuples(index=False, name=None)})
    paths = sorted({leaf[:depth] for leaf in leaves for depth in range(len(columns) + 1)} | {TOTAL})
    at = {path: number for number, path in enumerate(paths)}
    parent = np.array([-1] + [at[path[:-1]] for path in paths[1:]], dtype=np.int64)
    node = np.array([at[leaf] for leaf in leaves], dtype=np.int64)
    return Dimension(tuple(columns), tuple(paths), parent), node[grouped]
