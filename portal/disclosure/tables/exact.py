"""Which hidden cells follow from the published ones by adding and subtracting. Exact: whole numbers modulo a prime."""

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from portal.disclosure.classes import Bools, Ints
from portal.disclosure.refusals import CannotMeet

PRIME = 2**31 - 1
"""A determinant that this divides by accident would hide an exposure; the linear programmes of the audit would not."""


MOST_ENTRIES = 40_000_000
"""A block of sums and unknowns is solved densely; a larger one cannot be judged and is refused."""


def determined(relations: sparse.csr_matrix, hidden: Bools) -> Bools:
    """The hidden cells (n,) that some combination of published cells gives exactly, whatever the values are.

    A cell is determined if the reduced row echelon form of the unknowns' sums holds a row with that cell alone.
    ``relations`` entries must be whole numbers. Raises CannotMeet if the cells that hang together are too many.
    """
    left = _peeled(relations, hidden)
    unknown = np.flatnonzero(left)
    sums = relations[:, unknown]
    sums = sums[np.diff(sums.indptr) > 0]
    for rows, columns in _blocks(sums):
        if len(rows) * len(columns) > MOST_ENTRIES:
            raise CannotMeet(
                f"tables: {len(columns)} hidden cells hang together, too many to judge; ask for less detail"
            )
        alone = _alone(sums[rows][:, columns].toarray().astype(np.int64))
        left[unknown[columns[alone]]] = False
    return hidden & ~left


def _peeled(relations: sparse.csr_matrix, hidden: Bools) -> Bools:
    """What is still unknown after solving, again and again, the sums with one unknown."""
    left, touched = hidden.copy(), abs(relations)
    while True:
        single = touched[touched @ left.astype(np.float64) == 1].indices
        solved = single[left[single]]
        if not len(solved):
            return left
        left[solved] = False


def _blocks(sums: sparse.csr_matrix) -> list[tuple[Ints, Ints]]:
    """Sums and unknowns that hang together: each block can be solved alone."""
    height, width = sums.shape
    if not height:
        return []
    _, label = connected_components(sparse.bmat([[None, sums], [sums.T, None]]), directed=False)
    rows, columns = label[:height], label[height : height + width]
    return [(np.flatnonzero(rows == at), np.flatnonzero(columns == at)) for at in np.unique(rows)]


def _alone(matrix: Ints) -> Ints:
    """The columns that stand alone in a row of the reduced row echelon form modulo the prime; ``matrix`` is used up."""
    matrix %= PRIME
    pivots: list[int] = []
    for column in range(matrix.shape[1]):
        row = len(pivots)
        below = np.flatnonzero(matrix[row:, column])
        if not len(below):
            continue
        matrix[[row, row + below[0]]] = matrix[[row + below[0], row]]
        matrix[row] = matrix[row] * pow(int(matrix[row, column]), -1, PRIME) % PRIME
        others = np.flatnonzero(matrix[:, column])
        others, used = others[others != row], np.flatnonzero(matrix[row])
        change = matrix[others, column][:, None] * matrix[row, used][None, :] % PRIME
        matrix[np.ix_(others, used)] = (matrix[np.ix_(others, used)] - change) % PRIME
        pivots.append(column)
    lonely = np.count_nonzero(matrix[: len(pivots)], axis=1) == 1
    return np.asarray(np.array(pivots, dtype=np.int64)[lonely])
