"""How much of the noise an attacker can average away who adds up every published table of the same records.

The same set of records always shows the same noise, so asking again tells nothing. Splitting a group by one variable
after another does: every split adds up to a fresh guess of the group.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from portal.disclosure.classes import Bools, Floats
from portal.disclosure.refusals import BadInput, CannotMeet

MOST_CELLS = 8_000
"""The guess is solved densely; more cells than this in one budget cannot be judged and are refused."""


@dataclass(frozen=True)
class Budget:
    """The least variance that must remain on counts from 1 to below ``minimum``, whatever is added up."""

    least: float = 1.0
    minimum: int = 10


def remaining(relations: sparse.csr_matrix, noisy: Bools, variance: float) -> Floats:
    """The variance (n,) of an attacker's best linear guess of each cell; 0 for cells without noise.

    The published cells are the truth plus independent noise, the truth satisfies ``relations``: generalised least
    squares leaves ``variance`` times the diagonal of the projection onto their null space.

    >>> split = sparse.csr_matrix([[-1.0, 1.0, 1.0]])
    >>> remaining(split, np.array([True, True, True]), 3.0).round(2).tolist()
    [2.0, 2.0, 2.0]
    """
    if int(noisy.sum()) > MOST_CELLS:
        raise BadInput(
            f"tables: {int(noisy.sum())} cells share one noise budget; more than {MOST_CELLS} are not judged"
        )
    left = np.zeros(len(noisy))
    tied = relations[:, np.flatnonzero(noisy)]
    gram = (tied @ tied.T).toarray()
    size, axes = np.linalg.eigh(gram)
    kept = size > 1e-9 * max(1.0, float(size.max(initial=0)))
    basis = tied.T @ (axes[:, kept] / np.sqrt(size[kept]))
    left[noisy] = variance * np.maximum(0.0, 1 - (basis**2).sum(axis=1))
    return left


def afford(relations: sparse.csr_matrix, count: Floats, variance: float, budget: Budget) -> float:
    """The least variance that remains on a small count (inf if there is none), or CannotMeet if below the budget.

    ``count`` (n,) true counts of all the cells published so far and now, each set of records once.
    """
    left = remaining(relations, count > 0, variance)
    small = (count > 0) & (count < budget.minimum)
    least = float(left[small].min(initial=np.inf))
    if least < budget.least:
        raise CannotMeet(
            f"tables: adding up the tables asked for leaves a variance of {least:.2f} on a small count, "
            f"below {budget.least:g}; ask for fewer tables of the same people"
        )
    return least
