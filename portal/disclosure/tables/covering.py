"""The fewest cells to hide so that every requirement met so far holds: an integer programme over "is it hidden".

A requirement is a sum of coefficients of hidden cells that must reach a bound. Requirements come from an attacker's
successes, one after another, as in Fischetti and Salazar-González, Management Science 47 (2001), section 3.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from portal.disclosure.classes import Bools, Floats, Ints
from portal.disclosure.refusals import CannotMeet

MOST_NODES = 500
"""Where the search for fewer stops. A count, not a time, so that the same table is hidden the same way everywhere."""


@dataclass(frozen=True)
class Requirement:
    """``sum(factors * hidden[cells]) >= bound``."""

    cells: Ints
    factors: Floats
    bound: float


def one_of(cells: Ints) -> Requirement:
    """At least one of the cells is hidden."""
    return Requirement(cells, np.ones(len(cells)), 1.0)


def not_alone(cell: int, others: Ints) -> Requirement:
    """If the cell is hidden, so is one of the others; hiding it alone would be in vain."""
    return Requirement(np.append(others, cell), np.append(np.ones(len(others)), -1.0), 0.0)


def fewest(candidates: Ints, cost: Floats, requirements: Sequence[Requirement], cells: int) -> Bools:
    """Which of the ``candidates`` to hide (cells,), at least ``cost`` (cells,) in all.

    Optimal unless the search took more than ``MOST_NODES`` steps. Raises CannotMeet if nothing meets a requirement.
    """
    chosen = np.zeros(cells, dtype=bool)
    if not requirements:
        return chosen
    place = np.full(cells, -1)
    place[candidates] = np.arange(len(candidates))
    sizes = [len(one.cells) for one in requirements]
    matrix = sparse.csr_matrix(
        (
            np.concatenate([one.factors for one in requirements]),
            place[np.concatenate([one.cells for one in requirements])],
            np.concatenate([[0], np.cumsum(sizes)]),
        ),
        shape=(len(requirements), len(candidates)),
    )
    found = milp(
        cost[candidates],
        constraints=LinearConstraint(matrix, np.array([one.bound for one in requirements]), np.inf),
        integrality=np.ones(len(candidates)),
        bounds=Bounds(0, 1),
        options={"node_limit": MOST_NODES, "mip_rel_gap": 1e-4},
    )
    if found.x is None:
        raise CannotMeet(f"tables: no cells to hide were found that protect the others ({found.message})")
    chosen[candidates] = found.x > 0.5
    return chosen
