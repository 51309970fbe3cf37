"""Small tables for tests: systems of cells, and what the rank of a matrix says about them."""

import numpy as np
import pandas as pd

from portal.disclosure.tables.cube import cube


def small(system, minimum):
    return (system.values > 0) & (system.values < minimum)


def by_rank(relations, hidden):
    """The definition: a hidden cell is determined if knowing it as well adds nothing to what the sums say."""
    unknown = np.flatnonzero(hidden)
    matrix = relations[:, unknown].toarray()
    rank = np.linalg.matrix_rank(matrix)
    alone = [np.linalg.matrix_rank(np.vstack([matrix, np.eye(len(unknown))[at]])) == rank for at in range(len(unknown))]
    found = np.zeros(len(hidden), dtype=bool)
    found[unknown[np.array(alone, dtype=bool)]] = True
    return found


def laid_out(cells, faces=()):
    where = np.argwhere(np.ones(cells.shape))
    frame = pd.DataFrame(where.repeat(cells.ravel(), axis=0).astype(str), columns=["a", "b", "c"], dtype="str")
    return cube(frame, [["a"], ["b"], ["c"]], tables=faces)


def a_table(cells, *, linked=False):
    """A three-way table; ``linked`` publishes two faces of it instead of the whole."""
    made = laid_out(cells, [[0, 1], [1, 2]] if linked else ())
    return made.system(made.count())


def drawn(seed, shape, mean):
    cells = np.random.default_rng(seed).poisson(mean, shape)
    cells[0, 0, 0] += 1
    return cells


def square(*rows):
    made = np.array(rows)
    return a_table(made.reshape(*made.shape, 1))
