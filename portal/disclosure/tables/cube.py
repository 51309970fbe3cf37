"""Tables with all their margins, and the sums that tie them. A cell that two tables share is one cell."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from portal.disclosure.classes import Bools, Floats, Ints, need, pack
from portal.disclosure.refusals import BadInput
from portal.disclosure.tables.dimension import Dimension, dimension
from portal.disclosure.tables.system import System

MOST_CELLS = 500_000
"""More cells than anybody reads, the unseen ones of linked tables included."""
MOST_DIMENSIONS = 60
"""As many axes as an array can have."""
Columns = Sequence[str]
Number = TypeVar("Number", np.int64, np.uint64, np.float64)


@dataclass(frozen=True)
class Cube:
    """``nodes`` (n, d): each cell's node in every dimension, 0 where the cell sums over it.

    ``inner`` (r, d) each record's finest nodes; ``grids`` per table its dimensions and its cells' numbers, shaped like
    the table; ``relations`` and ``unseen`` as in ``System``.
    """

    dimensions: tuple[Dimension, ...]
    nodes: Ints
    inner: Ints
    grids: tuple[tuple[list[int], Ints], ...]
    unseen: Bools

    def added(self, worth: npt.NDArray[Number]) -> npt.NDArray[Number]:
        """The sum over each cell's records (n,) of what each record is worth (r,), in the same type of number."""
        made: npt.NDArray[Number] = np.zeros(len(self.nodes), dtype=worth.dtype)
        for table, grid in self.grids:
            part: npt.NDArray[Number] = np.zeros(grid.shape, dtype=worth.dtype)
            np.add.at(part.reshape(-1), self._leaf(table, grid), worth)
            for axis in table:
                view, parent = np.moveaxis(part, axis, 0), self.dimensions[axis].parent
                for node in range(len(view) - 1, 0, -1):
                    view[parent[node] : parent[node] + 1] += view[node : node + 1]
            made[grid.ravel()] = part.ravel()
        return made

    def count(self) -> Ints:
        """The records of each cell (n,)."""
        return self.added(np.ones(len(self.inner), dtype=np.int64))

    def largest(self, worth: Floats) -> Floats:
        """The two largest contributions to each cell (n, 2), larger first; a record adds to one finest cell only."""
        made = np.zeros((len(self.nodes), 2))
        for table, grid in self.grids:
            part = _two_largest(self._leaf(table, grid), worth, grid.size).reshape(*grid.shape, 2)
            for axis in table:
                view, parent = np.moveaxis(part, axis, 0), self.dimensions[axis].parent
                for node in range(len(view) - 1, 0, -1):
                    both = np.concatenate([view[parent[node]], view[node]], axis=-1)
                    view[parent[node]] = -np.sort(-both, axis=-1)[..., :2]
            made[grid.ravel()] = part.reshape(-1, 2)
        return made

    def relations(self) -> sparse.csr_matrix:
        """Every sum that ties the cells: -1 for the whole, 1 for each part."""
        return _matrix([part for table, grid in self.grids for part in self._sums(table, grid)], len(self.nodes))

    def system(self, values: npt.NDArray[Number], *, whole: bool = True) -> System:
        """The cells as an attacker sees them."""
        return System(values.astype(np.float64), self.relations(), self.unseen, whole=whole)

    def _leaf(self, table: Sequence[int], grid: Ints) -> Ints:
        codes = [self.inner[:, at] if at in table else np.zeros(len(self.inner), np.int64) for at in range(grid.ndim)]
        return np.ravel_multi_index(tuple(codes), grid.shape).astype(np.int64)

    def _sums(self, table: Sequence[int], grid: Ints) -> Iterator[Ints]:
        """One array (sums, 1 + parts) for each node that has parts: the whole first."""
        for axis in table:
            view = np.moveaxis(grid, axis, 0).reshape(len(self.dimensions[axis]), -1)
            for whole, parts in self.dimensions[axis].children().items():
                yield np.concatenate([view[[whole]], view[parts]]).T


def cube(
    frame: pd.DataFrame,
    dimensions: Sequence[Columns],
    *,
    tables: Sequence[Sequence[int]] = (),
    joined: bool = True,
) -> Cube:
    """Lay out every combination of nodes of one or several tables.

    Parameters
    ----------
    dimensions : the columns of each, from coarse to fine; a column may stand in one only.
    tables : which dimensions each table crosses, by number; all of them in one table if left out.
    joined : also the unseen cells of the one table that holds all tables; bounds on them tie tables together that
        share no more than margins. Their number is the product of all dimensions.

    Raises
    ------
    BadInput
        If a column is absent or used twice, there are no records, or the cells are more than can be judged.
    """
    if frame.empty:
        raise BadInput("tables: no records to count")
    if not dimensions or any(not table for table in tables):
        raise BadInput("tables: name at least one column for each")
    if len(dimensions) > MOST_DIMENSIONS:
        raise BadInput(f"tables: more than {MOST_DIMENSIONS} columns")
    used = [column for columns in dimensions for column in columns]
    if len(set(used)) < len(used):
        raise BadInput(f"{next(one for one in used if used.count(one) > 1)}: stands in two dimensions")
    built = [dimension(frame, columns) for columns in dimensions]
    sides = tuple(side for side, _ in built)
    wanted = [sorted(set(table)) for table in tables] or [list(range(len(sides)))]
    drawn = [sorted({at for table in wanted for at in table})] if joined else wanted
    numbers, nodes = _numbered(sides, [*drawn, *wanted])
    shown = np.concatenate([grid.ravel() for grid in numbers[len(drawn) :]])
    return Cube(
        sides,
        nodes,
        np.column_stack([node for _, node in built]),
        tuple(zip(drawn, numbers, strict=False)),
        ~np.isin(np.arange(len(nodes)), shown),
    )


def _numbered(sides: Sequence[Dimension], tables: Sequence[Sequence[int]]) -> tuple[list[Ints], Ints]:
    """Each table's cells as numbers, shaped like the table over all dimensions, and the nodes behind the numbers."""
    shapes = [[len(side) if at in table else 1 for at, side in enumerate(sides)] for table in tables]
    for shape in shapes:
        if math.prod(shape) > MOST_CELLS:
            raise BadInput(f"tables: {math.prod(shape)} cells with all that ties them, more than {MOST_CELLS}")
    every = np.concatenate([np.indices(shape).reshape(len(sides), -1).T for shape in shapes])
    number = pack(list(every.T))
    nodes = every[np.unique(number, return_index=True)[1]]
    ends = np.cumsum([math.prod(shape) for shape in shapes])[:-1]
    return [part.reshape(shape) for part, shape in zip(np.split(number, ends), shapes, strict=True)], nodes


def worth(frame: pd.DataFrame, value: str) -> Floats:
    """The contributions of the records (r,). Raises BadInput if one is missing, no number, or negative."""
    need(frame, [value])
    found = pd.to_numeric(frame[value], errors="coerce").to_numpy(dtype=np.float64)
    if not np.isfinite(found).all():
        raise BadInput(f"{value}: is missing or no number in {int((~np.isfinite(found)).sum())} records")
    if (found < 0).any():
        raise BadInput(f"{value}: is negative; the rules on contributions are not defined there")
    return found


def _two_largest(at: Ints, worth: Floats, cells: int) -> Floats:
    made = np.zeros((cells, 2))
    order = np.lexsort((-worth, at))
    cell = at[order]
    for rank in range(2):
        first = np.flatnonzero(np.append(True, cell[1:] != cell[:-1])[: len(cell)])
        made[cell[first], rank] = worth[order][first]
        order, cell = np.delete(order, first), np.delete(cell, first)
    return made


def _matrix(rows: Sequence[Ints], cells: int) -> sparse.csr_matrix:
    parts = np.concatenate([np.full(len(part), part.shape[1]) for part in rows])
    starts = np.append(0, np.cumsum(parts))
    entry = np.ones(starts[-1])
    entry[starts[:-1]] = -1.0
    return sparse.csr_matrix(
        (entry, np.concatenate([part.ravel() for part in rows]), starts), shape=(len(parts), cells)
    )
